"""`make docs`: the table of parameters in docs/operations.md, from template.yaml.

A test says so when it was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MANUAL = ROOT / "docs" / "operations.md"
TEMPLATE = ROOT / "template.yaml"
_TABLE = re.compile(r"(?<=<!-- parameters: make docs -->\n).*?(?=<!-- end of parameters -->)", re.DOTALL)


def parameters(template: Mapping[str, Any]) -> Iterator[str]:
    """The table's lines: each parameter in the template's order, with what it may be."""
    yield "| parameter | default | what |"
    yield "|---|---|---|"
    for name, parameter in template["Parameters"].items():
        default = str(parameter.get("Default", ""))
        allowed = ", ".join(f"`{value}`" for value in parameter.get("AllowedValues", ()))
        text = " ".join(str(parameter["Description"]).split()).replace("|", "\\|")
        text += f" One of {allowed}." if allowed else ""
        yield f"| `{name}` | {f'`{default}`' if default else ''} | {text} |"


def written(manual: str, template: Mapping[str, Any]) -> str:
    """The manual with the table of `template`; ValueError where it has no place for one."""
    table = "\n".join(parameters(template)) + "\n"
    text, count = _TABLE.subn(lambda _: table, manual)
    if count != 1:
        raise ValueError(f"{MANUAL.name} has {count} places for the table of parameters, not one")
    return text


def main() -> None:
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(TEMPLATE.read_text("utf-8"))
    MANUAL.write_text(written(MANUAL.read_text("utf-8"), template), "utf-8")


if __name__ == "__main__":
    main()
