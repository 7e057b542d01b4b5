"""Withdrawals in many wordings, and texts that are about a withdrawal of something else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.withdrawals import is_gone, is_withdrawn
from hypothesis import given
from hypothesis import strategies as st

WITHDRAWN = [
    "The e-print was withdrawn.",
    "It was withdrawn by the submitter.",
    "9 pages, withdrawn because of a gap in Lemma 4",
    "Has a sign error and is withdrawn",
    "We have withdrawn this",
    "The letter is withdrawn",
    "Manuscript withdrawn upon request of the first author",
    "v3 withdrawn: wrong data file",
    "v3 (withdrawn)",
    "[WITHDRAWN] due to a bug",
    "Removed by the author",
    "Deleted at the author's request",
    "This paper has been removed due to a policy violation",
    "Please withdraw this manuscript",
    "Please remove this paper",
    "Request to withdraw",
    "Authors request to withdraw this manuscript due to errors",
    "We requested that arXiv remove this paper",
    "Withdrawal requested by the authors",
    "Notice of withdrawal",
    "Author withdrew paper",
    "Paper removed at the request of the authors",
    "The authors ask that this paper be withdrawn",
    "The author(s) have retracted this preprint",
    "Superseded by arXiv:2401.00001 and withdrawn",
    "This paper by A. Author et al. has been withdrawn",
    "An error in Sec. 3 breaks the proof, so this article is withdrawn",
    "This submission, due to a data error, has been withdrawn",
    "Rejected by FOO 2026 and now withdrawn from arXiv",
    "This is a withdrawn submission",
    "Error in the proof - withdrawn",
    "The authors regret that this paper has to be withdrawn",
]
NOT_WITHDRAWN = [
    "We withdraw the assumption of normality",
    "We withdraw the second conjecture of this paper",
    "We do not withdraw this paper",
    "A dataset of withdrawn papers",
    "Opioid withdrawal in adults, 12 pages",
    "12 pages, previously withdrawn submission",
    "This version replaces the withdrawn v2",
    "v1 (withdrawn), v2 (corrected)",
    "v1 was withdrawn; this is the corrected version",
    "v2 was withdrawn by mistake; v3 restores it",
    "This previously withdrawn paper is resubmitted with a new proof",
    "This paper was previously withdrawn",
    "The companion paper has been withdrawn",
    "The journal version was withdrawn",
    "Our submission to FOO was withdrawn",
    "Withdrawn from consideration at FOO",
    "Section 4 of this paper has been withdrawn",
    "The claim in this paper is withdrawn",
    "If errors are found this paper is withdrawn",
    "A study of papers withdrawn by their authors",
    "Figures removed by the author",
    "12 pages, typos removed",
    "Supersedes arXiv:2401.00001 (withdrawn)",
    "Supersedes arXiv:2401.00001, which has been withdrawn",
    "Participants withdrew from the study due to illness",
    "This paper presents a gripper; the arm is withdrawn",
    "The author has been withdrawn from the race",
    "We analyse 500 papers that authors have withdrawn",
    "We retract the needle with a robot arm",
    "How a paper is withdrawn: a study",
]


@pytest.mark.parametrize("comment", WITHDRAWN)
def test_a_comment_that_withdraws(comment: str) -> None:
    assert is_withdrawn(comment)


@pytest.mark.parametrize("comment", NOT_WITHDRAWN)
def test_a_comment_about_something_else(comment: str) -> None:
    assert not is_withdrawn(comment)


NOUNS = [
    "paper",
    "article",
    "submission",
    "manuscript",
    "preprint",
    "pre-print",
    "e-print",
    "eprint",
    "letter",
    "work",
    "report",
    "draft",
    "note",
    "thesis",
    "study",
    "version",
    "contribution",
]
REASONS = [
    "",
    " by the author",
    " by the authors",
    " by arXiv administrators",
    " due to an error in Sec. 3",
    " because Theorem 2 (see Eq. 4) is false",
    " at the request of a co-author",
    " on the authors' request",
    " pending a major revision",
    " as it overlaps with arXiv:2401.00001",
    " for further improvement",
    " until the data are checked",
    " in favour of a longer one",
]
BEFORE = [
    "", "12 pages. ", "12 pages, 3 figures. ", "9 pp., 2 tables; ", "LaTeX, 4 figures. ",
    "Submitted to FOO. ", "arXiv admin note: ", "(", "[",
]  # fmt: skip
COUNTS = [
    "",
    "12 pages, ",
    "12 pages, 3 figures, ",
    "4 tables; ",
    "12 pages (",
    "12 pages - ",
    "v2: ",
    "Revision. ",
]
AFTER = ["", ".", "!", "; 12 pages", ". See arXiv:2401.00002 instead.", ". Accepted to FOO 2026"]
ADVERBS = ["", "now ", "temporarily ", "hereby ", "voluntarily ", "therefore "]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def passives() -> st.SearchStrategy[str]:
    subjects = [f"{one} {noun}" for one in ("this", "the", "our", "the present") for noun in NOUNS] + [
        "it",
        "this",
    ]
    return st.builds(
        lambda subject, verb, adverb, part: f"{subject} {verb} {adverb}{part}",
        st.sampled_from(subjects),
        st.sampled_from(["is", "was", "has been", "will be", "should be", "has to be"]),
        st.sampled_from(ADVERBS),
        st.sampled_from(["withdrawn", "retracted"]),
    )


def actives() -> st.SearchStrategy[str]:
    who = [
        "we",
        "I",
        "the author",
        "the authors",
        "the author(s)",
        "both authors",
        "the corresponding author",
    ]
    verbs = ["withdraw", "withdrew", "have withdrawn", "wish to withdraw", "have decided to retract"]
    whats = [f"{one} {noun}" for one in ("this", "the", "our") for noun in NOUNS] + ["it", "this"]
    return st.builds("{} {} {}".format, st.sampled_from(who), st.sampled_from(verbs), st.sampled_from(whats))


def bare() -> st.SearchStrategy[str]:
    nouns = ["", *(f"{noun} " for noun in NOUNS)]
    return st.builds(
        "{}{}".format, st.sampled_from(nouns), st.sampled_from(["withdrawn", "retracted", "now withdrawn"])
    )


@given(
    st.one_of(
        st.tuples(st.sampled_from(BEFORE), st.one_of(passives(), actives())),
        st.tuples(st.sampled_from(COUNTS), bare()),
    ),
    st.sampled_from(REASONS),
    st.sampled_from(AFTER),
    st.sampled_from([str, str.upper, _sentence]),
)
def test_every_wording_is_a_withdrawal(
    said: tuple[str, str], reason: str, after: str, case: Callable[[str], str]
) -> None:
    before, notice = said
    closing = {"(": ")", "[": "]"}.get(before.strip()[-1:], "")
    assert is_withdrawn(f"{before}{case(notice)}{reason}{closing}{after}")


THINGS = [
    "the drug",
    "the claim in Section 2",
    "consent",
    "the offer",
    "funding",
    "the second dataset",
    "the companion paper",
    "the guideline",
    "Theorem 3 of this paper",
    "a previous version",
    "the earlier submission",
    "the trial",
    "their article",
    "part of this work",
]
MANY = [
    "drugs",
    "troops",
    "funds",
    "participants",
    "claims",
    "withdrawn papers",
    "retracted articles",
    "vaccines",
    "assumptions",
]
TEMPLATES = [
    "We study {many} that were withdrawn{reason}.",
    "{thing} has been withdrawn{reason}.",
    "{thing} was retracted{reason}.",
    "We withdraw {thing}.",
    "The authors withdrew {thing}.",
    "Withdrawal of {many}.",
    "Withdrawn {many}: a survey.",
    "A study of {many} withdrawn{reason}.",
    "This paper studies how {thing} was withdrawn{reason}.",
    "This work asks whether {thing} is withdrawn.",
    "In this paper {many} are withdrawn.",
    "This version replaces one that was withdrawn{reason}.",
    "A dataset of papers retracted{reason}.",
    "This paper has not been withdrawn{reason}.",
]


@given(
    st.sampled_from(TEMPLATES),
    st.sampled_from(THINGS),
    st.sampled_from(MANY),
    st.sampled_from(["", " by the authors", " due to an error", " from the market", " in 2004"]),
    st.sampled_from(["", "12 pages. ", "12 pages, 3 figures. ", "Accepted to FOO 2026. "]),
)
def test_a_text_about_withdrawal_is_none(
    template: str, thing: str, many: str, reason: str, before: str
) -> None:
    text = _sentence(template.format(thing=thing, many=many, reason=reason))
    assert not is_withdrawn(before + text)
    assert not is_withdrawn(None, f"{text} We find nothing unusual.")
    assert not is_withdrawn(None, f"We look at the world. {text}")


@pytest.mark.parametrize(
    "abstract",
    [
        "This paper has been withdrawn by the author due to a crucial error in Lemma 2.",
        "The paper was withdrawn by its authors.",
        "Withdrawn.",
        "Withdrawn by the author.",
        "Paper withdrawn by the authors",
        "Removed by arXiv administrators.",
        "We withdraw this paper because of an error.",
        "We study kettles. They boil. This e-print has been withdrawn because Lemma 2 is wrong.",
        "We study kettles. The authors have withdrawn this paper.",
    ],
)
def test_an_abstract_that_withdraws(abstract: str) -> None:
    assert is_withdrawn(None, abstract)
    assert is_withdrawn("12 pages", abstract)


@pytest.mark.parametrize(
    "abstract",
    [
        "Withdrawn in 2004 for toxicity, the drug is studied again.",
        "We examine a famous study. The paper was retracted in 2010. It was withdrawn by the authors.",
        "We release 14,000 articles. The article was withdrawn by the authors in most cases.",
        "We withdraw the original performance claims and document a retracted result.",
    ],
)
def test_an_abstract_about_withdrawals(abstract: str) -> None:
    assert not is_withdrawn(None, abstract)


@given(
    st.booleans(),
    st.sampled_from([None, "Withdrawn", "9 pages"]),
    st.sampled_from(["Withdrawn.", "We boil."]),
)
def test_a_paper_is_gone_by_its_mark_its_comment_or_its_abstract(
    marked: bool, comment: str | None, abstract: str
) -> None:
    paper = Paper(
        "2606.00001", 2, "Kettles", abstract, ("Ana Lee",), ("cs.CV",), AnnounceType.REPLACE,
        comment=comment, withdrawn=marked,
    )  # fmt: skip
    assert is_gone(paper) is (marked or comment == "Withdrawn" or abstract == "Withdrawn.")
