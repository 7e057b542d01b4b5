"""Author blocks of LaTeXML's pages. The files in tests/data/latexml are made-up author blocks in many
LaTeX classes, converted with LaTeXML 0.8.7; other shapes of arXiv's pages are written out here."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from arxivdaily.adapters.latexml import elements, read_author_block
from arxivdaily.adapters.latexml.elements import parsed
from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.errors import PermanentError
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data" / "latexml"
TWO = ["Alice Moreau", "Bo Chen"]
THREE = [*TWO, "Carla Diaz"]


def names(block: AuthorBlock) -> list[str]:
    return [one.name for one in block.institutions]


def by_author(block: AuthorBlock) -> list[list[str]]:
    return [[block.institutions[place].name for place in places] for places in block.of_authors]


PAGES: dict[str, tuple[list[str], list[list[str]]]] = {
    "ieee_conf": (THREE, [["University of Lausanne"], ["Tsinghua University"], ["Microsoft Research Asia"]]),
    "ieee_conf_marks": (
        THREE,
        [
            ["Georgia Institute of Technology"],
            ["KAIST"],
            ["Georgia Institute of Technology", "Nokia Bell Labs"],
        ],
    ),
    "ieee_journal": (THREE, [["University of Toronto"], ["Beihang University"], ["University of Toronto"]]),
    "acmart_full": (
        THREE,
        [["EPFL"], ["The Hong Kong Polytechnic University"], ["Alibaba Group", "Zhejiang University"]],
    ),
    "llncs_inst": (
        THREE,
        [
            ["Princeton University"],
            ["Springer Heidelberg", "Institute of Computing Technology, Chinese Academy of Sciences"],
            ["Institute of Computing Technology, Chinese Academy of Sciences"],
        ],
    ),
    "llncs_noinst": (TWO, [["University of Vienna"], ["University of Vienna"]]),
    "neurips_addr": (
        THREE,
        [["Cranberry-Lemon University"], ["Google DeepMind"], ["Mila", "Université de Montréal"]],
    ),
    "iclr_marks": (
        [*THREE, "Dmitri Ivanov", "Elif Şahin"],
        [
            ["Shanghai Jiao Tong University"],
            ["University of California, Berkeley"],
            ["Shanghai Jiao Tong University", "Shanghai Artificial Intelligence Laboratory"],
            ["Skolkovo Institute of Science and Technology"],
            ["Shanghai Artificial Intelligence Laboratory"],
        ],
    ),
    "cvpr_quad": (
        THREE,
        [
            ["The Chinese University of Hong Kong, Shenzhen"],
            ["Tencent AI Lab"],
            ["The Chinese University of Hong Kong, Shenzhen", "Tencent AI Lab"],
        ],
    ),
    "acl_marks": (
        THREE,
        [
            ["University of Edinburgh"],
            ["Fudan University"],
            ["University of Edinburgh", "Allen Institute for AI"],
        ],
    ),
    "acl_tabular": (TWO, [["University of Cambridge"], ["IBM Research"]]),
    "aaai_undefined": (TWO, [["Harbin Institute of Technology"], ["Peng Cheng Laboratory"]]),
    "elsarticle_single": (["Alice Moreau"], [["Sorbonne Université"]]),
    "elsarticle_many": (TWO, [[], []]),  # LaTeXML lost the marks of the names
    "revtex_share": (
        THREE,
        [
            ["Max-Planck-Institut für Quantenoptik", "Munich Center for Quantum Science and Technology"],
            ["University of Colorado, Boulder"],
            ["Los Alamos National Laboratory", "University of Colorado, Boulder"],
        ],
    ),
    "amsart": (TWO, [["Sorbonne Université"], ["University of Chicago", "MIT"]]),
    "authblk_dept": (
        THREE,
        [
            ["University of Oxford"],
            ["University of Oxford", "Imperial College London"],
            ["Imperial College London"],
        ],
    ),
    "svjour3": (TWO, [["Aalborg University"], ["Wuhan University"]]),
    "mnras": (
        THREE,
        [["Royal Astronomical Society"], ["Durham University"], ["Durham University", "Leiden University"]],
    ),
    "jmlr": (TWO, [["Carnegie Mellon University"], ["University of Washington"]]),
    "thanks_symbols": (THREE, [["University of Bath"], ["TU Wien"], ["University of Bath"]]),
    "thanks_dagger": (
        THREE,
        [["Stony Brook University"], ["Weizmann Institute of Science"], ["Google Research"]],
    ),
    "symbols_dagger": (
        THREE,
        [
            ["Peking University"],
            ["Kuaishou Technology"],
            ["Peking University", "Beijing Academy of Artificial Intelligence"],
        ],
    ),
    "letters_marks": (
        THREE,
        [
            ["Xi’an Jiaotong University", "Huawei Noah’s Ark Lab"],
            ["Huawei Noah’s Ark Lab"],
            ["Xi’an Jiaotong University"],
        ],
    ),
    "mark_after": (TWO, [["University of Tokyo"], ["Preferred Networks"]]),
    "shared_one": (THREE, [["Northeastern University"]] * 3),
    "icml_native": (THREE, [[], [], []]),  # LaTeXML drops ICML's affiliations
    "aastex": (TWO, [["Center for Astrophysics | Harvard & Smithsonian"], ["Peking University"]]),
    "aa_cls": (TWO, [["Sorbonne Université"], ["Universidad de La Laguna", "Sorbonne Université"]]),
    "jhep": (TWO, [[], []]),  # one name's mark is lost, the other's is at the wrong name
    "center_para": (TWO, [["Sun Yat-sen University"], ["ByteDance Seed"]]),
    "tabular_authors": (TWO, [["Columbia University"], ["Yale University"]]),
    "many_inline": (
        ["Wei Zhang", "Li Wang", "Jun Li", "Hao Liu", "Min Chen"],
        [
            ["Tsinghua University", "Zhipu AI"],
            ["Tsinghua University"],
            ["Renmin University of China"],
            ["Zhipu AI"],
            ["Tsinghua University"],
        ],
    ),
    "iopart": (TWO, [["University of Bristol"], ["National Institute of Standards and Technology"]]),
    "snjnl": (TWO, [["University of Bergen", "Simula Research Laboratory"], []]),
    "fairmeta": (TWO, [[], []]),
    "multiline_marks": (TWO, [["University of Wherever"], ["Harvard Medical School"]]),
    "ijcai_affil": (
        THREE,
        [
            ["Hong Kong University of Science and Technology (Guangzhou)"],
            ["Beijing University of Posts and Telecommunications"],
            ["Hong Kong University of Science and Technology (Guangzhou)", "JD.com"],
        ],
    ),
    "colm_nl": ([*THREE, "Dmitri Ivanov"], [["University of Texas at Austin"]] * 3 + [["Anthropic"]]),
}
UNASSIGNED = {
    "elsarticle_many": ["University of Oslo", "Dalian University of Technology"],
    "jhep": ["Heidelberg University", "CERN"],
    "fairmeta": ["FAIR at Meta", "New York University"],
}


def test_every_page_is_read() -> None:
    assert {path.stem for path in DATA.glob("*.html")} == PAGES.keys()


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_latex_classes(page: str) -> None:
    authors, expected = PAGES[page]
    block = read_author_block((DATA / f"{page}.html").read_bytes(), authors)

    assert by_author(block) == expected
    assert set(names(block)) == {name for found in expected for name in found} | set(UNASSIGNED.get(page, []))
    assert len(set(names(block))) == len(names(block))


@pytest.mark.parametrize("page", PAGES)
def test_authors_may_be_given_with_initials(page: str) -> None:
    authors, expected = PAGES[page]
    short = [f"{author[0]}. {author.partition(' ')[2]}" for author in authors]

    assert by_author(read_author_block((DATA / f"{page}.html").read_bytes(), short)) == expected


# --- shapes of other versions ----------------------------------------------------------------

BR = '<br class="ltx_break">'


def sup(mark: str) -> str:
    return f'<sup class="ltx_sup"><span class="ltx_text ltx_font_italic">{mark}</span></sup>'


def contact(role: str, text: str) -> str:
    label = f'<span class="ltx_contact_name">{role.title()}: </span>'
    return f'<span class="ltx_contact ltx_role_{role}">{label}{text}</span>'


def notes(*contacts: str) -> str:
    inner = f'<span class="ltx_author_notes_content">{"".join(contacts)}</span>'
    return f'<span class="ltx_author_notes">{inner}</span>'


def note(role: str, mark: str, text: str) -> str:
    inner = f'<sup class="ltx_note_mark">{mark}</sup><span class="ltx_note_type">{role}: </span>{text}'
    return (
        f'<span class="ltx_note ltx_note_frontmatter ltx_role_{role}"><sup class="ltx_note_mark">{mark}</sup>'
        f'<span class="ltx_note_outer"><span class="ltx_note_content">{inner}</span></span></span>'
    )


def creator(name: str, rest: str = "") -> str:
    return (
        f'<span class="ltx_creator ltx_role_author"><span class="ltx_personname">{name}</span>{rest}</span>'
    )


def page(*creators: str, before: str = "", after: str = "") -> bytes:
    authors = f'<div class="ltx_authors">{"".join(creators)}</div>' if creators else ""
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>
        <nav class="ltx_page_navbar"><nav class="ltx_TOC"><a>1 Stanford University</a></nav></nav>
        <div class="ltx_page_main"><article class="ltx_document">{before}
        <h1 class="ltx_title ltx_title_document">On Oxford University</h1>{authors}{after}
        <div class="ltx_abstract"><p class="ltx_p">At Yale University.</p></div>
        <section class="ltx_section"><p class="ltx_p">At Harvard University.</p></section>
        </article></div><img src="data:image/png;base64,AAAA"></body></html>""".encode()


def read(authors: Sequence[str], *creators: str, before: str = "", after: str = "") -> list[list[str]]:
    return by_author(read_author_block(page(*creators, before=before, after=after), authors))


def test_labels_of_contacts_are_no_text() -> None:
    block = read_author_block(
        page(
            creator(
                "Alice Moreau", notes(contact("affiliation", "Inria, Paris"), contact("email", "a@inria.fr"))
            )
        ),
        ["Alice Moreau"],
    )

    assert [(one.name, one.full) for one in block.institutions] == [("Inria", "Inria, Paris")]


def test_one_mark_for_every_thanks_note() -> None:
    found = read(
        TWO,
        creator("Alice Moreau", note("thanks", "†", "Zhejiang University")),
        creator("Bo Chen", note("thanks", "†", "Univ Rennes, CNRS, F-35000 Rennes, France")),
    )

    assert found == [["Zhejiang University"], ["Univ Rennes"]]


def test_notes_of_the_paper_by_mark() -> None:
    found = read(
        TWO,
        creator(f"Alice Moreau{sup('1')}"),
        creator(f"Bo Chen{sup('1,2')}"),
        before=note("affiliationtext", "1", "University of Tartu, Estonia")
        + note("affiliationtext", "2", "Cybernetica AS, Tartu, Estonia"),
    )

    assert found == [["University of Tartu"], ["University of Tartu", "Cybernetica AS"]]


def test_footnotes_of_footnotemarks() -> None:
    mark = '<span class="ltx_note ltx_role_footnotemark"><sup class="ltx_note_mark">{}</sup></span>'
    found = read(
        TWO,
        creator(f"Alice Moreau{mark.format(1)}"),
        creator(f"Bo Chen{mark.format(2)}"),
        after=note("footnotetext", "1", "University of Porto, Portugal")
        + note("footnotetext", "2", "Equal contribution"),
    )

    assert found == [["University of Porto"], []]


def test_icml_puts_all_affiliations_in_one_note() -> None:
    text = (
        f"Equal contribution {sup('1')}Department of CS, University of Bonn, Germany {sup('2')}Inria, Paris,"
        " France. Correspondence to: Alice Moreau &lt;a@b.c&gt;."
    )
    found = read(
        TWO,
        creator(f"Alice Moreau{sup('* 1')}"),
        creator(f"Bo Chen{sup('2')}"),
        after=note("footnotetext", "*", text),
    )

    assert found == [["University of Bonn"], ["Inria"]]


def test_names_where_affiliations_should_be() -> None:
    found = read(
        [*THREE, "Dmitri Ivanov"],
        creator("Alice Moreau", notes(contact("affiliation", "Bo Chen, Dmitri Ivanov"))),
        creator(
            "Carla Diaz", notes(contact("affiliation", "Amazon"), contact("affiliation", "{a,b}@amazon.com"))
        ),
    )

    assert found == [["Amazon"]] * 4


def test_a_box_without_a_name_is_the_only_bare_authors() -> None:
    found = read(
        THREE,
        creator("Alice Moreau"),
        creator(
            "Bo Chen and Carla Diaz", notes(contact("affiliation", "Inria"), contact("affiliation", "CERN"))
        ),
        '<span class="ltx_creator ltx_role_author">'
        + notes(contact("affiliation", "Universidad de Chile, Santiago, Chile"))
        + "</span>",
    )

    assert found == [["Universidad de Chile"], [], []]


def test_who_is_meant_is_not_guessed() -> None:
    # two authors above two institutions, and affiliations left with the last author (elsarticle)
    assert read(TWO, creator(f"Alice Moreau, Bo Chen{BR}Tsinghua University{BR}Microsoft Research")) == [
        [],
        [],
    ]
    last = notes(contact("address", "Inria"), contact("address", "CERN"))
    block = read_author_block(page(creator("Alice Moreau"), creator("Bo Chen", last)), TWO)
    assert (names(block), by_author(block)) == (["Inria", "CERN"], [[], []])


def test_two_with_the_same_initials_and_surname_in_order() -> None:
    found = read(
        ["Wei Zhang", "Wen Zhang"],
        creator(f"W. Zhang{sup('1')}, W. Zhang{sup('2')}{BR}{sup('1')}MIT {sup('2')}Yale University"),
    )

    assert found == [["MIT"], ["Yale University"]]


@pytest.mark.parametrize(
    ("on_page", "author"),
    [
        ("ZHANG Xiaofeng", "Xiaofeng Zhang"),
        ("Xiao-Feng Zhang", "Xiaofeng Zhang"),
        ("Ruiz García, Ana", "Ana Ruiz Garcia"),
        ("Prof. Jürgen Groß", "Jurgen Gross"),
        ("J. Groß", "Jürgen Groß"),
        ("Pau M. Ramos", "Pau Ramos"),
        ("1<sup class='ltx_sup'>st</sup> Pau Ramos", "Pau Ramos"),
        ("Bob Smith", "Robert Smith"),  # the only author there is
    ],
)
def test_spellings_of_names(on_page: str, author: str) -> None:
    assert read([author], creator(f"{on_page}{BR}Inria")) == [["Inria"]]


@pytest.mark.parametrize(
    ("creators", "expected"),
    [
        (
            [creator(f"Alice Moreau (University of Porto){BR}Bo Chen (Google)")],
            [["University of Porto"], ["Google"]],
        ),
        (
            [creator(f"Alice Moreau, University of Porto{BR}Bo Chen, OpenAI")],
            [["University of Porto"], ["OpenAI"]],
        ),
        (
            [creator(f"Alice Moreau1, Bo Chen1,2{BR}1MIT, 2Yale University")],
            [["MIT"], ["MIT", "Yale University"]],
        ),
        (
            [creator(f"Alice Moreau{BR}Microsoft Research{BR}Redmond"), creator(f"Bo Chen{BR}bo@x.org")],
            [["Microsoft Research"], []],
        ),
        (
            [
                creator(
                    'Alice Moreau<math alttext="{}^{\\text{1},\\ast}"></math>, '
                    'Bo Chen<math alttext="{}^{\\mathbf{2}}"></math><br class="ltx_break">'
                    '<math alttext="{}^{1}\\text{MIT}\\quad{}^{2}\\text{CERN}"></math>'
                )
            ],
            [["MIT"], ["CERN"]],
        ),
        (
            [creator("Alice Moreau, Ph.D., and Bo Chen, Member, IEEE" + BR + "University of Bonn")],
            [["University of Bonn"], ["University of Bonn"]],
        ),
        (
            [
                creator(
                    "Alice Moreau, Bo Chen",
                    note(
                        "thanks",
                        "",
                        "Alice Moreau is with the School of X, Southeast University, Nanjing, China.",
                    )
                    + note(
                        "thanks", "", "Bo Chen is with CERN, and also with Inria, Paris (email: b@inria.fr)."
                    ),
                )
            ],
            [["Southeast University"], ["CERN", "Inria"]],
        ),
        (
            [
                creator(
                    "Alice Moreau",
                    notes(
                        contact("department", "Department of Physics"),
                        contact("institution", "University of Bonn"),
                        contact("city", "Bonn"),
                    ),
                ),
                creator("Bo Chen", note("thanks", "*", "Work done at Stanford University.")),
            ],
            [["University of Bonn"], []],
        ),
        (
            [
                creator("Alice Moreau"),
                creator("Bo Chen"),
                '<span class="ltx_creator ltx_role_affiliation">CERN</span>',
            ],
            [["CERN"], ["CERN"]],
        ),
        (
            [
                creator(
                    '<table class="ltx_tabular"><tr><td>Alice Moreau</td><td>Bo Chen</td></tr>'
                    '<tr><td colspan="2">University of Bonn</td></tr></table>'
                )
            ],
            [["University of Bonn"], ["University of Bonn"]],
        ),
        ([f'<span class="ltx_personname">Alice Moreau, Bo Chen{BR}CERN</span>'], [["CERN"], ["CERN"]]),
    ],
)
def test_other_shapes(creators: list[str], expected: list[list[str]]) -> None:
    assert read(TWO, *creators) == expected


def test_authors_in_a_paragraph() -> None:
    paragraph = (
        f'<div class="ltx_para"><p class="ltx_p">Alice Moreau{sup("1")}, Bo Chen{sup("2")}</p>'
        f'<p class="ltx_p">{sup("1")}University of Bonn{BR}{sup("2")}Inria, France</p></div>'
    )

    assert read(TWO, after=paragraph) == [["University of Bonn"], ["Inria"]]


def test_icml_without_its_commands() -> None:
    def error(name: str) -> str:
        return f'<span class="ltx_ERROR undefined">{name}</span>'

    text = (
        f"{error('{icmlauthorlist}')}{error(chr(92) + 'icmlauthor')}Alice Moreauequal,a1,a2 "
        f"{error(chr(92) + 'icmlauthor')}Bo Chena2 {error(chr(92) + 'icmlaffiliation')}a1FAIR at Meta "
        f"{error(chr(92) + 'icmlaffiliation')}a2Columbia University, New York"
    )

    for authors in (TWO, ["A. Moreau", "B. Chen"]):
        found = read(authors, after=f'<div class="ltx_para"><p class="ltx_p">{text}</p></div>')
        assert found == [["FAIR at Meta", "Columbia University"], ["Columbia University"]]


def test_affiliations_in_the_dates() -> None:
    dates = '<div class="ltx_dates">(University of Bonn, Germany<br>May 2025)</div>'

    assert read(TWO, creator("Alice Moreau"), creator("Bo Chen"), after=dates) == [["University of Bonn"]] * 2


def test_authors_without_affiliations() -> None:
    mail = notes(contact("email", "a@x.org"), contact("correspondent", "Corresponding author."))
    block = read_author_block(page(creator("Alice Moreau", mail)), ["Alice Moreau"])

    assert block == AuthorBlock((), ((),))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the page is no HTML"),
        (b"<html><body>Not found</body></html>", "the page holds no document that LaTeXML converted"),
        (
            b'<article class="ltx_document"><div><span class="ltx_ERROR">\\newboolean</span></div></article>',
            "LaTeXML could not convert the paper: its page has errors and no authors",
        ),
        (
            b'<article class="ltx_document"><h1 class="ltx_title ltx_title_document">T</h1></article>',
            "the page has no author block",
        ),
    ],
)
def test_pages_without_authors(body: bytes, message: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_author_block(body, TWO)

    assert str(caught.value) == message


def test_a_page_may_end_anywhere() -> None:
    whole = (DATA / "iclr_marks.html").read_bytes()
    authors, expected = PAGES["iclr_marks"]

    for end in range(0, len(whole), 97):
        try:
            block = read_author_block(whole[:end], authors)
        except PermanentError:
            continue
        assert len(block.of_authors) == len(authors)
    assert by_author(read_author_block(whole[: whole.index(b"ltx_abstract")], authors)) == expected


def test_bytes_that_are_no_text_do_no_harm() -> None:
    body = page(creator(f"Alice Moreau{BR}In\x00ria")).replace(b"Inria", b"Inria\xff\xfe\x00")

    assert by_author(read_author_block(body.replace(b"In\x00ria", b"Inria\x01"), ["Alice Moreau"])) == [
        ["Inria"]
    ]


# --- hostile pages -----------------------------------------------------------------------------

FRAGMENTS = [
    '<div class="ltx_authors">', "</div>", '<span class="ltx_creator ltx_role_author">',
    '<span class="ltx_personname">', "</span>", '<span class="ltx_author_notes">',
    '<span class="ltx_contact ltx_role_affiliation">', "<br>", "<sup>1</sup>", "<sup>2,*</sup>",
    '<math alttext="{}^{1}"></math>', "Alice Moreau", "Bo Chen", " and ", ", ", "1122", "MIT", " at ",
    "University of Bonn, Germany", "Equal contribution", "a@b.org", "\u2003",
    '<span class="ltx_ERROR">\\icmlauthor</span>', '<span class="ltx_ERROR">\\And</span>',
    '<span class="ltx_note ltx_role_institutetext"><sup class="ltx_note_mark">1</sup>',
    '<span class="ltx_note_content">', "<table><tr><td>", "</td><td>", "</tr></table>",
    '<div class="ltx_para">', "(", ")", "[1]", "is with", "1", "A. ", "(UB)",
    "Institute of X, Chinese Academy of Sciences", '<span class="ltx_note ltx_role_thanks">',
    '<span class="ltx_affiliation_institution">', "; ", "&amp;", "{", "}", "\\'e", "organization=",
]  # fmt: skip


def letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalpha())


def source_text(body: str) -> str:
    """The page's letters with those of formulas' texts, as a reader sees them."""
    alttexts = " ".join(re.findall(r'alttext="([^"]*)"', body))
    return letters(html.unescape(re.sub(r"<[^>]*>", "", body) + alttexts).replace("\\'e", "é"))


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_the_page_only_permanent_errors_and_nothing_invented(parts: list[str]) -> None:
    inner = "".join(part if part in FRAGMENTS else re.sub(r"[<&\\\\]", "", part) for part in parts)
    body = f'<article class="ltx_document"><div class="ltx_authors">{inner}'
    try:
        block = read_author_block(body.encode("utf-8", "surrogatepass"), TWO)
    except PermanentError:
        return

    assert len(block.of_authors) == 2
    assert all(place < len(block.institutions) for places in block.of_authors for place in places)
    seen = source_text(body)
    for one in block.institutions:
        # marks, e-mails and line breaks may have stood between the words
        assert all(letters(word) in seen for word in re.findall(r"[^\W\d_]+", one.name)), (one, body)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes(body: bytes) -> None:
    for prefix in (
        b"",
        b'<article class="ltx_document"><div class="ltx_authors"><span class="ltx_personname">',
    ):
        try:
            read_author_block(prefix + body, TWO)
        except PermanentError:
            continue


@pytest.mark.parametrize(
    "filler",
    [
        "<span>" * 50_000,
        "(" * 200_000,
        "{" * 200_000,
        "a, " * 100_000,
        "Alice Moreau, " * 30_000,
        "<sup>1</sup>MIT " * 30_000,
        "1" * 200_000,
        "A. B. " * 50_000,
        "a@" * 100_000,
        "University of " * 30_000,
        "<table><tr><td>" * 5_000,
        "x is with " * 30_000,
        '<span class="ltx_note ltx_role_thanks">' * 5_000,
        "and " * 100_000,
        '<math alttext="{}^{' + "{" * 5_000 + '"></math>',
    ],
)
def test_hostile_pages_end(filler: str) -> None:
    body = f'<article class="ltx_document"><div class="ltx_authors"><span class="ltx_personname">{filler}'
    try:
        block = read_author_block(body.encode(), ["Alice Moreau"] * 200)
    except PermanentError:
        return
    assert len(block.of_authors) == 200


# --- what libxml2 would take long over ------------------------------------------------------

_FEW, _FAR_TOO_MANY = 100, 165_000
# What may stand before a tag, so that a reader less exact than the parser takes it for something else.
_BEFORE = (
    "",
    "<!-- ",
    "<script>",
    '<a b="',
    "<a b='",
    '<!-- <a b=" -->',
    "<title><a b='</title>",
    '<a "',
    "</a b='",
    "<a b=='",
)
# How the attributes of a tag are written: what begins the tag, an attribute, and what ends it.
_TAGS = (
    *(("<div ", "a{} ", ">"), ("<div/", "a{}/", ">"), ("<div ", "a{}=''", ">"), ('<div " ', "a{} ", ">")),
    *(("<div ", "a{}='>' ", ">"), ("<div ", 'a{}= ">"', ">"), ("<div ", "<a{} ", ">")),
    *(("<script ", "a{} ", ">"), ("<div ", "a{}==1 ", "/>"), ("<div ", "a{}\n=\n1\n", ">")),
    *(("<div\f", "a{}\f", ">"), ("<div\x0b", "a{}\x0b", ">")),
)  # fmt: skip


@pytest.mark.parametrize("tag", _TAGS)
def test_a_tag_of_very_many_attributes_is_refused_before_it_is_parsed(tag: tuple[str, str, str]) -> None:
    """The parser compares each with all before it: 165,000 in one tag take it half a minute."""
    begin, attribute, end = tag

    def body(count: int, before: str = "") -> bytes:
        attributes = "".join(attribute.format(number) for number in range(count))
        return f"<html><body>{before}{begin}{attributes}{end}x'\"></body></html>".encode()

    parsed(body(_FEW))
    for before in _BEFORE:
        with pytest.raises(PermanentError, match="attributes"):
            parsed(body(_FAR_TOO_MANY, before))


@pytest.mark.parametrize(
    "begun", ["<a", "<a ", "<a b='", "<a b=\"'", "<a/", "<a=", "<a b ", "<a b= ", "<a b='<a"]
)
def test_tags_inside_tags_are_looked_at_once_or_refused(begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks for attributes reads no page over and over itself."""
    read = [0]
    compiled = elements._ATTRIBUTES

    class Counting:
        def match(self, text: str, at: int) -> re.Match[str] | None:
            found = compiled.match(text, at)
            read[0] += found.end() - at if found else 1
            return found

    monkeypatch.setattr(elements, "_ATTRIBUTES", Counting())
    text = begun * 200_000
    with suppress(PermanentError):
        elements._check_tags(text)
    assert read[0] <= (elements._MAX_OVERLAP + 2) * len(text)
