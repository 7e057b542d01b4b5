"""`make docs`: what the documents say of the template and of packages: the table of parameters in
docs/operations.md, the picture in docs/architecture.md, the licences in docs/dependencies.md.

A test says so when it was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from infrastructure.picture import picture
from infrastructure.sbom import Package, packages, table

ROOT = Path(__file__).resolve().parents[1]
MANUAL = ROOT / "docs" / "operations.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
DEPENDENCIES = ROOT / "docs" / "dependencies.md"
TEMPLATE = ROOT / "template.yaml"


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
    return placed(manual, "parameters", "\n".join(parameters(template)) + "\n")


def drawn(architecture: str, template: Mapping[str, Any]) -> str:
    """The architecture with the picture of `template`; ValueError where it has no place for one."""
    return placed(architecture, "picture", picture(template))


def listed(dependencies: str, packages: Sequence[Package]) -> str:
    """The list of dependencies with these packages; ValueError where it has no place for them."""
    return placed(dependencies, "packages", "\n".join(table(packages)) + "\n")


def placed(document: str, name: str, text: str) -> str:
    """The document with `text` between the comments that name its place; ValueError if there is not one."""
    place = re.compile(rf"(?<=<!-- {name}: make docs -->\n).*?(?=<!-- end of {name} -->)", re.DOTALL)
    changed, count = place.subn(lambda _: text, document)
    if count != 1:
        raise ValueError(f"the document has {count} places for the {name}, not one")
    return changed


def main() -> None:
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(TEMPLATE.read_text("utf-8"))
    MANUAL.write_text(written(MANUAL.read_text("utf-8"), template), "utf-8")
    ARCHITECTURE.write_text(drawn(ARCHITECTURE.read_text("utf-8"), template), "utf-8")
    DEPENDENCIES.write_text(listed(DEPENDENCIES.read_text("utf-8"), packages()), "utf-8")


if __name__ == "__main__":
    main()
