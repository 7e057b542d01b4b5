"""What the operator's command prints on narrow screens, and what it says to what cannot be."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.institution_file import load_institutions
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import State
from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings
from arxivdaily.translation.glossary import read_terms
from fakes import match, record
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from infrastructure.cli import app
from infrastructure.cost import Cost, Stage, Total
from infrastructure.operator.access import OperatorError, Readable
from infrastructure.operator.editions import Listing
from infrastructure.operator.papers import Paper, edition_of, show
from infrastructure.operator.queues import DeadLetter, DeadLetters, Redrive
from infrastructure.operator.report import Report, present, row, table

NOW = datetime(2026, 6, 18, 5, tzinfo=UTC)
WIDTHS = (60, 80)


def printed(report: Report, width: int) -> str:
    screen = io.StringIO()
    present(report, Console(file=screen, width=width), as_json=False)
    return screen.getvalue()


def _edition(date: str) -> Edition:
    return Edition(date, NOW)


LISTING = Listing(
    "this computer (/home/somebody/a/longer/path/than/usual/.local)",
    [
        (_edition(f"2026-06-{day}"), {state: 100 * n for n, state in enumerate(State, 1)})
        for day in (18, 17, 16)
    ],
)
REDRIVE = Redrive(
    [
        DeadLetters(
            "papers",
            12,
            [
                DeadLetter(
                    "2026-06-18T06:00:00+00:00",
                    "2026-06-18: 2606.19162v2, 2606.19170v1",
                    "failed: Bedrock ThrottlingException: " + "too many " * 30,
                )
            ],
        )
    ],
    dry_run=True,
)
MODEL = "global.anthropic.some-long-model-id-20260101-v1:0"
COST = Cost(
    "2026-06-18",
    1234,
    Total([Stage("translate", MODEL, 310, 12345678, 1234567, 234567, 1.5)], "USD", 1.5),
)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("report", "whole"),
    [
        (LISTING, ["2026-06-18", "2026-06-17", "2026-06-16", "2,100", "complete"]),
        (REDRIVE, ["2026-06-18 06:00", "2606.19162v2", "2606.19170v1"]),
        (COST, ["2026-06-18", "12,345,678", "1,234,567", "234,567", "1.5000", "translate", "cached"]),
    ],
)
def test_dates_identifiers_and_numbers_are_whole_on_a_narrow_screen(
    report: Report, whole: list[str], width: int
) -> None:
    text = printed(report, width)
    for word in whole:
        assert word in text, text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_list_of_editions_fits(width: int) -> None:
    assert max(map(len, printed(LISTING, width).splitlines()[1:])) <= width


TOKENS = st.one_of(
    st.dates().map(lambda day: f"{day.year:04d}-{day:%m-%d}"),
    st.from_regex(r"[0-9]{4}\.[0-9]{4,5}(v[1-9])?", fullmatch=True),
    st.from_regex(r"(math|hep-th|cond-mat)/[0-9]{7}(v[1-9])?", fullmatch=True),
)


@given(
    st.lists(st.lists(TOKENS, min_size=3, max_size=3), min_size=1, max_size=4),
    st.text("ab ", max_size=200),
    st.sampled_from((60, 80, 200)),
)
@example([["2026-06-18", "2606.19162v2", "hep-th/0601001"]], "x" * 300, 60)
def test_whatever_stands_beside_it_a_date_or_identifier_is_whole(
    rows: list[list[str]], beside: str, width: int
) -> None:
    made = table("", "date", "of an edition", "text")
    for alone, inside, after in rows:
        row(made, alone, f"{beside} {inside}: {beside}", f"{after} {beside}")
    screen = io.StringIO()
    Console(file=screen, width=width).print(made, crop=False)
    shown = screen.getvalue()
    for token in (token for tokens in rows for token in tokens):
        assert re.search(rf"(?<!\S){re.escape(token)}(?![^\s:])", shown), shown


class _Store:
    def earlier(self, ids: list[str], before: str) -> Mapping[str, Any]:
        known = record(1, State.PUBLISHED, matches=(match(),))
        return {known.paper.arxiv_id: [known]} if known.paper.arxiv_id in ids else {}

    def answers_of(self, arxiv_id: str, version: int) -> Mapping[str, Any]:
        return {}


class _Application:
    name = "this computer"
    store = _Store()
    settings = Settings()


APPLICATION = cast(Readable, _Application())
KNOWN = record(1, State.PUBLISHED, matches=(match(),))


def test_a_version_that_no_edition_has_is_said_to_be_unknown() -> None:
    paper = KNOWN.paper
    assert isinstance(show(APPLICATION, paper.versioned_id), Paper)
    assert edition_of(APPLICATION, paper.versioned_id) == KNOWN.edition
    for look in (show, edition_of):
        with pytest.raises(OperatorError, match=rf"has no v9 on .*: its editions have v{paper.version}$"):
            look(APPLICATION, f"{paper.arxiv_id}v9")
        with pytest.raises(OperatorError, match="is in no edition"):
            look(APPLICATION, "0704.0001")


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2026-02-30", "2026-02-30 is not in the calendar: day is out of range for month"),
        ("2026-13-01", "2026-13-01 is not in the calendar: month must be in 1..12"),
        ("18.6.2026", "'18.6.2026' is not a date: write it as YYYY-MM-DD"),
        ("20260618", "'20260618' is not a date: write it as YYYY-MM-DD"),
        ("٢٠٢٦-٠٦-١٨", "is not a date: write it as YYYY-MM-DD"),
    ],
)
@pytest.mark.parametrize("command", [("status", "--local"), ("local", "run"), ("render",), ("cost",)])
def test_what_is_wrong_with_a_date_is_said(command: tuple[str, ...], date: str, said: str) -> None:
    result = CliRunner().invoke(app, [*command, "--date", date], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert said in result.output


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert re.fullmatch(r"arxivdaily \d+\.\d+\.\d+\S*\n", result.output)


READERS = {
    "channels": (load_catalogue, Path(Settings().channels_file)),
    "glossary": (read_terms, Path(Settings().channels_file).with_name("glossary.toml")),
    "institutions": (load_institutions, Path(Settings().channels_file).with_name("institutions.toml")),
}


@pytest.mark.parametrize("name", READERS)
def test_a_byte_order_mark_is_read_or_named(name: str, tmp_path: Path) -> None:
    read, own = READERS[name]
    text = own.read_text("utf-8")
    file = tmp_path / own.name
    file.write_bytes(codecs.BOM_UTF8 + text.encode())
    assert read(file) == read(own)
    for encoding in ("utf-16", "utf-32"):
        file.write_bytes(text.encode(encoding))
        with pytest.raises(ConfigurationError, match=f"{own.name}: this is {encoding.upper()}; save it"):
            read(file)
    file.write_bytes(codecs.BOM_UTF8 + b"# \xff")
    with pytest.raises(ConfigurationError, match=f"{own.name}: not UTF-8 at byte 5"):
        read(file)
