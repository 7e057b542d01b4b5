"""The institution file's loader: what it accepts, and that each mistake is named where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from arxivdaily.adapters.institution_file import load_institutions
from arxivdaily.domain.institutions import institution
from arxivdaily.errors import ConfigurationError

COMMITTED = Path(__file__).parents[2] / "functions" / "institutions.toml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "institutions.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_institutions(written(tmp_path, text))
    return str(caught.value).splitlines()


def test_names_and_other_spellings(tmp_path: Path) -> None:
    text = '[names]\n"Peking University" = "北京大学"\n[also]\n"PKU" = "Peking University"\n'
    institutions = load_institutions(written(tmp_path, text))

    assert institutions.zh("peking university") == "北京大学"
    assert institutions.zh("PKU") == "北京大学"
    assert institutions.zh("Fudan University") is None


def test_other_spellings_may_be_left_out(tmp_path: Path) -> None:
    assert load_institutions(written(tmp_path, '[names]\n"Inria" = "法国"\n')).zh("INRIA") == "法国"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('names = "x"', ["institutions.toml: 'names' must be a table: [names]"]),
        ("[also]\n", ["institutions.toml: the table [names] is missing"]),
        (
            '[name]\n"A" = "甲"\n',
            [
                "institutions.toml: 'name' is neither [names] nor [also]; did you mean 'names'?",
                "institutions.toml: the table [names] is missing",
            ],
        ),
        ('[names]\n"Inria" = 3\n', ["institutions.toml, [names], 'Inria': must be a text, not int"]),
        ('[names]\n"Inria" = " "\n', ["institutions.toml, [names], 'Inria': is empty"]),
        (
            '[names]\n"Inria" = "Inria"\n',
            ["institutions.toml, [names], 'Inria': 'Inria' has no Chinese characters"],
        ),
        (
            '[names]\n"北大" = "北京大学"\n',
            ["institutions.toml, [names], '北大': the name on the left must be English"],
        ),
        ('[names]\n"--" = "甲"\n', ["institutions.toml, [names], '--': the name has no letters"]),
        (
            f'[names]\n"Inria" = "{"长" * 201}"\n',
            ["institutions.toml, [names], 'Inria': longer than 200 characters"],
        ),
        (
            '[names]\n"Inria" = "甲"\n[also]\n"I" = "Inrai"\n',
            ["institutions.toml, [also], 'I': 'Inrai' is not in [names]; did you mean 'Inria'?"],
        ),
        (
            '[names]\n"Inria" = "甲"\n"INRIA" = "乙"\n[also]\n"The Inria" = "Inria"\n',
            [
                "institutions.toml, [names], 'INRIA': the same as 'Inria' in [names] but for case, accents or"
                " punctuation",
                "institutions.toml, [also], 'The Inria': the same as 'Inria' in [names] but for case,"
                " accents or punctuation",
            ],
        ),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


def test_a_key_written_twice_and_broken_toml(tmp_path: Path) -> None:
    (twice,) = problems(tmp_path, '[names]\n"Inria" = "甲"\n"Inria" = "乙"\n')
    assert twice.startswith("institutions.toml: not valid TOML: ")
    assert "line 3" in twice

    (broken,) = problems(tmp_path, '[names]\n"Inria" = ')
    assert broken.startswith("institutions.toml: not valid TOML: ")
    assert "line 2" in broken


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.toml: the institution file cannot be read"):
        load_institutions(tmp_path / "missing.toml")
    path = tmp_path / "institutions.toml"
    path.write_bytes(b'[names]\n"\xff"')
    with pytest.raises(ConfigurationError, match=r"institutions\.toml: not UTF-8 at byte 9"):
        load_institutions(path)


@pytest.mark.parametrize(
    ("name", "zh"),
    [
        ("Peking University", "北京大学"),
        ("The Hong Kong University of Science and Technology (Guangzhou)", "香港科技大学（广州）"),
        ("HKUST", "香港科技大学"),
        ("HKUST(GZ)", "香港科技大学（广州）"),
        ("University of Illinois at Urbana-Champaign", "伊利诺伊大学厄巴纳-香槟分校"),
        ("ETH Zurich", "苏黎世联邦理工学院"),
        ("Huawei Noah’s Ark Lab", "华为诺亚方舟实验室"),
        ("Institute of Automation, Chinese Academy of Sciences", "中国科学院自动化研究所"),
        ("Max Planck Institute for Intelligent Systems", "马克斯·普朗克智能系统研究所"),
        ("Université de Montréal", "蒙特利尔大学"),
        ("Northeastern University", None),  # there are two
        ("FAIR at Meta", None),
    ],
)
def test_the_committed_file(name: str, zh: str | None) -> None:
    assert load_institutions(COMMITTED).zh(name) == zh


def test_committed_names_are_what_affiliations_are_read_as() -> None:
    """A name in the file is of use only if `institution` gives it that way."""
    institutions = load_institutions(COMMITTED)
    changed = [
        name
        for name in institutions.names
        if (found := institution(name)) is None or institutions.zh(found.name) != institutions.zh(name)
    ]

    assert len(institutions.names) >= 450
    assert changed == ["Northeastern University, China"]
