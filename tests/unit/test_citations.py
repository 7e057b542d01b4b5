"""BibTeX and RIS."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arxivdaily.site.citations import bibtex, bibtex_file, bibtex_key, ris, split_name
from fakes import paper
from hypothesis import example, given
from hypothesis import strategies as st

PAPER = replace(
    paper(1),
    title=r"The Reward Was in Your Data: $\ell_2$ \& {K}ettles",
    authors=("Nicolas Beltran-Velez", "Ludwig van der Tea", "Martin King, Jr."),
    categories=("cs.LG", "cs.CV"),
    comment="84 pages",
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Example", ("Example", "Ada")),
        ("Ludwig van der Tea", ("van der Tea", "Ludwig")),
        ("Martin Luther King, Jr.", ("King, Jr", "Martin Luther")),
        ("Plato", ("Plato", "")),
        ("", ("", "")),
    ],
)
def test_names(name: str, expected: tuple[str, str]) -> None:
    assert split_name(name) == expected


def test_an_entry_has_what_arxivs_own_has() -> None:
    assert bibtex(PAPER, "2026") == (
        "@misc{beltranvelez2026reward,\n"
        "  title = {{The Reward Was in Your Data: $\\ell_2$ \\& {K}ettles}},\n"
        "  author = {Beltran-Velez, Nicolas and van der Tea, Ludwig and {Martin King, Jr.}},\n"
        "  year = {2026},\n"
        "  eprint = {2606.00001},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.LG},\n"
        "  url = {https://arxiv.org/abs/2606.00001},\n"
        "  note = {84 pages},\n"
        "}\n"
    )


def test_a_record_is_unicode_with_a_line_a_field() -> None:
    lines = ris(replace(PAPER, title=r"Na\"ive --- $O(n)$", abstract="Two\nlines."), "2026").split("\r\n")
    assert lines[:3] == ["TY  - UNPB", "ID  - 2606.00001", "TI  - Naïve — O(n)"]
    assert "AU  - van der Tea, Ludwig" in lines
    assert "AU  - King, Jr, Martin" in lines
    assert "AB  - Two lines." in lines
    assert lines[-2:] == ["ER  - ", ""]


def test_keys_in_a_file_are_each_its_own() -> None:
    file = bibtex_file([(PAPER, "2026")] * 3)
    assert [line for line in file.splitlines() if line.startswith("@")] == [
        "@misc{beltranvelez2026reward,",
        "@misc{beltranvelez2026rewarda,",
        "@misc{beltranvelez2026rewardb,",
    ]


@pytest.mark.parametrize("authors", [(), ("李雷",), ("{}",)])
def test_a_key_is_ascii_whatever_the_names_are(authors: tuple[str, ...]) -> None:
    assert bibtex_key(replace(PAPER, authors=authors), "2026") == "anonymous2026reward"


@example(r"\} , note = {", r"\{\{ \}", [r"A \} B"])  # BibTeX itself knows no escaped brace
@example("", "\\ ", [])  # the space that went guarded a brace
@example("", "\\{ ", [" \\"])
@example("", "", ["\\ 0", "{a b}"])
@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_no_text_breaks_out_of_its_entry(title: str, comment: str, authors: list[str]) -> None:
    entry = bibtex(replace(PAPER, title=title, comment=comment, authors=tuple(authors), doi=title), "2026")
    raw = 0
    for at, char in enumerate(entry):
        raw += (char == "{") - (char == "}")
        assert raw > 0 or at < len("@misc{") or at >= len(entry) - 2
    assert raw == 0
    depth = 0
    escaped = False
    for at, char in enumerate(entry):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            assert depth > 0 or at == len(entry) - 2
    assert depth == 0
    record = ris(replace(PAPER, title=title, comment=comment, authors=tuple(authors)), "2026")
    assert record.count("ER  - ") == 1 or "ER  -" in title + comment + "".join(authors)
    assert all(line[2:6] == "  - " for line in record.split("\r\n") if line)
