"""Parameters as the documents print them, read by the SAM CLI's own parser.

Between a shell's quotes and JSON's there is the SAM CLI, which has rules of its own: a value that is quoted
wrongly is cut at a space or a quote, and the deployment is refused or gets half of it.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from aws_resources import load_template
from rie import ROOT

PARAMETERS = load_template()["Parameters"]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "operations.md"]
# `$ sam deploy --parameter-overrides …`, and a value that stands in a sentence, quoted for a shell.
_COMMAND = re.compile(r"^\$ sam (?:build|deploy) (?:.* )?--parameter-overrides (.*)$", re.MULTILINE)
_QUOTED = re.compile(r"`((?:'[A-Z][A-Za-z]+=\"|[A-Z][A-Za-z]+=')[^`\n]*)`")
_PLACE = re.compile(r"<[a-z]+>")  # what the reader puts in
_READ = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(tuple(sys.argv[1:]), None, None)))
"""


def printed() -> list[str]:
    found: list[str] = []
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        found += [line.split(" # ")[0].strip() for line in _COMMAND.findall(text)]
        found += _QUOTED.findall(text)
    return list(dict.fromkeys(found))


def read(words: list[str]) -> dict[str, str]:
    """What CloudFormation is given for these words of a command line."""
    python = Path(ROOT / ".venv-sam" / "bin" / "python")
    ran = subprocess.run(  # noqa: S603
        [python, "-c", _READ, *words], capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def test_there_are_some() -> None:
    assert any("ModelPrices" in line for line in printed())
    assert any("DailyBudget" in line for line in printed())


@pytest.mark.parametrize("line", printed())
def test_what_is_printed_is_read_as_meant(line: str) -> None:
    words = shlex.split(_PLACE.sub("123456789012", line))
    found = read(words)
    assert set(found) == {word.partition("=")[0] for word in words}
    for name, value in found.items():
        declared = PARAMETERS[name]
        assert re.fullmatch(declared.get("AllowedPattern", ".*"), value), (name, value)
        assert value in map(str, declared.get("AllowedValues", [value]))
        assert value.strip('"') == value
        # Nothing is cut off: the words without quotes and backslashes are all there.
        meant = next(word for word in words if word.startswith(f"{name}=")).partition("=")[2]
        assert re.sub(r'["\\]', "", value) == re.sub(r'["\\]', "", meant)
        if value.startswith("{"):
            json.loads(value)
