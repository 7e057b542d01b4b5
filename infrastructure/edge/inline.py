"""`rewrite.js` copied into `edge.yaml`: CloudFormation takes a CloudFront Function's code inline only.

`make edge` runs this after a change of the function; a test says so when it was forgotten
(docs/adr/0014).
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
FUNCTION = HERE / "rewrite.js"
TEMPLATE = HERE.parent / "edge.yaml"
_BLOCK = re.compile(r"^(?P<indent> *)FunctionCode: !Sub \|\n(?:(?P=indent)  .*\n|\n)*", re.MULTILINE)


def inlined(template: str, code: str) -> str:
    """The template's text with `code` as its function's; ValueError unless it has exactly one."""
    found = list(_BLOCK.finditer(template))
    if len(found) != 1:
        raise ValueError(f"edge.yaml has {len(found)} blocks `FunctionCode: !Sub |`, not one")
    match = found[0]
    indent = match["indent"]
    lines = "".join(f"{indent}  {line}\n" if line else "\n" for line in code.splitlines())
    return f"{template[: match.start()]}{indent}FunctionCode: !Sub |\n{lines}{template[match.end() :]}"


def main() -> None:
    text = inlined(TEMPLATE.read_text("utf-8"), FUNCTION.read_text("utf-8"))
    TEMPLATE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
