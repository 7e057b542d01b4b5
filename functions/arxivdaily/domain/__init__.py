"""What the system is about: papers, editions, channels, the calendar. Standard library only."""
