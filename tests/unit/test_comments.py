"""Venues, withdrawals and lengths in arXiv's comment field."""

from __future__ import annotations

import time

import pytest
from arxivdaily.domain import comments
from arxivdaily.domain.withdrawals import is_withdrawn
from hypothesis import given
from hypothesis import strategies as st

ACCEPTED = [
    ("Accepted to CVPR 2026", "CVPR 2026"),
    ("accepted by CVPR2026", "CVPR 2026"),
    ("12 pages, 5 figures. Accepted to the main track of CVPR 2026.", "CVPR 2026"),
    ("CVPR 2026 Accepted", "CVPR 2026"),
    ("MICCAI 2026 early accept", "MICCAI 2026"),
    ("This paper has been accpeted by ICCV 2025", "ICCV 2025"),
    ("Accepted by International Conference on Distributed Computing Systems(ICDCS'26)", "ICDCS 2026"),
    ("Accepted to the Fourteenth International Conference on Learning Representations", "ICLR"),
    ("Accepted at the 43rd International Conference on Machine Learning (ICML 2026), Seoul", "ICML 2026"),
    ("To appear in the Proceedings of ACL 2026, 14 pages", "ACL 2026"),
    ("In The 2026 ACM Conference on Fairness, Accountability, and Transparency (FAccT '26)", "FAccT 2026"),
    ("2026 IEEE International Symposium on Information Theory (ISIT), to appear", "ISIT 2026"),
    ("Accepted to IEEE International Conference on 3DV (2026)", "3DV 2026"),
    ("Accepted to appear in WACV26", "WACV 2026"),
    ("In AAAI-26", "AAAI 2026"),
    ("ECML_PKDD'26, 18 pages", "ECML-PKDD 2026"),
    ("SIGGRAPH Asia 2025. Project: https://a.github.io/b/", "SIGGRAPH Asia 2025"),
    ("ACM MM 2026", "ACM MM 2026"),
    ("To appear at IEEE S&P 2026", "IEEE S&P 2026"),
    ("USENIX Security 2026", "USENIX Security 2026"),
    ("Accepted at The ACM Web Conference 2026 (WWW '26)", "WWW 2026"),
    ("Accepted to 2025 ACM SIGGRAPH Symposium on Interactive 3D Graphics and Games (I3D 2025)", "I3D 2025"),
    ("Accepted to ICLR 2026. An extended version is submitted to TPAMI.", "ICLR 2026"),
    ("Accepted to MICCAI 2026. This is the submitted version before peer review", "MICCAI 2026"),
    ("Accepted in MICCAI", "MICCAI"),
]
ALONE = [
    ("ICML 2026", "ICML 2026"),
    ("CVPR2026", "CVPR 2026"),
    ("5pages, 3figures, icassp 2026", "ICASSP 2026"),
    ("32 pages, CVPR 2026, Project page: https://a.github.io/b/", "CVPR 2026"),
    ("[CVPR 2026] Code Link: https://github.com/a/b", "CVPR 2026"),
    ("ICLR 2026 camera ready version; 20 pages", "ICLR 2026"),
    ("Code: https://github.com/a/b ICML 2026", "ICML 2026"),
    ("20 pages, ICPR 2026 (28th International Conference on Pattern Recognition)", "ICPR 2026"),
]
KINDS = [
    ("ICLR 2026 Oral", "ICLR 2026 Oral"),
    ("CVPR 2026, oral", "CVPR 2026 Oral"),
    ("Accepted by CVPR 2026(Oral). Project page:https://a.github.io", "CVPR 2026 Oral"),
    ("Accepted as a full paper at SIGIR 2025 and will be presented orally", "SIGIR 2025 Oral"),
    ("CVPR 2026 (Highlight)", "CVPR 2026 Highlight"),
    ("Accepted as a Spotlight paper at NeurIPS 2025", "NeurIPS 2025 Spotlight"),
    ("CVPR 2025, Best Paper Award candidate", "CVPR 2025 Best Paper Award Candidate"),
    ("NeurIPS 2026 Spotlight (Negative Results Track)", "NeurIPS 2026 Spotlight"),
    ("Poster at NeurIPS 2025", "NeurIPS 2025 Poster"),
    ("Findings of ACL 2026", "ACL 2026 Findings"),
    ("CVPR'26 Findings", "CVPR 2026 Findings"),
    ("Accepted by CVPR 2026 Fingdings", "CVPR 2026 Findings"),
    ("2026 Conference on Computer Vision and Pattern Recognition Findings (CVPRF)", "CVPR 2026 Findings"),
    ("In Findings of the Association for Computational Linguistics: NAACL 2025", "NAACL 2025 Findings"),
    ("NeurIPS 2026, ED Track, Spotlight", "NeurIPS 2026 Evaluations and Datasets Track Spotlight"),
    ("NeurIPS 2025 Datasets and Benchmarks Track", "NeurIPS 2025 Datasets and Benchmarks Track"),
    ("Accepted by KDD'26 ADS track", "KDD 2026 ADS Track"),
    ("To appear in Extended Abstracts of the CHI Conference (CHI EA '25)", "CHI 2025 Extended Abstract"),
]  # fmt: skip
WORKSHOPS = [
    ("ICCV 2025 Workshop on Small Things", "ICCV 2025 Workshop"),
    ("CVPRW 2026", "CVPR 2026 Workshop"),
    ("CVPR-W 2026 (GenRec3D)", "CVPR 2026 Workshop"),
    ("Accepted at Tiny Models Workshop, NeurIPS 2025", "NeurIPS 2025 Workshop"),
    ("Accepted at CVPR (9th FooBar Workshop) 2026", "CVPR 2026 Workshop"),
    ("Accepted at the CVPR 2026 Workshops (Some Image Challenge)", "CVPR 2026 Workshop"),
    ("Accepted to Pluralistic Things @ ICML 2026", "ICML 2026 Workshop"),
    ("Accepted for publication in Mutants 2025 at the 18th ICST 2025", "ICST 2025 Workshop"),
    ("Accepted at FOO@ICML 2026", "ICML 2026 Workshop"),
    ("Accepted to the 4th Workshop on Odd Corpora (C4O) co-located with ACL 2026", "ACL 2026 Workshop"),
    ("At the 2nd Workshop on Agents (WoA, https://a.github.io), co-located with AAMAS 2026", None),
    ("Presented at the Agents Workshop (WoA, https://a.github.io), with AAMAS 2026", "AAMAS 2026 Workshop"),
    ("Accepted for proceedings at CVPR EarthVision 2026", "CVPR 2026 Workshop"),
    ("Accepted by CVPR 2026 CV4Clinical, 11 pages", "CVPR 2026 Workshop"),
    ("Best Paper at ICML 2026 Workshop on Sums", "ICML 2026 Workshop Best Paper"),
    ("Published at ICLR 2026 Workshop on Sums. Accepted as best paper", "ICLR 2026 Workshop Best Paper"),
]  # fmt: skip
JOURNALS = [
    ("Published in Transactions on Machine Learning Research (TMLR), 2026", "TMLR 2026"),
    ("31 pages. Published in TMLR, 04/2026", "TMLR 2026"),
    ("IEEE Transactions on Artificial Intelligence (TAI) 2026", "TAI 2026"),
    ("IEEE Transactions on Pattern Analysis and Machine Intelligence", "TPAMI"),
    ("TPAMI 2025; Project Page: https://a.github.io", "TPAMI 2025"),
    ("Accepted to International Journal of Computer Vision (IJCV)", "IJCV"),
    ("Accepted to IEEE T-RO", "T-RO"),
    ("8 pages, accepted to IEEE RA-L", "RA-L"),
    ("15 pages, accepted to IEEE TIP", "TIP"),
    ("ACM Transactions on Graphics, Vol. 45, No. 4, Article 39, July 2026", "TOG 2026"),
    ("Accepted by Pattern Recognition", "Pattern Recognition"),
    ("Accepted by Medical Image Analysis", "MedIA"),
    ("Nature Biomedical Engineering (2026)", "Nature Biomedical Engineering 2026"),
    ("Published in Nature", "Nature"),
    ("This paper is accepted by IEEE Transactions on Networking", "IEEE Transactions on Networking"),
    ("Accepted at TPAMI. Extension of our CVPR 2023 paper", "TPAMI"),
]
UNLISTED = [
    ("Accepted to FOOCON 2026", "FOOCON 2026"),
    ("Accepted at the 5th International Conference on Odd Things (ICOT 2026), Oslo", "ICOT 2026"),
    ("Accepted to IEEE 2026", None),
    ("FOOCON 2026", None),
]
NOT_ACCEPTED = [
    "Submitted to NeurIPS 2026",
    "Under review at ICLR 2027",
    "MICCAI 2026; under review",
    "ECCV 2026 Under Reivew",
    "ICLR 2026 submission",
    "TPAMI under review",
    "Submitted for review in ARR for EMNLP 2026",
    "Rejected from ICML 2026",
    "Withdrawn from ICLR 2026",
    "This paper has been withdrawn. Accepted to CVPR 2026",
    "To be submitted to ICRA 2027",
    "Not accepted to CVPR 2026",
    "Conditionally accepted to CHI 2026",
    "Code will be released upon acceptance to CVPR 2026",
    "extended version of our ECCV 2020 paper",
    "Full version of a paper presented at CONCUR 2026",
    "This paper extends our work accepted to ECCV 2024",
    "based on our ICML 2024 paper",
    "A previous version appeared at the ICML 2025 Workshop on Sums",
    "9 pages, earlier version accepted at AAAI-25 Workshop on Documents",
    "Part of this work was presented at ICRA 2025",
    "We extend our earlier study of robots that was shown together with RSS 2024 and other meetings",
    "code for the CVPR 2024 challenge",
    "Winner of the CVPR 2026 Some City Challenge",
    "4th place in ICRA 2026 GOOSE 2D Segmentation Challenge",
    "1st place solution for the ECCV 2024 OOD challenge",
    "Technical report for the CVPR 2025 challenge",
    "Overview of the FOO challenge, held as a satellite event at MICCAI 2025",
    "Compared with FooNet, CVPR 2024",
    "Reproducibility study of FooNet (ICLR 2024)",
    "Comment on FooNet, ICML 2024",
    "arXiv admin note: text overlap with a CVPR 2024 paper",
    "LaTeX, using CVPR template",
    "5 pages, ICASSP 2026 format",
    "12 pages, code at https://github.com/a/CVPR2026",
    "Keywords: pattern recognition, image analysis",
    "Keynote presented at ICML 2025",
    "the fast 2026 chi of media tips",
    "12 pages",
    "",
    None,
]


@pytest.mark.parametrize(("comment", "venue"), ACCEPTED + ALONE + KINDS + WORKSHOPS + JOURNALS + UNLISTED)
def test_the_venue_that_accepted_a_paper(comment: str, venue: str | None) -> None:
    assert comments.venue(comment) == venue


@pytest.mark.parametrize("comment", NOT_ACCEPTED)
def test_no_venue_without_an_acceptance(comment: str | None) -> None:
    assert comments.venue(comment) is None


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the author due to an error in Lemma 3",
        "Withdrawn",
        "Withdrawn: superseded",
        "withdrawn because of an authorship dispute",
        "Withdrawn by the authors",
        "This submission has been withdrawn by arXiv administrators due to plagiarism",
        "arXiv admin note: this version withdrawn by arXiv administrators",
        "arXiv admin note: This version has been removed by arXiv administrators due to copyright",
        "The authors withdraw this paper",
        "The authors have decided to withdraw this article at the request of a funder",
        "We are withdrawing this preprint to revise it",
        "we are withdrawing",
        "This preprint is withdrawn due to significant errors",
        "10 pages; this paper is temporarily withdrawn",
        "Paper withdrawn by the author",
        "The article was retracted",
        "The paper has been withdrawn from arXiv",
    ],
)
def test_a_withdrawal(comment: str) -> None:
    assert is_withdrawn(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "12 pages",
        "We study withdrawn applications",
        "Withdrawn papers: an analysis",
        "the dataset was withdrawn",
        "This paper studies drugs that were withdrawn",
        "withdrawn from submission to ICML 2026",
        "This paper was withdrawn from ICLR 2026",
        "We withdrew our submission to ICML 2026",
        "We withdrew the claim in section 3",
        "This paper has not been withdrawn",
        "This version replaces the withdrawn article 2401.00001",
        "A previous version was withdrawn by mistake",
        None,
    ],
)
def test_no_withdrawal(comment: str | None) -> None:
    assert not is_withdrawn(comment)


@pytest.mark.parametrize(
    ("comment", "pages", "figures"),
    [
        ("84 pages, including appendices", 84, None),
        ("12 pages, 5 figures", 12, 5),
        ("20 pages,13 figures", 20, 13),
        ("23pages, 1 Figure", 23, 1),
        ("12-page paper, no figures", 12, 0),
        ("five pages, two figures", 5, 2),
        ("10pp, 3 figs.", 10, 3),
        ("9+3 pages", 12, None),
        ("8 pages of main content, 28 total pages. 30 figures", 28, 30),
        ("9 pages (34 including references), 11 figues", 34, 11),
        ("15 pages, 5 main figures, 6 appendix figures", 15, 5),
        ("pp. 12", 12, None),
        ("Vol. 3, pp. 100-110, 11 pages", 11, None),
        ("In Proc. of FOO, pages 12-19 of proceedings", None, None),
        ("pp. 12-19", None, None),
        ("updated Figs. 11-17 and Tab. 12", None, None),
        ("Figure 3 corrected", None, None),
        ("ICML 2026 pages", None, None),
        ("many figures", None, None),
        ("0 pages", None, None),
        (None, None, None),
    ],
)
def test_lengths(comment: str | None, pages: int | None, figures: int | None) -> None:
    assert (comments.pages(comment), comments.figures(comment)) == (pages, figures)


_WORDS = [
    "Accepted to", "CVPR 2026", "workshop", ",", ".", "(", ")",
    "IEEE", "Transactions on", "withdrawn", "12", "pages",
]  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS)).map(" ".join)))
def test_any_comment_is_read(comment: str) -> None:
    assert comments.venue(comment) != ""
    is_withdrawn(comment)
    assert (comments.pages(comment) or 1) > 0
    assert (comments.figures(comment) or 0) >= 0


@pytest.mark.parametrize(
    "comment",
    [
        "accepted " * 2000, "(" * 20_000, "CVPR " * 4000, "a, " * 7000, "paper has been " * 1400,
        "we " * 9000,
        "1-1-" * 5000, "1 " * 9000, "Conference (A" * 1500, "IEEE Transactions on" + " A" * 9000,
        "A" * 20_000,
    ],
    ids=lambda comment: comment[:12],
)  # fmt: skip
def test_hostile_comments_take_bounded_time(comment: str) -> None:
    started = time.perf_counter()
    comments.venue(comment)
    is_withdrawn(comment)
    comments.pages(comment)
    comments.figures(comment)
    assert time.perf_counter() - started < 1
