"""Announcement feeds, in the shapes arXiv's are known to take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

import pytest
from arxivdaily.adapters.arxiv_feed import parse_feed
from arxivdaily.adapters.arxiv_xml import MAX_ABSTRACT, MAX_TITLE
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.errors import TransientError
from arxivdaily.ports import FeedEntry


def entry(
    identifier: str = "oai:arXiv.org:2601.90001v1",
    *,
    title: str = "A Title",
    summary: str = "arXiv:2601.90001v1 Announce Type: new \nAbstract: An abstract.",
    categories: Sequence[str] = ("cs.CL", "cs.AI"),
    published: str = "2026-01-15T00:00:00-05:00",
    announce_type: str | None = "new",
    creator: str = "Ana Lee, Bo Wu",
) -> str:
    kind = f"<arxiv:announce_type>{announce_type}</arxiv:announce_type>" if announce_type is not None else ""
    terms = "".join(f'<category term="{category}"/>' for category in categories)
    return (
        f"<entry><id>{identifier}</id><title>{escape(title)}</title><summary>{escape(summary)}</summary>"
        f"{terms}<published>{published}</published>{kind}<dc:creator>{creator}</dc:creator></entry>"
    )


def feed(*entries: str) -> bytes:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns="http://www.w3.org/2005/Atom"><title>cs updates</title>{"".join(entries)}</feed>'
    ).encode()


def test_an_entry_is_read_whole() -> None:
    parsed = parse_feed(feed(entry()), "cs")
    assert parsed.spec == "cs"
    assert parsed.edition == "2026-01-15"
    assert parsed.problems == ()
    assert parsed.entries == (
        FeedEntry(
            arxiv_id="2601.90001",
            version=1,
            title="A Title",
            abstract="An abstract.",
            authors=("Ana Lee", "Bo Wu"),
            categories=("cs.CL", "cs.AI"),
            announce_type=AnnounceType.NEW,
        ),
    )


def test_a_day_without_an_announcement_has_no_edition() -> None:
    parsed = parse_feed(feed(), "cs")
    assert (parsed.edition, parsed.entries, parsed.problems, parsed.made) == (None, (), (), None)
    dated = feed().replace(b"</title>", b"</title><updated>2026-04-25T04:00:19.866337+00:00</updated>")
    assert parse_feed(dated, "cs").made == "2026-04-25"
    evening = feed().replace(b"</title>", b"</title><updated>2026-04-25T02:00:00Z</updated>")
    assert parse_feed(evening, "cs").made == "2026-04-24", "in US Eastern time"


def test_old_identifiers_and_replacements() -> None:
    body = feed(entry("oai:arXiv.org:math/0601001v12", announce_type="replace-cross"))
    (only,) = parse_feed(body, "cs").entries
    assert (only.arxiv_id, only.version) == ("math/0601001", 12)
    assert only.announce_type is AnnounceType.REPLACE_CROSS


def test_an_entry_without_an_abstract_is_kept() -> None:
    for summary in ("", "arXiv:2601.90001v1 Announce Type: new \n", "arXiv:2601.90001v1 Announce Type: new"):
        (only,) = parse_feed(feed(entry(summary=summary)), "cs").entries
        assert only.abstract == ""


def test_only_the_preamble_is_taken_off_an_abstract() -> None:
    summary = (
        "arXiv:2601.90001v1 Announce Type: new \nAbstract: Abstract: Announce Type: none of them.\n  Next."
    )
    (only,) = parse_feed(feed(entry(summary=summary)), "cs").entries
    assert only.abstract == "Abstract: Announce Type: none of them.\nNext."
    (plain,) = parse_feed(feed(entry(summary="No preamble at all.")), "cs").entries
    assert plain.abstract == "No preamble at all."


def test_the_announce_type_of_the_preamble_stands_in() -> None:
    summary = "arXiv:2601.90001v1 Announce Type: cross \nAbstract: Text."
    (only,) = parse_feed(feed(entry(summary=summary, announce_type=None)), "cs").entries
    assert only.announce_type is AnnounceType.CROSS


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (
            entry("oai:arXiv.org:nonsense"),
            "entry 2 (id oai:arXiv.org:nonsense): not an arXiv identifier: 'nonsense'",
        ),
        (entry(""), "entry 2 (id missing): not an arXiv identifier: ''"),
        (
            entry("oai:arXiv.org:2601.90002"),
            "entry 2 (id oai:arXiv.org:2601.90002): no version in the identifier",
        ),
        (entry(title=" "), "entry 2 (id oai:arXiv.org:2601.90001v1): no title"),
        (entry(categories=()), "entry 2 (id oai:arXiv.org:2601.90001v1): no arXiv category"),
        (entry(announce_type="odd"), "entry 2 (id oai:arXiv.org:2601.90001v1): announce type 'odd'"),
        (entry(published="soon"), "entry 2 (id oai:arXiv.org:2601.90001v1): published 'soon' is not a date"),
    ],
)
def test_trouble_with_an_entry_is_a_line_and_leaves_the_others_alone(broken: str, problem: str) -> None:
    good = entry("oai:arXiv.org:2601.90009v1")
    parsed = parse_feed(feed(good, broken, entry("oai:arXiv.org:2601.90010v1")), "cs+stat.ML")
    named = re.search(r"2601\.9000[12]", problem)
    others = [e for e in parsed.entries if not named or e.arxiv_id != named[0]]
    assert [e.arxiv_id for e in others] == ["2601.90009", "2601.90010"]
    assert parsed.problems == (problem,)
    assert parsed.edition == "2026-01-15"
    assert parsed.whole is bool(named), "only a paper that has no name is missing"


def test_a_paper_is_recorded_whatever_of_it_cannot_be_read() -> None:
    (paper,) = parse_feed(feed(entry("oai:arXiv.org:2601.90002", title=" ", categories=())), "cs+x").entries
    assert (paper.arxiv_id, paper.version) == ("2601.90002", 1)
    assert (paper.title, paper.categories) == ("arXiv:2601.90002", ("cs",))
    odd = parse_feed(feed(entry(announce_type="odd", published="soon")), "cs")
    assert [e.announce_type for e in odd.entries] == [AnnounceType.NEW]
    assert odd.edition is None


def test_the_edition_is_the_date_of_most_entries() -> None:
    late = entry("oai:arXiv.org:2601.90003v1", published="2026-01-14T00:00:00-05:00")
    parsed = parse_feed(
        feed(entry("oai:arXiv.org:2601.90001v1"), entry("oai:arXiv.org:2601.90002v1"), late), "cs"
    )
    assert parsed.edition == "2026-01-15"
    assert len(parsed.entries) == 3
    assert parsed.problems == (
        "entry 3 (id oai:arXiv.org:2601.90003v1): dated 2026-01-14, the feed 2026-01-15",
    )


@pytest.mark.parametrize(
    "published",
    [
        "2026-06-18T00:00:00-04:00",
        "2026-06-18T04:00:00+00:00",
        "2026-06-18T04:00:00Z",
        "2026-06-18T00:00:00",
        "2026-06-18",
    ],
)
def test_dates_are_read_in_us_eastern_time(published: str) -> None:
    assert parse_feed(feed(entry(published=published)), "cs").edition == "2026-06-18"


def test_a_paper_listed_twice_is_taken_once_in_its_newest_version() -> None:
    first, second = (
        entry("oai:arXiv.org:2601.90001v1"),
        entry("oai:arXiv.org:2601.90001v2", announce_type="replace"),
    )
    for body in (feed(first, second, first), feed(second, first)):
        (only,) = parse_feed(body, "cs").entries
        assert only.version == 2


def test_long_fields_are_bounded() -> None:
    (only,) = parse_feed(feed(entry(title="t" * 9_000, summary="a" * 90_000)), "cs").entries
    assert len(only.title.encode()) <= MAX_TITLE < len(only.title) + 10
    assert len(only.abstract.encode()) <= MAX_ABSTRACT < len(only.abstract) + 10


def test_a_feed_cut_off_names_the_place() -> None:
    body = feed(entry(), entry("oai:arXiv.org:2601.90002v1"))
    with pytest.raises(
        TransientError, match=r"^the feed for cs\.CV is not whole XML: .*\(line \d+, column \d+ of "
    ):
        parse_feed(body[: len(body) * 2 // 3], "cs.CV")
