"""Answers of the metadata API, in the form of 2026 and the older one."""

from __future__ import annotations

import pytest
from arxivdaily.adapters.arxiv_api import BadIdentifierError, parse_metadata
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import Metadata

ENTRY = """<entry>
  <id>http://arxiv.org/abs/2601.90001v3</id>
  <title>A Title</title>
  <updated>2026-01-14T18:00:00Z</updated>
  <link href="https://arxiv.org/abs/2601.90001v3" rel="alternate" type="text/html"/>
  <summary>First paragraph.
  Second paragraph.</summary>
  <category term="cs.AI" scheme="http://arxiv.org/schemas/atom"/>
  <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
  <published>2026-01-14T18:00:00Z</published>
  <arxiv:comment>12 pages</arxiv:comment>
  <arxiv:primary_category term="cs.CL"/>
  <arxiv:journal_ref>J. Samples 1 (2026)</arxiv:journal_ref>
  <arxiv:doi>10.5555/sample</arxiv:doi>
  <author><name>Ana Lee</name><arxiv:affiliation>Somewhere</arxiv:affiliation></author>
  <author><name>:</name></author>
  <author><name>and Bo Wu</name></author>
</entry>"""

OLD_ENTRY = """<entry>
  <id>http://arxiv.org/abs/cond-mat/0601001v1</id>
  <title>A Title over
  Two Lines</title>
  <summary>  Lines that were wrapped
at eighty characters.
</summary>
  <author><name>Ana Lee</name></author>
  <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">Two
  lines</arxiv:comment>
  <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cond-mat.mes-hall"/>
  <category term="cond-mat.mes-hall" scheme="http://arxiv.org/schemas/atom"/>
</entry>"""


def answer(*entries: str, total: int | None = None, start: int = 0, page: int = 100) -> bytes:
    total = len(entries) if total is None else total
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">'
        f"<opensearch:itemsPerPage>{page}</opensearch:itemsPerPage>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>{''.join(entries)}</feed>"
    ).encode()


def error(message: str) -> bytes:
    anchor = message.replace(" ", "_")
    return answer(
        f"<entry><id>https://arxiv.org/api/errors#{anchor}</id><title>Error</title><summary>{message}</summary></entry>",
        page=1,
    )


def test_a_paper_in_the_form_of_2026() -> None:
    assert parse_metadata(answer(ENTRY)) == [
        Metadata(
            arxiv_id="2601.90001",
            version=3,
            title="A Title",
            abstract="First paragraph.\nSecond paragraph.",
            authors=("Ana Lee", "Bo Wu"),
            categories=("cs.CL", "cs.AI"),
            comment="12 pages",
            doi="10.5555/sample",
            journal_ref="J. Samples 1 (2026)",
            affiliations=(("Somewhere",), ()),
            submitted="2026-01-14",
        )
    ]


def test_a_paper_in_the_older_form() -> None:
    assert parse_metadata(answer(OLD_ENTRY)) == [
        Metadata(
            arxiv_id="cond-mat/0601001",
            version=1,
            title="A Title over Two Lines",
            abstract="Lines that were wrapped at eighty characters.",
            authors=("Ana Lee",),
            categories=("cond-mat.mes-hall",),
            comment="Two lines",
        )
    ]


def test_unknown_identifiers_are_simply_absent() -> None:
    assert parse_metadata(answer()) == []


def test_a_malformed_identifier_is_named() -> None:
    with pytest.raises(BadIdentifierError, match="'abc'") as caught:
        parse_metadata(error("incorrect id format for abc"))
    assert caught.value.arxiv_id == "abc"


def test_any_other_error_feed_is_permanent_and_quoted() -> None:
    with pytest.raises(PermanentError, match="refused the query: start must be an integer"):
        parse_metadata(error("start must be an integer"))


def test_an_answer_with_fewer_entries_than_it_says_is_transient() -> None:
    with pytest.raises(TransientError, match="has 1 entries and says it has 2"):
        parse_metadata(answer(ENTRY, total=2))


@pytest.mark.parametrize(("total", "start", "page"), [(214_881, 9, 1), (1, 5, 100), (1, 0, 100)])
def test_a_page_of_a_longer_list_is_whole(total: int, start: int, page: int) -> None:
    assert len(parse_metadata(answer(ENTRY, total=total, start=start, page=page))) == 1


@pytest.mark.parametrize(
    "broken",
    [
        ENTRY.replace("http://arxiv.org/abs/2601.90001v3", "http://example.org/abs/2601.90001v3"),
        ENTRY.replace("2601.90001v3", "nonsense"),
        ENTRY.replace("<title>A Title</title>", ""),
        ENTRY.replace('term="', 'term="?'),
    ],
)
def test_an_unreadable_entry_is_left_out(broken: str) -> None:
    assert [paper.arxiv_id for paper in parse_metadata(answer(broken, OLD_ENTRY))] == ["cond-mat/0601001"]


def test_a_body_cut_off_is_transient_and_named() -> None:
    with pytest.raises(TransientError, match=r"^the answer for 2601\.90001 is not whole XML"):
        parse_metadata(answer(ENTRY)[:-40], "the answer for 2601.90001")


def test_affiliations_stay_with_their_authors_when_names_are_put_right() -> None:
    people = (
        "<author><name>:</name></author>"
        "<author><name>and Ana Lee</name><arxiv:affiliation>Kettle University</arxiv:affiliation>"
        "<arxiv:affiliation>Tea Institute</arxiv:affiliation></author>"
        "<author><name>Bo Wu</name><arxiv:affiliation>Kettle University</arxiv:affiliation></author>"
        "<author><name>Jr.</name></author>"
        "<author><name>Cy Young</name></author>"
    )
    start, end = ENTRY.index("<author>"), ENTRY.rindex("</author>") + len("</author>")
    (paper,) = parse_metadata(answer(ENTRY[:start] + people + ENTRY[end:]))
    assert paper.authors == ("Ana Lee", "Bo Wu, Jr.", "Cy Young")
    assert paper.affiliations == (("Kettle University", "Tea Institute"), ("Kettle University",), ())
