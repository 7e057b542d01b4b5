"""`arxivdaily cost`: what models were paid for an edition, from its records or its published ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from infrastructure import web
from infrastructure.operator import report
from infrastructure.operator.access import OperatorError, Readable

_TIMEOUT = 20  # seconds
_MOST = 20_000_000  # bytes; a ledger of 1,500 papers has 500,000


class LedgerError(OperatorError):
    """The ledger is not there or is not one; the message says where it was looked for."""


class Stage(msgspec.Struct, frozen=True):
    """One stage with one model; `cost` is None where its price was not known."""

    stage: str
    model: str
    papers: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None = None


class Total(msgspec.Struct, frozen=True):
    stages: list[Stage]
    currency: str | None = None
    total: float | None = None


class Cost(msgspec.Struct, frozen=True):
    """The part of `/ledger/<date>.json` that is about money; a `report.Report`."""

    edition: str
    announced: int
    cost: Total

    @property
    def problems(self) -> Sequence[str]:
        return ()

    def data(self) -> Mapping[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def shown(self) -> Iterator[Table]:
        yield table(self)


def cost_of(application: Readable, date: str | None) -> Cost:
    """From the records of an edition (the newest where `date` is None), as its ledger will have it.

    Raises OperatorError where there is no such edition.
    """
    from arxivdaily.site.ledger import as_json

    from infrastructure.operator.editions import tariff_of, wanted_edition

    edition = wanted_edition(application, date)
    records = application.store.records(edition.date)
    return msgspec.convert(as_json(edition, records, tariff_of(application.settings)), Cost)


def read_cost(site: str, date: str) -> Cost:
    """Read the ledger of an edition from a site's address or folder. Raises LedgerError."""
    place = f"{site.rstrip('/')}/ledger/{date}.json"
    try:
        return msgspec.json.decode(_read(place), type=Cost)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"{place} is not a ledger with costs: {error}") from error


def table(cost: Cost) -> Table:
    """For people."""
    from infrastructure.local.model_use import is_free

    money = cost.cost.currency is not None
    numbers = ["papers", "input tokens", "of these cached", "output tokens"]
    numbers += [cost.cost.currency or ""] if money else []
    title = f"edition {cost.edition}: {cost.announced} papers announced"
    shown = report.table(title, "stage", "model", *numbers, right=numbers)
    for stage in cost.cost.stages:
        figures = (stage.papers, stage.input_tokens, stage.cached_tokens, stage.output_tokens)
        known = "not known" if stage.cost is None else f"{stage.cost:.4f}"
        price = ["free" if is_free(stage.model) else known] if money else []
        report.row(shown, stage.stage, stage.model, *figures, *price)
    stages = cost.cost.stages
    shown.add_section()
    report.row(
        shown,
        "total",
        None,
        None,
        sum(s.input_tokens for s in stages),
        sum(s.cached_tokens for s in stages),
        sum(s.output_tokens for s in stages),
        *([f"{cost.cost.total or 0:.4f}"] if money else []),
    )
    return shown


def _read(place: str) -> bytes:
    if not place.startswith(("http://", "https://")):
        try:
            return Path(place).read_bytes()
        except OSError as error:
            raise LedgerError(f"{place}: {error.strerror or error}") from error
    try:
        with web.opened(place, timeout=_TIMEOUT) as answer:
            if answer.status != 200:
                raise LedgerError(f"{place}: HTTP {answer.status} {answer.reason or ''}".rstrip())
            body: bytes = answer.read(_MOST, decode_content=True)
    except (OSError, ValueError) as error:
        raise LedgerError(f"{place}: {error}") from error
    return body
