"""What a simulation came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """`wrong` are broken promises, one line each; `written` counts states and reasons of stored changes."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
    papers: int = 0
    repaired: int = 0
    calls: int = 0
    trace: str = ""
