from __future__ import annotations

import pytest
from arxivdaily.domain.papers import AnnounceType, parse_arxiv_id, sort_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2606.19162", ("2606.19162", None)),
        ("2606.19162v2", ("2606.19162", 2)),
        ("0704.0001v12", ("0704.0001", 12)),
        ("astro-ph/0601001", ("astro-ph/0601001", None)),
        ("math.GT/0309136v1", ("math.GT/0309136", 1)),
        (" 2606.19162v1\n", ("2606.19162", 1)),
    ],
)
def test_identifiers(text: str, expected: tuple[str, int | None]) -> None:
    assert parse_arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text", ["", "abc", "2606.19162v0", "2606.1916222", "2606.19162v1x", "../2606.19162", "２６０６.19162"]
)
def test_what_is_no_identifier(text: str) -> None:
    with pytest.raises(ValueError, match="not an arXiv identifier"):
        parse_arxiv_id(text)


def test_old_identifiers_sort_before_new_ones() -> None:
    in_order = [
        "hep-th/9108001",
        "hep-th/9912001",
        "math.GT/0309136",
        "astro-ph/0601001",
        "0704.0001",
        "2606.19162",
    ]
    assert sorted(sorted(in_order), key=sort_key) == in_order


@pytest.mark.parametrize(
    ("announced", "primary", "expected"),
    [
        ("cross", "cs.DC", "new"),  # a new cs.DC paper, seen in the feed of cs.CV
        ("new", "cs.DC", "new"),
        ("cross", "math.OC", "cross"),
        ("cross", "stat.ML", "new"),
        ("cross", "stat.ME", "cross"),
        ("replace-cross", "cs.CL", "replace"),
        ("replace", "math.OC", "replace-cross"),
        ("cross", "csx.CV", "cross"),
    ],
)
def test_announce_type_is_recomputed_from_the_primary_category(
    announced: str, primary: str, expected: str
) -> None:
    assert AnnounceType(announced).relative_to(primary, ("cs", "stat.ML")) == expected
