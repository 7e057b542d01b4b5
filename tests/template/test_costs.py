"""What a month costs where nobody chose anything, as the documents tell it, and what bounds it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from arxivdaily.domain.governor import Tariff, estimates, extent_for
from arxivdaily.domain.records import Extent
from arxivdaily.pricing import parse_budget
from aws_resources import load_template
from bench import costs

ROOT = Path(__file__).resolve().parents[2]
PRICES = tomllib.loads(costs.PRICES.read_text("utf-8"))
MEASURED = (ROOT / "docs" / "performance.md").read_text("utf-8")
MANUAL = (ROOT / "docs" / "operations.md").read_text("utf-8")
PARAMETERS = load_template()["Parameters"]
SIZES = ("500", "1,500")
LONG_DAY = 1500  # papers; recorded days have 431 to 550


def table(document: str, first: str) -> dict[str, dict[str, float]]:
    """A table of numbers by its columns' names; `first` is the head of its first column."""
    head, rows = re.findall(
        rf"^\| *{re.escape(first)} *\|(.*500.*1,500.*)\|\n\|[-:|]+\|\n((?:\|.*\n)+)", document, re.MULTILINE
    )[0]
    names = [name.strip() for name in head.split("|")]
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for row in rows.splitlines():
        label, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        for name, cell in zip(names, cells, strict=True):
            found[name][label.split(" (")[0]] = float(cell.replace(",", "").strip("* "))
    return found


BILLS = table(MEASURED, "")


@pytest.mark.parametrize("size", SIZES)
def test_the_measured_month_is_of_this_template(size: str) -> None:
    """An alarm more, or a metric, and the document is to be made anew: `make bench`, or by hand."""
    bill = BILLS[size]
    assert bill["watching"] == pytest.approx(costs.watching("basic", PRICES), abs=0.01)
    assert bill["watching with full"] == pytest.approx(costs.watching("full", PRICES), abs=0.01)
    whole = {"total", "watching with full", "total with full"}
    assert bill["total"] == pytest.approx(sum(v for k, v in bill.items() if k not in whole), abs=0.04)


def test_a_hobby_pays_less_than_five_dollars_for_aws() -> None:
    assert PARAMETERS["Observability"]["Default"] == "basic"
    bill = BILLS["500"]
    assert bill["total"] - bill["model"] < 5
    assert bill["watching"] < 3


@pytest.mark.parametrize("size", SIZES)
def test_the_manual_tells_what_was_measured(size: str) -> None:
    bill, told = BILLS[size], table(MANUAL, "USD a month, by papers a day")[size]
    aws = bill["total"] - bill["model"] - bill["watching"]
    expected = {
        "AWS itself": aws,
        "watching it": bill["watching"],
        "the model": bill["model"],
        "together": bill["total"],
        "with `Observability=full`": bill["total with full"],
    }
    assert told.keys() == expected.keys()
    for name, value in expected.items():
        assert told[name] == pytest.approx(value, abs=0.051), name


def test_the_default_budget_stops_what_runs_away_and_no_usual_day() -> None:
    """A long day of which every paper is wanted goes through whole, each paid for half as much again."""
    budget = parse_budget(PARAMETERS["DailyBudget"]["Default"], {})
    assert budget is not None
    tokens = Tariff({})
    classify, translate = estimates([], tokens, "m")
    assert budget.amount >= 1.5 * LONG_DAY * (classify + translate[Extent.FULL])
    left = budget.amount - LONG_DAY * classify
    for waiting in range(LONG_DAY, 0, -1):
        assert extent_for(left, waiting, translate) is Extent.FULL
        left -= translate[Extent.FULL]
