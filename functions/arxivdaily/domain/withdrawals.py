"""Withdrawals: arXiv puts none into its announcement; authors and administrators write them into the
comment of a last version.

Apart from the other rules of the comment field, because fetch needs this one alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from arxivdaily.domain.comment_text import plain

_PAPER = (
    r"\b(?:paper|article|submission|manuscript|preprint|pre-print|work|report|draft|document|note|thesis|study|"
    r"results? of this paper|version)\b"
)
# Leaving a conference is no withdrawal from arXiv.
_NOT_A_VENUE = r"(?!\s+(?:from|at)\s+(?!(?:the\s+)?(?:arxiv|public|circulation|this|request|authors?)))"
_WITHDRAWN = re.compile(
    # `Withdrawn: …`, but not `Withdrawn papers: a study`
    r"^\W*(?:temporarily |now |this (?:is|was|has been) )?(?:withdrawn|retracted)\b(?!\s+\w+s\b)"
    + _NOT_A_VENUE
    # `This paper … has been withdrawn`, but not `this paper studies drugs that were withdrawn`
    + r"|(?<!previous )(?<!earlier )(?<!prior )(?<!former )(?<!old )(?<!first )(?<!initial )" + _PAPER
    + r"(?:(?!\b(?:that|which|whose|where|data|datasets?|claims?|drugs?|participants"
    r"|stud(?:y|ies)|not|never)\b)[^.;:])"
    r"{0,60}?\b(?:is|was|has been|have been|has|been|be|being|are|were) "
    r"(?:\w+ly |now |being |hereby |since )?"
    r"(?:withdrawn|retracted|removed by arxiv)\b" + _NOT_A_VENUE
    # `Paper withdrawn by the author`
    + "|" + _PAPER + r"(?: \([^)]*\))? (?:now |temporarily )?(?:withdrawn|retracted|removed)"
    r"(?= (?:by|due|because|as|for|pending)|\W*$)"
    # `The authors withdraw this paper`, but not `we withdrew our submission to FOO`
    r"|\b(?:authors?|we|i) (?:(?!not\b)\w+ ){0,5}?(?:withdr[ae]w|withdrawing|withdrawn|retract(?:ing|ed)?)"
    r"(?: (?:this|the|our|my|above|current|present|entire|whole|arxiv)){1,3} (?:\w+ )?" + _PAPER
    + r"(?! (?:to|at|of) (?-i:[A-Z]))" + _NOT_A_VENUE
    # `we are withdrawing until …`
    + r"|\b(?:authors?|we|i) (?:(?!not\b)\w+ ){0,5}?(?:withdraw|withdrawing|retract|retracting)(?: it)?"
    r"(?=\W*$| (?:due|because|until|as|since|for|pending|temporarily)\b)"
    r"|\bwithdrawn by (?:the )?arxiv\b|\b(?:withdrawal|retraction) (?:notice|of (?:this|the) " + _PAPER + ")",
    re.IGNORECASE,
)  # fmt: skip


def is_withdrawn(comment: str | None) -> bool:
    """Whether the comment says that this paper is withdrawn from arXiv, by authors or administrators.
    A submission that left a conference (`withdrawn from FOO 2026`) is still a paper on arXiv."""
    return bool(comment and any(_WITHDRAWN.search(part) for part in _withdrawal_sentences(comment)))


def _withdrawal_sentences(comment: str) -> Iterator[str]:
    for part in re.split(r"[.;]\s+|\barxiv admin note:", plain(comment), flags=re.IGNORECASE):
        yield part.strip().rstrip(".")
