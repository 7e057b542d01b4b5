"""From affiliations' texts to institutions' names, and their names in Chinese."""

from __future__ import annotations

import pytest
from arxivdaily.domain.institution_names import MAX_TEXT, Institutions, key
from arxivdaily.domain.institution_text import clean
from arxivdaily.domain.institutions import from_lines, institution, several
from hypothesis import given, settings
from hypothesis import strategies as st


def name_of(full: str) -> str | None:
    found = institution(full)
    return found.name if found else None


@pytest.mark.parametrize(
    ("full", "name"),
    [
        # departments before, addresses after
        (
            "Institut de Ciències del Cosmos (ICCUB), Universitat de Barcelona (UB), Martí i Franquès 1,"
            " E-08028 Barcelona, Spain",
            "Universitat de Barcelona",
        ),
        ("Technical University of Munich, Garching, Germany", "Technical University of Munich"),
        ("CISPA Helmholtz-Zentrum, Garching, Germany", "CISPA Helmholtz-Zentrum"),
        ("Univ Rennes, CNRS, IRMAR - UMR 6625, F-35000 Rennes, France", "Univ Rennes"),
        (
            "DMA, École normale supérieure, Université PSL, CNRS, 75005 Paris, France",
            "École normale supérieure",
        ),
        (
            "Las Campanas Observatory, Carnegie Observatories, Casilla 601, La Serena, 7820436, Chile",
            "Carnegie Observatories",
        ),
        ("National University of Singapore, Singapore", "National University of Singapore"),
        ("School of Computer Science, Peking University, Beijing 100871, China", "Peking University"),
        ("Department of Statistics at Stanford University, Stanford, CA 94305", "Stanford University"),
        ("Faculty of Physics of the University of Belgrade, Serbia", "University of Belgrade"),
        ("University of Washington Department of Statistics, Seattle", "University of Washington"),
        ("Tsinghua University Beijing China", "Tsinghua University"),
        ("Stanford University USA", "Stanford University"),
        ("Department of Computer Science, ETH Zürich", "ETH Zürich"),
        ("Another Unknown Institute, Harvard Medical School, Boston, USA", "Harvard Medical School"),
        (
            "School of Electrical and Electronic Engineering, Nanyang Technological University (NTU),"
            " Singapore 639798",
            "Nanyang Technological University",
        ),
        # which university
        (
            "The Chinese University of Hong Kong, Shenzhen",
            "The Chinese University of Hong Kong, Shenzhen",
        ),
        (
            "The Chinese University of Hong Kong, Shatin, Hong Kong",
            "The Chinese University of Hong Kong",
        ),
        ("University of California, Berkeley, CA, USA", "University of California, Berkeley"),
        ("University of California Berkeley", "University of California Berkeley"),
        ("UC Berkeley, CA, USA", "UC Berkeley"),
        ("University of Illinois Urbana-Champaign", "University of Illinois Urbana-Champaign"),
        ("Indian Institute of Technology, Kanpur, India", "Indian Institute of Technology, Kanpur"),
        ("Indian Institute of Technology Bombay", "Indian Institute of Technology Bombay"),
        ("University of Nottingham Ningbo China", "University of Nottingham Ningbo China"),
        ("Renmin University of China", "Renmin University of China"),
        (
            "University of Chinese Academy of Sciences, Beijing",
            "University of Chinese Academy of Sciences",
        ),
        (
            "Hong Kong University of Science and Technology (Guangzhou)",
            "Hong Kong University of Science and Technology (Guangzhou)",
        ),
        ("Royal Holloway, University of London, Egham", "Royal Holloway, University of London"),
        # institutes, alone or of an academy
        (
            "State Key Laboratory of X, Institute of Automation, Chinese Academy of Sciences (CASIA),"
            " Beijing",
            "Institute of Automation, Chinese Academy of Sciences",
        ),
        ("Institute of Computing Technology, CAS, Beijing", "Institute of Computing Technology, CAS"),
        (
            "Max Planck Institute for Intelligent Systems, Tübingen",
            "Max Planck Institute for Intelligent Systems",
        ),
        ("Los Alamos National Laboratory, Los Alamos, NM 87545, USA", "Los Alamos National Laboratory"),
        ("Massachusetts General Hospital, Boston, MA", "Massachusetts General Hospital"),
        ("Simula Research Laboratory, Fornebu, Norway", "Simula Research Laboratory"),
        ("Broad Institute of MIT and Harvard, Cambridge, MA", "Broad Institute of MIT and Harvard"),
        (
            "Center for Astrophysics | Harvard & Smithsonian, 60 Garden Street, Cambridge, MA 02138, USA",
            "Center for Astrophysics | Harvard & Smithsonian",
        ),
        (
            "Agency for Science, Technology and Research (A*STAR), Singapore",
            "Agency for Science, Technology and Research",
        ),
        ("KAIST", "KAIST"),
        ("INRIA", "INRIA"),
        ("CNRS", "CNRS"),
        ("MIT CSAIL", "MIT CSAIL"),
        ("Mila – Québec AI Institute", "Mila – Québec AI Institute"),
        ("Canada CIFAR AI Chair", "Canada CIFAR AI Chair"),
        # companies
        ("FAIR at Meta", "FAIR at Meta"),
        ("AWS AI", "AWS AI"),
        ("Google DeepMind", "Google DeepMind"),
        ("Google Research.", "Google Research"),
        ("Microsoft Research Asia, Beijing", "Microsoft Research Asia"),
        ("Alibaba Group", "Alibaba Group"),
        ("ByteDance Seed", "ByteDance Seed"),
        ("Huawei Noah's Ark Lab, Hong Kong", "Huawei Noah's Ark Lab"),
        ("Huawei Technologies Co., Ltd., Shenzhen, China", "Huawei Technologies Co., Ltd."),
        ("Anthropic, San Francisco, CA, USA", "Anthropic"),
        ("Springer Heidelberg, Tiergartenstr. 17, 69121 Heidelberg, Germany", "Springer Heidelberg"),
        ("42dot", "42dot"),
        ("北京大学", "北京大学"),
        # what stands around a name
        (r"Mila -- Qu\' e bec AI Institute", "Mila – Québec AI Institute"),
        (r"\'Etat Major, Universit\'e de Montr\'eal", "Université de Montréal"),
        (r"Universit\' e de Montr\' e al", "Université de Montréal"),
        (
            'Max-Planck-Institut f{\\"u}r Informatik, Saarbr{\\"u}cken',
            "Max-Planck-Institut für Informatik",
        ),
        ("Texas A&amp;M University", "Texas A&M University"),
        ("1FAIR at Meta", "FAIR at Meta"),
        ("$^{1}$ Fudan University†", "Fudan University"),
        ("[2] Inria, Paris {a.b,c}@inria.fr https://inria.fr ORCID: 0000-0002-1825-0097", "Inria"),
        ("Affiliation: Inria", "Inria"),
        ("Present address: CERN", "CERN"),
        (
            "A. Moreau and C. Diaz are with the Department of ECE, University of Toronto, Canada"
            " (e-mail: a@utoronto.ca; c@utoronto.ca).",
            "University of Toronto",
        ),
        # better long than wrong
        ("Harvard T.H. Chan School of Public Health, Boston", "Harvard T.H. Chan School of Public Health"),
        ("Department of Physics, Nowhere Hall, Foobar", "Department of Physics, Nowhere Hall, Foobar"),
    ],
)
def test_the_institution_a_reader_knows(full: str, name: str) -> None:
    assert name_of(full) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "†",
        "{a,b}@x.edu",
        "a [at] b.edu",
        "alice@x.org, bob@x.org",
        "Nicolas Beltran-Velez",
        "A. Moreau",
        "Zichuan Li",
        "Sai Nikhil Thirandas, Darren Yow-Bang Wang, Graham Horwood",
        "Equal contribution",
        "These authors contributed equally to this work.",
        "Corresponding author.",
        "Joint senior authors.",
        "Work done during an internship at Google Research",
        "Supported by NSF grant CCF-1, Stanford University",
        "Manuscript received April 19, 2025",
        "June 18, 2026",
        "Beijing, China",
        "Germany",
        "Beijing 100871, P.R. China",
        "5734 S. University Avenue, Chicago, IL 60637",
        "https://project.github.io",
        "ORCID: 0000-0002-1825-0097",
    ],
)
def test_what_is_no_institution(text: str) -> None:
    assert institution(text) is None


def test_the_full_text_is_kept_without_marks() -> None:
    found = institution("2 School of CS, Peking University, Beijing 100871, China (x@pku.edu.cn)")

    assert found is not None
    assert found.full == "School of CS, Peking University, Beijing 100871, China"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "FAIR at Meta; Columbia University; Mila – Québec AI Institute",
            ["FAIR at Meta", "Columbia University", "Mila – Québec AI Institute"],
        ),
        ("1FAIR at Meta, 2Columbia University, 3Mila", ["FAIR at Meta", "Columbia University", "Mila"]),
        ("MIT and Harvard University", ["MIT", "Harvard University"]),
        ("Mila, Université de Montréal", ["Mila", "Université de Montréal"]),
        ("CERN, Geneva, and also with Inria, Paris", ["CERN, Geneva", "Inria, Paris"]),
        ("Tsinghua University, ByteDance", ["Tsinghua University", "ByteDance"]),
        # one institution
        ("FAIR, Meta", ["FAIR, Meta"]),
        ("Univ Rennes, CNRS, IRMAR", ["Univ Rennes, CNRS, IRMAR"]),
        (
            "Norwegian University of Science and Technology",
            ["Norwegian University of Science and Technology"],
        ),
        (
            "Beijing University of Posts and Telecommunications",
            ["Beijing University of Posts and Telecommunications"],
        ),
        ("Broad Institute of MIT and Harvard", ["Broad Institute of MIT and Harvard"]),
        (
            "Department of Physics and Institute of Optics, University of Bonn",
            ["Department of Physics and Institute of Optics, University of Bonn"],
        ),
        ("", []),
    ],
)
def test_several_institutions_in_a_text(text: str, expected: list[str]) -> None:
    assert [one for one in several(text) if one] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [
                "Department of Computer Science",
                "University of Lausanne",
                "Lausanne, Switzerland",
                "a@unil.ch",
            ],
            ["University of Lausanne"],
        ),
        (
            ["FAIR at Meta", "Mila – Québec AI Institute", "McGill University", "Canada CIFAR AI Chair"],
            ["FAIR at Meta", "Mila – Québec AI Institute", "McGill University", "Canada CIFAR AI Chair"],
        ),
        (["Google DeepMind", "London, UK"], ["Google DeepMind"]),
        (
            ["Institute of Automation", "Chinese Academy of Sciences", "Beijing"],
            ["Institute of Automation, Chinese Academy of Sciences"],
        ),
        (["Department of A", "MIT", "Department of B", "Yale University"], ["MIT", "Yale University"]),
        (["Inria", "Equal contribution", "INRIA"], ["Inria"]),
        (["Alice Moreau", "Paris"], []),
    ],
)
def test_lines_of_an_address(lines: list[str], expected: list[str]) -> None:
    assert [one.name for one in from_lines(lines)] == expected


def test_spellings_of_one_name_share_a_key() -> None:
    spellings = ["The Université de  Montréal", "universite de Montreal", "UNIVERSITÉ-DE-MONTRÉAL"]

    assert len({key(spelling) for spelling in spellings}) == 1
    assert key("Xi’an Jiaotong University") == key("Xi'an Jiaotong University")
    assert key("Institute of Physics (IOP), CAS") == key("Institute of Physics, CAS")
    assert key("HKUST (Guangzhou)") != key("HKUST")


@pytest.mark.parametrize(
    "name",
    [
        "University of California, Berkeley",
        "the university of california berkeley",
        "University of California–Berkeley",
        "University of California at Berkeley",
        "UC  Berkeley",
    ],
)
def test_chinese_names_are_found_by_other_spellings(name: str) -> None:
    names = {"University of California, Berkeley": "加州大学伯克利分校", "A & B": "甲乙"}
    institutions = Institutions(names, {"UC Berkeley": "University of California, Berkeley"})

    assert institutions.zh(name) == "加州大学伯克利分校"
    assert institutions.zh("A and B") == "甲乙"
    assert institutions.zh("Nowhere University") is None
    assert institutions.zh("加州大学伯克利分校") is None
    assert Institutions().zh(name) is None


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_a_name_is_a_part_of_its_text(text: str) -> None:
    found = institution(text)

    assert found is None or (found.name and found.name in found.full)
    assert len(clean(text)) <= MAX_TEXT


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "University of Bonn",
                    ", ",
                    "MIT",
                    "Institute of X",
                    "Chinese Academy of Sciences",
                    " and ",
                ),
                *("; ", "(UB)", "Department of Y", "100871", "Germany", " at ", "1", "2", "{", "}", "$"),
                *("\\'", "Ltd.", "@", "x.org", "Berkeley", "University of California", "organization="),
            ]
        ),
        max_size=40,
    )
)
@settings(max_examples=300, deadline=None)
def test_broken_addresses(parts: list[str]) -> None:
    text = "".join(parts)
    for one in (text, *several(text)):
        found = institution(one)
        assert found is None or found.name in found.full
    from_lines(parts)


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "(" * 10**6, "{a@" * 10**5, "University of " * 10**5, "A and " * 10**5]
)
def test_hostile_texts_are_cut(text: str) -> None:
    found = institution(text)

    assert found is None or len(found.full) <= MAX_TEXT
    assert len(several(text)) <= 100


def test_a_short_form_finds_the_name() -> None:
    known = Institutions({"Stanford University": "斯坦福大学"})
    assert known.zh("Stanford Univ.") == "斯坦福大学"
    assert known.zh("Stanfords Univ.") is None
