"""In which announcement a paper stood, as far as its record in the archive tells.

arXiv's OAI-PMH stamps a record with the day of its last change. For a new paper and a new version
that is the day of the announcement; a cross-list, a journal reference or a DOI added later stamp it
too. The dates of the versions tell these apart, but for papers that were held for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from arxivdaily.domain.calendar import announced_at
from arxivdaily.domain.papers import AnnounceType

# A version is announced within four days of its submission (a holiday after a weekend), or later
# where arXiv's moderators held it. What is stamped later than this was changed without a new version.
HELD = timedelta(days=10)
_CLOSES = timedelta(hours=6)  # before the announcement: 14:00 US Eastern


def announce_type(
    edition: date, versions: Sequence[datetime], seen: date | None = None
) -> AnnounceType | None:
    """New or a replacement; None for a record that was changed without a new version.

    `versions` are the instants at which they were submitted. `seen` is the edition before, if it is
    stored: a paper whose first version is later than that one's close has not been announced to any
    reader, although it has a second version by now, and counts as new. Whether it is a cross-list is
    a question of its categories (`AnnounceType.relative_to`).
    """
    announced = announced_at(edition)
    if not announced - HELD <= versions[-1] <= announced:
        return None
    is_first = len(versions) == 1 or (seen is not None and versions[0] > announced_at(seen) - _CLOSES)
    return AnnounceType.NEW if is_first else AnnounceType.REPLACE
