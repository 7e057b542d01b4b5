"""What a command has found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text


class Report(Protocol):
    @property
    def problems(self) -> Sequence[str]:
        """What is wrong, a line each; the exit status is 1 if there is any."""

    def data(self) -> Mapping[str, Any]:
        """Everything, as `--json` prints it."""

    def shown(self) -> Iterable[RenderableType]:
        """For people. Text from papers must be `rich.text.Text`: brackets in it are not markup."""


def table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns named in `right` hold numbers, which are not broken."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        is_number = column in right
        made.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    return made


def row(made: Table, *cells: object) -> None:
    """Add a row of plain text; numbers get separators, None is empty."""
    made.add_row(*(Text(_cell(cell)) for cell in cells))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return harmless(str(value))


def harmless(text: str) -> str:
    """Without what a terminal would obey: a message in a queue may be anybody's."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def present(report: Report, console: Console, *, as_json: bool) -> int:
    """Print a report; the exit status."""
    if as_json:
        print(json.dumps({**report.data(), "problems": list(report.problems)}, ensure_ascii=False, indent=2))
    else:
        for part in report.shown():
            # Lines are left to the terminal: it breaks no address that somebody is to click.
            console.print(part, soft_wrap=isinstance(part, Text))
        for problem in report.problems:
            console.print(harmless(problem), style="red", markup=False, highlight=False, soft_wrap=True)
    return 1 if report.problems else 0
