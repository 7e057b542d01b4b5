"""Every command is told in the same way where to look, and says how where that was forgotten."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from arxivdaily.errors import PermanentError
from operator_commands import COMMANDS
from typer.testing import CliRunner, Result

from infrastructure.cli import app
from infrastructure.operator import stack

ROOT = Path(__file__).resolve().parents[2]
PLACE = {"--stack", "--local", "--state", "--site", "--json"}
ELSEWHERE = {"arxivdaily local run", "arxivdaily local serve", "arxivdaily channels check"}  # no stack's
LOOKING = sorted(set(COMMANDS) - ELSEWHERE)
# What a command needs besides.
NEEDED = {
    "render": ["--all"],
    "backfill": ["--from", "2026-06-18"],
    "show": ["2606.19162"],
    "channels try": [str(ROOT / "functions" / "channels.toml")],
}


def words(name: str) -> list[str]:
    command = name.removeprefix("arxivdaily ")
    return [*command.split(), *NEEDED.get(command, [])]


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


@pytest.mark.parametrize("name", LOOKING)
def test_every_command_takes_the_options_that_say_where(name: str) -> None:
    assert COMMANDS[name][0] >= PLACE


def no_account(folder: Path) -> dict[str, str]:
    """The environment without an account or a region."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    missing = str(folder / "none")
    return {
        **kept,
        "AWS_CONFIG_FILE": missing,
        "AWS_SHARED_CREDENTIALS_FILE": missing,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No account, no region, no state."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in no_account(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("name", [name for name in LOOKING if name != "arxivdaily doctor"])
@pytest.mark.parametrize("more", [[], ["--stack", "arxivdaily-prod"], ["--stack=other", "--json"]])
def test_who_forgets_local_is_told_both(name: str, more: list[str]) -> None:
    said = typed(*words(name), *more)
    assert said.exit_code == 1
    assert "no AWS region is set. Set AWS_DEFAULT_REGION, or a region in your AWS profile." in said.output
    (suggested,) = re.findall(r"For this computer: `(.*)`", said.output)
    rest = [word for word in more if word == "--json"]
    assert shlex.split(suggested) == ["arxivdaily", *words(name), *rest, "--local"]
    there = typed(*shlex.split(suggested)[1:])  # it can be pasted: it looks here, and finds nothing yet
    assert there.exit_code == 1
    assert re.search("nothing is stored in .local|says the same as", there.output)


def test_the_program_itself_says_so(tmp_path: Path) -> None:
    code = "import sys; from infrastructure.cli import main; sys.argv[0] = 'arxivdaily'; main()"
    ran = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code, "show", "2606.19162", "--json"],
        cwd=tmp_path,
        env={**no_account(tmp_path), "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no AWS region is set" in ran.stderr
    assert "show 2606.19162 --json --local`" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "error", ["NoCredentialsError: Unable to locate credentials", "ProfileNotFound: (x) could not be found"]
)
def test_without_credentials_too(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def clients(service: str) -> object:
        raise PermanentError(f"cannot reach {service}: {error}")

    monkeypatch.setattr(stack, "aws_clients", clients)
    said = typed("status", "--date", "2026-06-18")
    assert "Sign in" in said.output
    assert "For this computer: `arxivdaily status --date 2026-06-18 --local`" in said.output


@pytest.mark.parametrize("name", sorted(set(LOOKING) - {"arxivdaily cost"}))
def test_a_stack_has_no_folder_for_its_site(name: str, tmp_path: Path) -> None:
    said = typed(*words(name), "--site", str(tmp_path))
    assert said.exit_code == 2
    assert "--site is for this computer, and goes with --local or --state" in said.output
    assert f"--site {tmp_path} --local`" in said.output


@pytest.mark.parametrize(
    ("command", "value", "said"),
    [
        ("local run --translator", "nope", "'nope' is not one of 'embedded', 'llm', 'none'."),
        ("local run --port", "99999", "99999 is too large: it must be 65535 or less."),
        ("local serve --port", "0", "0 is too small: it must be 1 or more."),
        ("local run --limit", "-3", "-3 is too small: it must be 0 or more."),
        ("local run --limit", "3.5", "'3.5' is not a whole number."),
        ("local run --limit", "", "'' is not a whole number."),
        ("local run --limit", "9" * 5000, "is not a whole number."),
        ("editions --limit", "0", "0 is too small: it must be 1 or more."),
        ("doctor --classifier", "LLm", "'LLm' is not one of 'embedded', 'llm'."),
        ("reprocess --stage", "all", "'all' is not one of 'classify', 'translate'."),
        ("status --date", "2026-02-30", "2026-02-30 is not in the calendar"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(command: str, value: str, said: str) -> None:
    result = typed(*command.split(), value)
    assert result.exit_code == 2
    assert f"Invalid value for '{command.split()[-1]}'" in result.output
    assert said in result.output
    assert not re.search("Value error|Input should", result.output)
