"""The operator's command and its manual say the same."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from operator_commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_there_are_commands() -> None:
    names = [
        "status",
        "editions",
        "show",
        "redrive",
        "retry",
        "render",
        "reprocess",
        "backfill",
        "doctor",
        "cost",
    ]
    names += ["local run", "local serve", "channels check", "channels try"]
    assert set(COMMANDS) == {f"arxivdaily {name}" for name in names}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_manual(name: str) -> None:
    options, help_ = COMMANDS[name]
    assert re.search(rf"{re.escape(name)}\b", MANUAL), f"{name} is not in docs/operations.md"
    for option in options:
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", MANUAL), f"{name} {option} is not in it"
    assert help_.strip(), f"{name} --help says nothing"


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"arxivdaily local run", "arxivdaily local serve"}))
def test_every_command_speaks_to_programs(name: str) -> None:
    assert "--json" in COMMANDS[name][0]


EXAMPLES = re.findall(r"^\$ (arxivdaily [^#\n]+)", MANUAL, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_manual_can_be_typed(example: str) -> None:
    words = shlex.split(example)
    name = " ".join(words[:3]) if " ".join(words[:3]) in COMMANDS else " ".join(words[:2])
    assert name in COMMANDS
    assert {word for word in words if word.startswith("--")} <= COMMANDS[name][0]


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from infrastructure.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'boto3', 'botocore', 'pynamodb', 'lxml', 'msgspec', 'jinja2', 'numpy'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    ran = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    for name in COMMANDS:
        assert name.split()[1] in ran.stdout
