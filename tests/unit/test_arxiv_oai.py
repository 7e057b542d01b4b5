"""OAI-PMH: lists in pages, the protocol's errors, records as they are typed."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from arxivdaily.adapters.arxiv_oai import ArxivOai, ExpiredTokenError, parse_page, set_of
from arxivdaily.adapters.http import HttpClient, Response, Validators, retrying
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import ArchivedPaper, ArxivHistory, Metadata
from arxivdaily.settings import Settings
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

DAY = "2026-06-16"
SETTINGS = Settings(arxiv_oai_url="http://oai.test/oai")


def oai_record(number: int = 1, **changes: str) -> str:
    fields = {
        "id": f"2606.{number:05d}",
        "versions": "<version version='v1'><date>Sun, 14 Jun 2026 08:26:30 GMT</date></version>",
        "title": f"Kettles,\n  Part {number}",
        "authors": "Ana Lee, Bo Wu (1,2) and Cy Ng ((1) Here, (2) There)",
        "categories": "cs.CV cs.LG",
        "abstract": "We boil water.\n  It is hot.",
        "more": "<comments>9 pages</comments><doi>10.5555/x</doi><journal-ref>J. Kettles 1</journal-ref>",
    } | changes
    return (
        f"<record><header><identifier>oai:arXiv.org:{fields['id']}</identifier>"
        f"<datestamp>{DAY}</datestamp><setSpec>cs:cs:CV</setSpec></header><metadata>"
        f"<arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'><id>{fields['id']}</id>"
        f"<submitter>Ana Lee</submitter>{fields['versions']}<title>{fields['title']}</title>"
        f"<authors>{fields['authors']}</authors><categories>{fields['categories']}</categories>"
        f"{fields['more']}<abstract>{fields['abstract']}</abstract></arXivRaw></metadata></record>"
    )


def answer(inside: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-06-20T12:00:00Z</responseDate><request verb='ListRecords'>x</request>{inside}"
        "</OAI-PMH>"
    ).encode()


def page(*records: str, token: str = "") -> bytes:
    more = f"<resumptionToken cursor='0'>{token}</resumptionToken>" if token else ""
    return answer(f"<ListRecords>{''.join(records)}{more}</ListRecords>")


def error(code: str) -> bytes:
    return answer(f"<error code='{code}'>words about it</error>")


class Replies(HttpClient):
    """An HTTP client with prepared answers; an exception among them is raised."""

    def __init__(self, *replies: bytes | Exception) -> None:
        self.replies = list(replies)
        self.queries: list[dict[str, str]] = []

    def get(
        self,
        url: str,
        *,
        max_bytes: int = 0,
        accept: Collection[int] = (200,),
        known: Validators | None = None,
        whole: bool = True,
    ) -> Response:
        self.queries.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return Response(url, 200, reply)


def harvest(*replies: bytes | Exception, sets: Iterable[str] = ("cs",)) -> tuple[list[str], Replies]:
    http = Replies(*replies)
    oai: ArxivHistory = ArxivOai(
        SETTINGS, http, retry=lambda call: retrying(call, attempts=3, sleep=lambda _: None)
    )
    found = oai.changed_on(DAY, tuple(sets))
    return [paper.metadata.arxiv_id for paper in found.papers], http


def test_a_record_with_everything() -> None:
    papers, problems, token = parse_page(page(oai_record()))
    assert papers == [
        ArchivedPaper(
            Metadata(
                arxiv_id="2606.00001",
                version=1,
                title="Kettles, Part 1",
                abstract="We boil water.\nIt is hot.",
                authors=("Ana Lee", "Bo Wu", "Cy Ng"),
                categories=("cs.CV", "cs.LG"),
                comment="9 pages",
                doi="10.5555/x",
                journal_ref="J. Kettles 1",
                submitted="2026-06-14",
            ),
            (datetime(2026, 6, 14, 8, 26, 30, tzinfo=UTC),),
        )
    ]
    assert (problems, token) == ([], "")


def test_versions_are_put_in_order() -> None:
    versions = "".join(
        f"<version version='v{n}'><date>Mon, 1{n} Jun 2026 08:00:00 GMT</date></version>" for n in (2, 1)
    )
    (paper,), _, _ = parse_page(page(oai_record(versions=versions)))
    assert paper.metadata.version == 2
    assert [instant.day for instant in paper.versions] == [11, 12]


def _with_types(*types: str) -> str:
    return "".join(
        f"<version version='v{number}'><date>Mon, 1{number} Jun 2026 08:00:00 GMT</date>"
        f"<source_type>{kind}</source_type></version>"
        for number, kind in enumerate(types, 1)
    )


@pytest.mark.parametrize(
    ("types", "withdrawn"),
    [(("D", "I"), True), (("I",), True), (("I", "D"), False), (("D", ""), False), (("D", "BS"), False)],
)
def test_the_newest_version_s_source_type_says_that_it_is_withdrawn(
    types: tuple[str, ...], withdrawn: bool
) -> None:
    (paper,), _, _ = parse_page(page(oai_record(versions=_with_types(*types))))
    assert paper.metadata.withdrawn is withdrawn


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ABC Collaboration: A. Lee, B. Wu", ("ABC Collaboration", "A. Lee", "B. Wu")),
        ("ABC Collaboration (1): A. Lee (1), et al. ((1) Here)", ("ABC Collaboration", "A. Lee")),
        ("ABC and DEF Collaborations: A. Lee", ("ABC and DEF Collaborations", "A. Lee")),
        (
            "The ABC Group, the DEF Team: A. Lee and B. Wu",
            ("The ABC Group", "the DEF Team", "A. Lee", "B. Wu"),
        ),
        ("A. Lee (for the ABC Collaboration)", ("A. Lee", "ABC Collaboration")),
        ("A. Lee (Here), on behalf of the ABC Team", ("A. Lee", "ABC Team")),
        ("A. Lee, B. Wu, and the ABC Consortium", ("A. Lee", "B. Wu", "the ABC Consortium")),
        ("A. Lee; B. Wu", ("A. Lee", "B. Wu")),
        ("A. Group, B. Teams", ("A. Group", "B. Teams")),
    ],
)
def test_groups_among_the_authors(typed: str, names: tuple[str, ...]) -> None:
    (paper,), _, _ = parse_page(page(oai_record(authors=typed)))
    assert paper.metadata.authors == names


_GROUPS = st.builds(
    "{} {}".format,
    st.sampled_from(["XYZ", "The XYZ", "the X-Y Z", "XYZ Working", "Belle-II", "4D"]),
    st.sampled_from(["Collaboration", "collaboration", "Consortium", "Team", "Group", "Task Force"]),
)
_PEOPLE = st.lists(
    st.sampled_from(["A. Lee", "Bo Wu", "José F. de Cy", "D. van der E", "F. G. H'I", "J. K-L, Jr."]),
    min_size=1,
    max_size=6,
)


@given(
    st.lists(_GROUPS, min_size=1, max_size=3),
    _PEOPLE,
    st.sampled_from([": ", " : ", "; ", ":\n  "]),
    st.sampled_from([", ", " and ", ", and ", "; "]),
    st.sampled_from(["", " (1)", " (Univ. of X, Y)"]),
)
def test_groups_and_their_members_are_names_apart(
    groups: list[str], people: list[str], colon: str, last: str, place: str
) -> None:
    members = [name + place for name in people]
    listed = last.join([", ".join(members[:-1]), members[-1]] if members[1:] else members)
    (paper,), _, _ = parse_page(page(oai_record(authors=", ".join(groups) + colon + listed)))
    assert paper.metadata.authors == (*groups, *people)


@pytest.mark.parametrize("arxiv_id", ["hep-th/9901001", "math/0309136", "0704.0001", "1501.00001"])
def test_old_identifiers(arxiv_id: str) -> None:
    (paper,), problems, _ = parse_page(page(oai_record(id=arxiv_id)))
    assert (paper.metadata.arxiv_id, problems) == (arxiv_id, [])


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "nothing"},
        {"title": " "},
        {"categories": "<b/>"},
        {"versions": ""},
        {"versions": "<version version='v1'><date>yesterday</date></version>"},
        {"versions": "<version version='v2'><date>Sun, 14 Jun 2026 08:26:30 GMT</date></version>"},
        {"versions": "<version><date>Sun, 14 Jun 2026 08:26:30 GMT</date></version>"},
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_leaves_the_others(broken: dict[str, str]) -> None:
    papers, problems, _ = parse_page(page(oai_record(1, **broken), oai_record(2)))
    assert [paper.metadata.arxiv_id for paper in papers] == ["2606.00002"]
    assert len(problems) == 1
    assert "cannot be read" in problems[0]


def test_deleted_records_are_nobodys_problem() -> None:
    deleted = "<record><header status='deleted'><identifier>oai:arXiv.org:1</identifier></header></record>"
    assert parse_page(page(deleted)) == ([], [], "")


@pytest.mark.parametrize(
    "body", [b"", b"<html>down</html>", page(oai_record())[:-40], answer(""), b"<feed/>"]
)
def test_what_is_not_a_whole_answer_may_pass(body: bytes) -> None:
    with pytest.raises(TransientError, match="a list"):
        parse_page(body, "a list")


def test_errors_of_the_protocol() -> None:
    assert parse_page(error("noRecordsMatch")) == ([], [], "")
    with pytest.raises(ExpiredTokenError):
        parse_page(error("badResumptionToken"))
    with pytest.raises(PermanentError, match="badArgument: words about it"):
        parse_page(error("badArgument"))


def test_a_list_is_followed_from_page_to_page() -> None:
    ids, http = harvest(page(oai_record(1), token="next &amp; more"), page(oai_record(2)))
    assert ids == ["2606.00001", "2606.00002"]
    assert http.queries == [
        {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": "cs", "from": DAY, "until": DAY},
        {"verb": "ListRecords", "resumptionToken": "next & more"},
    ]


def test_a_paper_in_several_sets_is_one() -> None:
    ids, http = harvest(page(oai_record(1)), page(oai_record(1), oai_record(2)), sets=("cs", "stat.ML"))
    assert ids == ["2606.00001", "2606.00002"]
    assert [query["set"] for query in http.queries] == ["cs", "stat:stat:ML"]


def test_a_token_that_expires_begins_the_list_again_once() -> None:
    first, expired = page(oai_record(1), token="t"), error("badResumptionToken")
    ids, http = harvest(first, expired, first, page(oai_record(2)))
    assert ids == ["2606.00001", "2606.00002"]
    assert [("set" in query) for query in http.queries] == [True, False, True, False]
    with pytest.raises(TransientError, match="badResumptionToken"):
        harvest(first, expired, first, expired)


def test_a_list_that_repeats_itself_ends() -> None:
    with pytest.raises(TransientError, match="repeats itself"):
        harvest(page(oai_record(1), token="t"), page(oai_record(2), token="t"))


def test_a_passing_failure_in_the_middle_costs_one_page() -> None:
    busy = TransientError("HTTP 503", retry_after=5)
    ids, http = harvest(page(oai_record(1), token="t"), busy, page(oai_record(2)))
    assert ids == ["2606.00001", "2606.00002"]
    assert len(http.queries) == 3


def test_it_waits_as_long_as_it_is_asked_to_and_three_seconds_between_pages() -> None:
    now, starts = [100.0], []
    answers = [
        HTTPResponse(io.BytesIO(page(oai_record(1), token="t")), status=200, preload_content=False),
        HTTPResponse(io.BytesIO(b""), status=503, headers={"Retry-After": "20"}, preload_content=False),
        HTTPResponse(io.BytesIO(page(oai_record(2))), status=200, preload_content=False),
    ]

    class Pool:
        def request(self, method: str, url: str, **options: Any) -> HTTPResponse:
            starts.append(now[0])
            return answers.pop(0)

    def sleep(seconds: float) -> None:
        now[0] += seconds

    http = HttpClient(agent="t", interval=3.0, pool=Pool(), monotonic=lambda: now[0], sleep=sleep)
    oai = ArxivOai(SETTINGS, http, retry=lambda call: retrying(call, sleep=sleep))
    assert len(oai.changed_on(DAY, ("cs",)).papers) == 2
    assert starts == [100.0, 103.0, 123.0]


def test_half_a_list_is_none() -> None:
    with pytest.raises(ArxivDailyError):
        harvest(page(oai_record(1), token="t"), error("badArgument"))


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs", "cs"),
        ("cs.CV", "cs:cs:CV"),
        ("stat.ML", "stat:stat:ML"),
        ("q-bio", "q-bio"),
        ("astro-ph", "physics:astro-ph"),
        ("astro-ph.CO", "physics:astro-ph:CO"),
        ("hep-th", "physics:hep-th"),
        ("physics", "physics"),
        ("physics.ao-ph", "physics:physics:ao-ph"),
    ],
)
def test_sets_of_archives_and_categories(category: str, name: str) -> None:
    assert set_of(category) == name
