"""What the operator's command says, and what it understands."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.errors import PermanentError
from hypothesis import given
from hypothesis import strategies as st
from operator_commands import COMMANDS
from rich.console import Console, RenderableType
from rich.text import Text

from infrastructure.operator.access import Place, UsageError
from infrastructure.operator.papers import bare_id
from infrastructure.operator.report import harmless, present, row, table
from infrastructure.operator.stack import explain


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("NoRegionError: You must specify a region.", "no AWS region is set. Set AWS_DEFAULT_REGION"),
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


MINE = Place(state=Path("/my archive"), site=Path("/srv/it's"), classifier="llm", translator="none")


@pytest.mark.parametrize(
    ("place", "name", "command"),
    [
        (Place(), "status", "arxivdaily status"),
        (Place("mine"), "status", "arxivdaily status --stack mine"),
        (Place(state=Path(".local")), "status", "arxivdaily status --local"),
        (Place(state=Path("./.local")), "local run", "arxivdaily local run"),
        (MINE, "status", "arxivdaily status --state '/my archive'"),
        (MINE, "render", "arxivdaily render --state '/my archive' --site '/srv/it'\"'\"'s'"),
        (
            replace(MINE, site=None),
            "local run",
            "arxivdaily local run --state '/my archive' --classifier llm --translator none",
        ),
    ],
)
def test_commands_that_are_named_reach_the_same_place(place: Place, name: str, command: str) -> None:
    assert place.command(name) == command


PATHS = st.text("ab'\" $`;&-/\\é", min_size=1).map(lambda text: Path(f"/{text}"))


@given(
    place=st.builds(
        Place,
        state=PATHS,
        site=st.none() | PATHS,
        classifier=st.sampled_from(["", "llm"]),
        translator=st.sampled_from(["", "none"]),
    ),
    name=st.sampled_from(
        ["local run", "local serve", "status", "render", "reprocess", "backfill", "editions"]
    ),
)
def test_commands_that_are_named_can_be_pasted(place: Place, name: str) -> None:
    """A shell reads the very words, and the command knows every option among them."""
    words = shlex.split(place.command(name))
    options = words[1 + len(name.split()) :]
    assert words[1:] == [*name.split(), *options]
    assert set(options[::2]) <= COMMANDS[f"arxivdaily {name}"][0]
    assert str(place.state) in options[1::2]


def test_a_program_that_the_shell_does_not_find_is_named_as_it_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "arxivdaily"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("PATH", "/nowhere")
    assert Place().command("status") == f"{program} status"
    monkeypatch.setenv("PATH", str(program.parent))
    assert Place().command("status") == "arxivdaily status"


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
