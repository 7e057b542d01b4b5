"""What the operator's command says, and what it understands."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.errors import PermanentError
from rich.console import Console, RenderableType
from rich.text import Text

from infrastructure.operator.access import Place, UsageError
from infrastructure.operator.papers import bare_id
from infrastructure.operator.report import harmless, present, row, table
from infrastructure.operator.stack import explain


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("NoRegionError: You must specify a region.", "a region. Set AWS_DEFAULT_REGION"),
        ("NoCredentialsError: Unable to locate credentials", "locate credentials. Sign in"),
        ("ProfileNotFound: The config profile (x) could not be found", "found. Sign in"),
        ("InvalidClientTokenId: The security token included in the request is invalid.", "invalid. Sign in"),
        ("ExpiredToken: The security token included in the request is expired", "expired. Sign in"),
        ("AccessDenied: not authorized to perform cloudformation:DescribeStacks", "lack that permission"),
    ],
)
def test_what_aws_refuses_is_said_with_what_helps(error: str, told: str) -> None:
    assert told in explain(PermanentError(f"cannot find stack arxivdaily: {error}"))


def test_what_nobody_knows_help_for_is_said_as_it_is() -> None:
    assert explain(PermanentError("cannot read: odd.")) == "cannot read: odd."


@pytest.mark.parametrize(
    "text",
    [
        "2606.19162",
        "2606.19162v2",
        "arXiv:2606.19162",
        "https://arxiv.org/abs/2606.19162v1",
        "https://arxiv.org/pdf/2606.19162.pdf",
        "https://daily.example.org/papers/2606.19162/",
    ],
)
def test_a_paper_is_named_in_many_ways(text: str) -> None:
    assert bare_id(text) == "2606.19162"


def test_what_names_no_paper() -> None:
    with pytest.raises(UsageError, match="kettles"):
        bare_id("kettles")


@pytest.mark.parametrize(
    ("place", "options", "run"),
    [
        (Place("arxivdaily"), "", ""),
        (Place("mine"), " --stack mine", ""),
        (Place("arxivdaily", Path(".local")), " --local", ""),
        (Place("arxivdaily", Path("/other")), " --state /other", " --state /other"),
    ],
)
def test_commands_that_are_named_reach_the_same_place(place: Place, options: str, run: str) -> None:
    assert (place.options, place.state_option) == (options, run)


@dataclass(frozen=True)
class _Report:
    problems: Sequence[str] = ("nothing is under way: `arxivdaily local run --date 2026-06-18 --state /x`",)
    address: str = field(default="https://daily.example.org/image-generation/2026-06-18/")

    def data(self) -> Mapping[str, Any]:
        return {}

    def shown(self) -> Iterator[RenderableType]:
        yield Text(self.address)


def test_what_is_to_be_typed_or_clicked_is_whole_on_a_narrow_screen() -> None:
    screen = io.StringIO()
    report = _Report()
    assert present(report, Console(file=screen, width=40), as_json=False) == 1
    assert screen.getvalue().splitlines() == [report.address, *report.problems]


def test_nothing_that_is_shown_commands_the_terminal() -> None:
    screen = io.StringIO()
    made = table("given up", "about")
    row(made, "\x1b[2J\x9b31m\u202emessage\x07")
    report = _Report(("\x1b]0;title\x07trouble",))
    console = Console(file=screen, width=80)
    console.print(made)
    present(report, console, as_json=False)
    assert "message" in screen.getvalue()
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(screen.getvalue())
    assert harmless("二行\nfine") == "二行\nfine"
