"""BibTeX, RIS and page metadata, as reference managers read them, and as nothing in them runs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import rispy
from arxivdaily.domain.comments import without_counts
from arxivdaily.domain.papers import Paper
from arxivdaily.site import inert_tex, latex
from arxivdaily.site.citation_names import names_of, split
from arxivdaily.site.citations import bibtex, bibtex_file, bibtex_key, doi, plain, ris
from arxivdaily.site.tex_lists import ACCENTS, MATH_ARGUMENTS, OLD_FONTS, PERMITTED, SIZES
from fakes import paper
from hostile.payloads import PAYLOADS, RUN_BY_TEX
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pybtex.database import Entry, Person
from pybtex.database.input import bibtex as pybtex_input

PAPER = replace(
    paper(1),
    title=r"The Reward Was in Your Data: $\ell_2$ \& {K}ettles",
    authors=("Nicolas Beltran-Velez", "Ludwig van der Tea", "Martin King, Jr."),
    categories=("cs.LG", "cs.CV"),
    comment="84 pages",
)


def read(text: str) -> Entry:
    """The only entry of a BibTeX file, as a real parser reads it."""
    entries = pybtex_input.Parser().parse_string(text).entries
    (entry,) = entries.values()
    return entry


def fields_of(**changes: object) -> dict[str, str]:
    entry = read(bibtex(replace(PAPER, **changes), "2026"))  # type: ignore[arg-type]
    people = {"author": " and ".join(str(person) for person in entry.persons.get("author", ()))}
    return {name: str(value) for name, value in (*entry.fields.items(), *people.items())}


# --- what they say -------------------------------------------------------------------------


def test_an_entry_has_what_arxivs_own_has() -> None:
    assert bibtex(PAPER, "2026") == (
        "@misc{beltranvelez2026reward,\n"
        "  title = {{The Reward Was in Your Data: $\\ell_2$ \\& {K}ettles}},\n"
        "  author = {Beltran-Velez, Nicolas and van der Tea, Ludwig and King, Jr., Martin},\n"
        "  year = {2026},\n"
        "  eprint = {2606.00001},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.LG},\n"
        "  url = {https://arxiv.org/abs/2606.00001},\n"
        "  doi = {10.48550/arXiv.2606.00001},\n"
        "}\n"
    )


def test_a_record_is_unicode_with_a_line_a_field() -> None:
    made = ris(replace(PAPER, title=r"Na\"ive --- $O(n)$", abstract="Two\nlines."), "2026")
    lines = made.split("\r\n")
    assert lines[:3] == ["TY  - UNPB", "ID  - 2606.00001", "TI  - Naïve — O(n)"]
    assert "AU  - van der Tea, Ludwig" in lines
    assert "AU  - King, Martin, Jr" in lines
    assert "AB  - Two lines." in lines
    assert "DO  - 10.48550/arXiv.2606.00001" in lines
    assert lines[-2:] == ["ER  - ", ""]
    (record,) = rispy.loads(made.replace("\r\n", "\n"))
    assert record["type_of_reference"] == "UNPB"
    assert record["authors"] == ["Beltran-Velez, Nicolas", "van der Tea, Ludwig", "King, Martin, Jr"]
    assert record["title"] == "Naïve — O(n)"
    assert record["keywords"] == ["cs.LG", "cs.CV"]


def test_keys_in_a_file_are_each_its_own() -> None:
    file = bibtex_file([(PAPER, "2026")] * 3)
    assert list(pybtex_input.Parser().parse_string(file).entries) == [
        "beltranvelez2026reward",
        "beltranvelez2026rewarda",
        "beltranvelez2026rewardb",
    ]


@pytest.mark.parametrize("authors", [(), ("李雷",), ("{}",)])
def test_a_key_is_ascii_whatever_the_names_are(authors: tuple[str, ...]) -> None:
    assert bibtex_key(replace(PAPER, authors=authors), "2026") == "anonymous2026reward"


@pytest.mark.parametrize(
    ("given_doi", "expected"),
    [
        (None, "10.48550/arXiv.2606.00001"),
        ("10.1007/978-3-030-58452-8_24", "10.1007/978-3-030-58452-8_24"),
        ("https://doi.org/10.1145/1.2", "10.1145/1.2"),
        ("10.1145/1.2 10.1145/3.4", "10.1145/1.2"),
        ("pending", "10.48550/arXiv.2606.00001"),
        (r"10.1145/\input{x}", "10.48550/arXiv.2606.00001"),
        ("10.1145/1%}", "10.48550/arXiv.2606.00001"),
    ],
)
def test_every_paper_has_a_doi(given_doi: str | None, expected: str) -> None:
    one = replace(PAPER, doi=given_doi)
    assert doi(one) == expected
    assert fields_of(doi=given_doi)["doi"] == expected.replace("_", r"\_")


# --- names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "in_bibtex", "in_ris"),
    [
        ("Ada Example", "Example, Ada", "Example, Ada"),
        ("Plato", "{Plato}", "Plato"),
        ("Ludwig van der Tea", "van der Tea, Ludwig", "van der Tea, Ludwig"),
        ("Martin Luther King Jr", "King, Jr., Martin Luther", "King, Martin Luther, Jr"),
        ("Anthony D. Example III", "Example, III, Anthony D.", "Example, Anthony D., III"),
        ("Ludwig van der Tea Sr.", "van der Tea, Sr., Ludwig", "van der Tea, Ludwig, Sr"),
        ("Sanjay Kumar V", "V, Sanjay Kumar", "V, Sanjay Kumar"),
        ("LIGO Scientific Collaboration", "{LIGO Scientific Collaboration}", "LIGO Scientific Collaboration"),
        ("The Kettle Team", "{The Kettle Team}", "The Kettle Team"),
        ("Team Kettle", "{Team Kettle}", "Team Kettle"),
        ("Kettle AI", "{Kettle AI}", "Kettle AI"),
        ("Weiwei Ai", "Ai, Weiwei", "Ai, Weiwei"),
        ("Kettle-AI Labs", "{Kettle-AI Labs}", "Kettle-AI Labs"),
        ("Institute for Kettles", "{Institute for Kettles}", "Institute for Kettles"),
        ("茶壶团队", "{茶壶团队}", "茶壶团队"),
        ("李雷", "{李雷}", "李雷"),
        ("Lei Li (李雷)", "Li, Lei", "Li, Lei"),
        ("李雷 (Lei Li)", "Li, Lei", "Li, Lei"),
        ("Émile Zola", r"Zola, {\'E}mile", "Zola, Émile"),
        (r"Jos\'e {\L}ukasz", r"{\L}ukasz, Jos{\'e}", "Łukasz, José"),
        ("Example, Ada", "{Example, Ada}", "Example, Ada"),
        ("Mallory and Eve", "{Mallory and Eve}", "Mallory and Eve"),
        ("Ada R&D_1%", r"R\&D\_1\%, Ada", "R&D_1%, Ada"),
    ],
)
def test_a_name_is_cut_where_it_may_be(name: str, in_bibtex: str, in_ris: str) -> None:
    made = bibtex(replace(PAPER, authors=(name,)), "2026")
    assert f"  author = {{{in_bibtex}}},\n" in made
    assert len(read(made).persons["author"]) == 1
    record = ris(replace(PAPER, authors=(name,)), "2026")
    assert f"AU  - {in_ris}\r\n" in record


@pytest.mark.parametrize(
    "written",
    ["Ada Example for the XYZ Collaboration", "Ada Example (on behalf of the XYZ Collaboration)",
     "Ada Example, for the XYZ Collaboration", "Ada Example (for the XYZ Collaboration)",
     "Ada Example (XYZ Collaboration)", "XYZ Collaboration: Ada Example"],
)  # fmt: skip
def test_who_writes_for_a_collaboration_is_the_author(written: str) -> None:
    made = bibtex(replace(PAPER, authors=(written, "Bo Sample for the XYZ Collaboration")), "2026")
    assert "  author = {Example, Ada and Sample, Bo},\n" in made
    assert "  collaboration = {{XYZ Collaboration}},\n" in made
    lines = ris(replace(PAPER, authors=(written,)), "2026").split("\r\n")
    assert [line[6:] for line in lines if line.startswith("AU")] == ["Example, Ada", "XYZ Collaboration"]


def test_what_is_no_name_is_left_out() -> None:
    assert [n.family for n in names_of([":", "and Ada Example", "{}", "et al."]).authors] == ["Example"]
    made = bibtex(replace(PAPER, authors=("Ada Example", "et al.")), "2026")
    assert "  author = {Example, Ada and others},\n" in made


def test_pybtex_reads_the_parts_of_a_name() -> None:
    person: Person = read(bibtex(PAPER, "2026")).persons["author"][2]
    assert (person.first_names, person.last_names, person.lineage_names) == (["Martin"], ["King"], ["Jr."])


@given(st.text(max_size=60))
def test_no_name_is_lost_or_doubled(name: str) -> None:
    one = split(name)
    assert " ".join(name.split()) == "" or one.family
    assert len(f"{one.given}{one.family}{one.suffix}") <= len(name) + 1


# --- notes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("84 pages", ""),
        ("9 pages, 5 figures, 2 tables", ""),
        ("26 pages,21 figures", ""),
        ("Pages: 12", ""),
        ("9 pages (excluding references)", ""),
        ("12 pages + 4 pages of appendix", ""),
        ("ten pages, no figures", ""),
        ("20 pages, 7 figures and 3 tables in total.", ""),
        ("12 pages; 3 color figures", ""),
        ("9 pages (accepted at CVPR)", "9 pages (accepted at CVPR)"),
        ("2-page abstract", "2-page abstract"),
        ("Top 5% of submissions, 9 pages", "Top 5% of submissions"),
        ("Main text & appendix", "Main text & appendix"),
        (
            "Accepted at X. 12 pages, 3 figures. Code at https://x.y/z.",
            "Accepted at X. Code at https://x.y/z.",
        ),
        ("IEEE, vol. 3, pages 12-19", "IEEE, vol. 3, pages 12-19"),
        ("CVPR 2026, 8 pages", "CVPR 2026"),
    ],
)
def test_counts_are_no_note(comment: str, left: str) -> None:
    assert without_counts(comment) == left
    assert ("note" in fields_of(comment=comment)) is bool(left)


@pytest.mark.parametrize(
    ("comment", "note"),
    [
        ("Code: https://github.com/ada/my_repo.", r"Code: \url{https://github.com/ada/my_repo}."),
        ("See https://a.example/b%20c#d", r"See https://a.example/b\%20c\#d"),
        (r"\href{https://a.example/b_c}{here}", r"here (\url{https://a.example/b_c})"),
        (r"https://a.example/\~{}ada/a\_b", r"\url{https://a.example/~ada/a_b}"),
        ("Top 5% of R&D, #1 of user_ids ^ < | >", r"Top 5\% of R\&D, \#1 of user\_ids \textasciicircum{} "
         r"\textless{} \textbar{} \textgreater{}"),
        ("costs 5$", r"costs 5\$"), ("a@b.example @misc{x, y", "a@b.example @miscx, y"),
        (r"@misc{x}{y}", "{@}misc{x}{y}"),
    ],
)  # fmt: skip
def test_specials_are_escaped_and_addresses_are_urls(comment: str, note: str) -> None:
    assert fields_of(comment=comment)["note"] == note


# --- nothing runs --------------------------------------------------------------------------

_CONTROL = re.compile(r"\\(?:([A-Za-z@]+)|(.)|$)", re.DOTALL)
_SYMBOLS = frozenset("%&#_$,;:! ->|{}") | {a for a in ACCENTS if not a.isalpha()}
_URL = re.compile(r"\\url\{[^{}\\%#^]*\}")


def control_words(value: str) -> set[str]:
    return {found[1] for found in _CONTROL.finditer(value) if found[1]}


def assert_inert(value: str) -> None:
    """Nothing in a field that TeX would run, comment out, read as a parameter or leave open."""
    assert "\n" not in value
    assert "^^" not in value
    assert control_words(value) <= PERMITTED, control_words(value) - PERMITTED
    for found in _CONTROL.finditer(value):
        assert found[1] or found[2] in _SYMBOLS, found
    depth = 0
    for char in value:  # as BibTeX counts, for which `\{` is a brace as well
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0
    bare = _CONTROL.sub("", _URL.sub("", value))
    assert not re.search(r"[%#]", bare), bare
    assert bare.count("$") % 2 == 0
    words = re.sub(
        r"\$[^$]*\$|\\ensuremath\{(?:[^{}]|\{[^{}]*\})*\}", "", re.sub(r"\\\$", "", _URL.sub("", value))
    )
    assert not re.search(r"(?<!\\)[&_^]", re.sub(r"\\[`'^\"~=.]", "", words)), words


def check_paper(one: Paper) -> None:
    entry = read(bibtex(one, "2026"))
    assert {name.lower() for name in entry.fields} <= {
        "title", "collaboration", "year", "eprint", "archiveprefix", "primaryclass", "url", "doi", "note",
    }  # fmt: skip
    assert entry.fields["eprint"] == one.arxiv_id
    for name, value in entry.fields.items():
        assert_inert(value if name != "url" else "")
    for person in entry.persons.get("author", ()):
        assert_inert(str(person))
    made = ris(one, "2026")
    lines = made.split("\r\n")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n\u2028\u2029]*", line) for line in lines[:-1])
    assert [line[:2] for line in lines].count("TY") == [line[:2] for line in lines].count("ER") == 1
    assert control_words(made) <= PERMITTED
    assert "^^" not in made
    (record,) = rispy.loads(made.replace("\r\n", "\n"))
    assert record["id"] == one.arxiv_id


@pytest.mark.parametrize(
    "text", [*RUN_BY_TEX, *(p.text for p in PAYLOADS if p.kind in ("tex", "citation", "link"))]
)
def test_nothing_hostile_runs(text: str) -> None:
    check_paper(
        replace(PAPER, title=f"{text} x", authors=(text, f"Mal {text} Lory"), comment=f"x {text}", doi=text,
                journal_ref=None, categories=("cs.CV", text))
    )  # fmt: skip
    check_paper(replace(PAPER, title=text, comment=None, journal_ref=text, abstract=text))


_PIECES = [
    "\\",
    "{",
    "}",
    "$",
    "%",
    "#",
    "&",
    "_",
    "^",
    "~",
    "@",
    '"',
    "'",
    " ",
    "a",
    "x",
    "\\input",
    "\\emph",
    "\\frac",
    "\\left",
    "\\right",
    "\\alpha",
    "\\text",
    "\\'",
    "\\{",
    "\\}",
    "\\$",
    "\\%",
    "\\url{",
    "\\href{",
    "https://a.example/",
    "^^5c",
    "\\begin{x}",
    "\\\\",
    "é",
    "李",
    "\\mathbb",
    "[",
    "]",
    "(",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    ",",
    " and ",
    "\\sqrt",
]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=16).map("".join))


@example(r"\} , note = {", r"\{\{ \}", [r"A \} B"])  # BibTeX itself knows no escaped brace
@example("", "\\ ", [])  # the space that went guarded a brace
@example("", "\\{ ", [" \\"])
@example("", "", ["\\ 0", "{a b}"])
@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4))
def test_no_text_breaks_out_of_its_field(title: str, comment: str, authors: list[str]) -> None:
    check_paper(
        replace(PAPER, title=title, comment=comment, authors=tuple(authors), doi=title, abstract=comment)
    )


@pytest.mark.parametrize(
    "name", sorted([*MATH_ARGUMENTS, *OLD_FONTS, *SIZES, "left", "not", "{", "x^", "x_{"])
)
def test_a_formula_is_written_however_deep_it_is(name: str) -> None:
    command = f"\\{name}" if name[0].isalpha() and name[0] != "x" else name
    for unit in (command, f"{command} ", f"{command}{{", f"{{{command} ", f"{command}{{x}}"):
        tex = unit * (latex.MAX_FORMULA // len(unit) - 1)
        for text in (f"${tex}x$", f"${tex}x{'}' * tex.count('{')}$"):
            assert_inert(inert_tex.from_latex(text))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_every_field_is_inert(text: str) -> None:
    assert_inert(inert_tex.from_latex(text))
    assert_inert(inert_tex.from_plain(text))
    assert control_words(plain(text)) <= PERMITTED


@pytest.mark.parametrize(
    ("tex", "written"),
    [
        (r"$\ell_2$ and $O(\sqrt[3]{n \log n})$", r"$\ell_2$ and $O(\sqrt[3]{n \log n})$"),
        (r"$\operatorname*{arg\,min}_x f(x)$", r"$\operatorname*{arg\,min}_x f(x)$"),
        (r"$\{a\}$ and $\left\{x\right.$", r"$\lbrace a\rbrace $ and $\left\lbrace x\right.$"),
        (r"${\cal O}(n)$, $x^\mathrm{T}$", r"${\mathcal{O}}(n)$, $x^{\mathrm{T}}$"),
        (r"$5\%$ of $10%$", r"$5\%$ of $10\%$"),
        (r"$\foo{x}$", "x"),
        (r"\emph{Kettles} {\it boil} \textbf{now}", r"\emph{Kettles} {boil} \textbf{now}"),
        (r"Schr\"odinger's na\"{\i}ve \O stergaard", r"Schr{\"o}dinger's na{\"i}ve {\O}stergaard"),
        (
            "α-β → “γ”",
            r"\ensuremath{\alpha}-\ensuremath{\beta} \ensuremath{\rightarrow} ``\ensuremath{\gamma}''",
        ),
        (r"\input{x}", r"\textbackslash{}input{x}"),
    ],
)
def test_what_authors_mean_stays(tex: str, written: str) -> None:
    assert inert_tex.from_latex(tex) == written


def test_plain_text_loses_no_word_and_no_formula() -> None:
    assert inert_tex.plain(r"A \input{x} of \frac{1}{2} ^^5c") == r"A \ input{x} of \frac{1}{2} ^ ^5c"
