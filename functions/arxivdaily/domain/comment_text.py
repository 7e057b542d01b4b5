"""arXiv's comment field as text that rules can read."""

from __future__ import annotations

import re

MAX_COMMENT = 2_000  # characters read; arXiv allows fewer, hostile input does not ask

_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "−": "-"}
    | dict.fromkeys("~{}*\u00a0", " ")
)
_MARKUP = re.compile(r"\\[a-zA-Z]+")


def plain(comment: str) -> str:
    """One line without TeX's ties and groups, with plain quotes and hyphens."""
    text = comment[:MAX_COMMENT].translate(_PLAIN)
    return " ".join(_MARKUP.sub(" ", text).split())
