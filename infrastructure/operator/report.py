"""What a command has found, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

from rich.cells import cell_len
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


# What means nothing in two halves: a date, with its time if there is one, and an arXiv identifier.
_WHOLE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?"
    r"|\b\d{4}\.\d{4,5}(?:v\d+)?\b|\b[a-z]+(?:-[a-z]+)?/\d{7}(?:v\d+)?\b"
)


_WORD = 11  # columns; longer words may be broken where there is no room


def table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns named in `right` hold numbers. Neither these nor headings are broken."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        made.add_column(column, justify=justify, overflow="fold", min_width=_longest(column.split()))
    return made


def _longest(words: Iterable[str]) -> int:
    return max(map(cell_len, words), default=0)


def row(made: Table, *cells: object) -> None:
    """Add a row of plain text; numbers get separators, None is empty. Dates and identifiers stay whole on
    any screen: what else a row says makes room for them."""
    texts = [_cell(cell) for cell in cells]
    made.add_row(*map(Text, texts))
    for column, text in zip(made.columns, texts, strict=False):
        whole = [text] if column.justify == "right" else [match[0] for match in _WHOLE.finditer(text)]
        whole += [word for word in text.split() if cell_len(word) <= _WORD]
        column.min_width = max(column.min_width or 0, _longest(whole))


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
            # Lines are left to the terminal: it breaks no address that somebody is to click. And of a table
            # that is too wide nothing is cut off.
            console.print(part, soft_wrap=isinstance(part, Text), crop=False)
        for problem in report.problems:
            console.print(harmless(problem), style="red", markup=False, highlight=False, soft_wrap=True)
    return 1 if report.problems else 0
