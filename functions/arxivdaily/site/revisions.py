"""What a new version changed, for readers: in words, and as marked text."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from markupsafe import Markup, escape

from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import PastVersion, Record
from arxivdaily.domain.revisions import Part, changed_parts
from arxivdaily.domain.withdrawals import is_withdrawn
from arxivdaily.site import dates, latex, urls
from arxivdaily.site.contexts import ChangeView, Link, VersionView

MAX_WORDS = 1_200  # in one text; a longer one is not compared word by word (the time grows with the square)
_PARTS = {Part.TITLE: "标题", Part.ABSTRACT: "摘要", Part.COMMENT: "备注"}


def marked(before: str, after: str) -> Markup | None:
    """`after` with words that are gone in `<del>` and new ones in `<ins>`; None for texts too long."""
    old, new = (latex.to_plain(text).split() for text in (before, after))
    if max(len(old), len(new)) > MAX_WORDS:
        return None
    parts: list[Markup] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = " ".join(old[i:j]), " ".join(new[k:m])
        if kind == "equal":
            parts.append(escape(came))
        else:
            parts += [Markup("<del>{}</del>").format(gone)] if gone else []
            parts += [Markup("<ins>{}</ins>").format(came)] if came else []
    return Markup(" ").join(parts)


def change(before: PastVersion, after: Paper) -> ChangeView:
    """What differs between two versions of a paper."""
    parts = changed_parts(before, after)
    return ChangeView(
        words=_in_words(parts),
        title=marked(before.title, after.title) if Part.TITLE in parts else None,
        abstract=marked(before.abstract, after.abstract) if Part.ABSTRACT in parts else None,
        comment=marked(before.comment or "", after.comment or "") if Part.COMMENT in parts else None,
    )


def _in_words(parts: Sequence[Part]) -> str:
    if not parts:
        return "标题、摘要、备注未变"
    return "、".join(_PARTS[part] for part in parts) + "有改动"


def before(record: Record, channel: str, links: urls.Urls) -> Link:
    """Where an update's last version stands in a channel."""
    last = record.history[-1]
    return Link(
        links.link(urls.channel_edition(channel, last.edition)),
        f"v{last.version}（{dates.day(last.edition)}）",
    )


def versions(record: Record, links: urls.Urls) -> tuple[VersionView, ...]:
    """Every version of an update's paper that an edition showed, the newest first."""
    paper = record.paper
    now = PastVersion(
        record.edition, paper.version, paper.title, paper.abstract, paper.comment, record.history[0].published
    )
    first = record.history[0]
    found = [_version(first, paper.arxiv_id, links, None)]
    for older, newer in pairwise((*record.history, now)):
        text = Paper(
            paper.arxiv_id,
            newer.version,
            newer.title,
            newer.abstract,
            paper.authors,
            paper.categories,
            paper.announce_type,
            comment=newer.comment,
            complete=newer is not now or paper.complete,
        )
        is_marked = newer is now and paper.withdrawn
        found.append(_version(newer, paper.arxiv_id, links, change(older, text), is_marked=is_marked))
    return tuple(reversed(found))


def _version(
    version: PastVersion,
    arxiv_id: str,
    links: urls.Urls,
    changes: ChangeView | None,
    *,
    is_marked: bool = False,
) -> VersionView:
    return VersionView(
        number=f"v{version.version}",
        date=version.edition,
        ledger=f"{links.link(urls.ledger(version.edition))}#{arxiv_id}",
        arxiv=urls.arxiv_version(arxiv_id, version.version),
        withdrawn=is_withdrawn(version.comment, version.abstract) or is_marked,
        change=changes,
    )
