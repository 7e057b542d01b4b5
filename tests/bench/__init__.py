"""`make bench`: what readers and operators pay in time and money, as ratios and counts."""
