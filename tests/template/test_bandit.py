"""bandit over what is shipped: nothing found, and beside each suppression a reason that is still needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("functions", "infrastructure")
PROJECT = ROOT / "pyproject.toml"
# What bandit takes for a suppression, and what we want behind it.
NOSEC = re.compile(r"#\s*nosec\b(?P<rest>.*)")
REASONED = re.compile(r" (?P<ids>B\d{3}(?:, B\d{3})*) # (?P<reason>\S.{3,})")


@cache
def found(*options: str) -> list[dict[str, Any]]:
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bandit", "-q", "-f", "json", *options, "-r", *SHIPPED],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stderr
    report = json.loads(run.stdout)
    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 5000, "nothing was read"
    results: list[dict[str, Any]] = report["results"]
    return results


def everything() -> list[dict[str, Any]]:
    return found("--ignore-nosec")


def suppressions() -> list[tuple[str, int, str]]:
    """File, line and what stands behind `nosec`."""
    return [
        (path.relative_to(ROOT).as_posix(), number, match["rest"])
        for folder in SHIPPED
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (match := NOSEC.search(line))
    ]


def test_nothing_is_found() -> None:
    told = [
        f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}"
        for one in found("-c", str(PROJECT))
    ]
    assert told == []


def test_every_suppression_names_its_tests_and_has_a_reason() -> None:
    assert suppressions()
    for file, line, rest in suppressions():
        assert REASONED.fullmatch(rest), f"{file}:{line}: write `# nosec B123 # why`"


def test_every_suppression_suppresses_something() -> None:
    there = {
        (one["filename"], line, one["test_id"])
        for one in everything()
        for line in {one["line_number"], *one["line_range"]}
    }
    for file, line, rest in suppressions():
        match = REASONED.fullmatch(rest)
        assert match
        for name in match["ids"].split(", "):
            assert (file, line, name) in there, f"{file}:{line}: {name} finds nothing here"


def test_every_skip_has_a_reason_and_skips_something() -> None:
    text = PROJECT.read_text("utf-8")
    for name in tomllib.loads(text)["tool"]["bandit"]["skips"]:
        assert re.search(rf'^ *"{name}", # \S.+$', text, re.MULTILINE), f"{name}: no reason beside it"
        assert name in {one["test_id"] for one in everything()}, f"{name} finds nothing"
