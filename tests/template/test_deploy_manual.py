"""What the documents tell an operator to type, as the SAM CLI reads it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from aws_resources import load_template
from cloudformation import takes

PARAMETERS = load_template()["Parameters"]
ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "docs/operations.md")}
CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))

# As the SAM CLI takes `--parameter-overrides` apart; it drops what it does not understand without a word.
_READ = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(tuple(sys.argv[1:]), None, None)))
"""


def overridden(words: list[str]) -> dict[str, str]:
    python = str(ROOT / ".venv-sam" / "bin" / "python")
    ran = subprocess.run([python, "-c", _READ, *words], capture_output=True, text=True, check=True)  # noqa: S603
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def typed(text: str) -> list[list[str]]:
    """The SAM CLI's commands in a document's consoles."""
    joined = text.replace("\\\n", " ")
    lines = re.findall(r"^\$ (sam [^\n]*)", joined, re.MULTILINE)
    return [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]


COMMANDS = [(name, words) for name, text in DOCUMENTS.items() for words in typed(text)]
WITH_PARAMETERS = [(n, w[w.index("--parameter-overrides") + 1 :]) for n, w in COMMANDS
                   if "--parameter-overrides" in w]  # fmt: skip
PLACEHOLDERS = {"<account>": "123456789012"}


def test_deploying_is_two_commands_in_each_document() -> None:
    for name in DOCUMENTS:
        first, second, *_ = (words for document, words in COMMANDS if document == name)
        assert first == ["sam", "build"]
        assert second[:3] == ["sam", "deploy", "--parameter-overrides"]
        assert len(second) - 3 <= 3, "the parameters that matter"
    assert not any("--guided" in words for _, words in COMMANDS)


@pytest.mark.parametrize(("document", "words"), WITH_PARAMETERS, ids=lambda value: str(value)[:60])
def test_the_sam_cli_reads_what_the_document_means(document: str, words: list[str]) -> None:
    meant = {}
    for word in words:
        name, _, value = word.partition("=")
        if value.startswith('"'):
            value = value[1:-1].replace('\\"', '"')
        meant[name] = value
    assert overridden(words) == meant
    for name, value in meant.items():
        for placeholder, example in PLACEHOLDERS.items():
            value = value.replace(placeholder, example)
        assert name in PARAMETERS, f"{document}: {name}"
        assert takes(PARAMETERS[name], value), f"{document}: {name}={value}"


def test_the_configuration_needs_no_further_option() -> None:
    for name in ("default", "dev", "prod"):
        deploy = CONFIG[name]["deploy"]["parameters"]
        assert deploy["resolve_s3"] is True
        assert {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} <= set(deploy["capabilities"].split())
        assert CONFIG[name]["global"]["parameters"]["stack_name"].startswith("arxivdaily")
        given = overridden([deploy["parameter_overrides"]]) if "parameter_overrides" in deploy else {}
        for parameter, value in given.items():
            assert takes(PARAMETERS[parameter], value), f"{name}: {parameter}={value}"
    assert "parameter_overrides" not in CONFIG["default"]["deploy"]["parameters"], (
        "defaults are the template's"
    )
