"""English for people at a terminal."""

from __future__ import annotations


def counted(number: int, noun: str, verbs: tuple[str, str] | None = None) -> str:
    """`1 paper`, `2 papers`; with `verbs` (singular, plural) `1 paper is`, `2 papers are`."""
    words = f"{number} {noun}{'' if number == 1 else 's'}"
    return f"{words} {verbs[0 if number == 1 else 1]}" if verbs else words


ARE = ("is", "are")
WERE = ("was", "were")
