"""The dependency layer has botocore's description of every service that functions call."""

from __future__ import annotations

import re

from aws_resources import TEMPLATE

ROOT = TEMPLATE.parent
_CLIENT = re.compile(r"""\b(?:new_)?client\(\s*["']([a-z0-9-]+)["']""")


def test_services_that_functions_call_stay_in_the_layer() -> None:
    recipe = (ROOT / "requirements" / "Makefile").read_text("utf-8")
    kept = re.search(r"^SERVICES = (.*)$", recipe, re.MULTILINE)
    assert kept
    source = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "functions").rglob("*.py")))
    called = {*_CLIENT.findall(source), "dynamodb"}  # pynamodb's
    assert {"sqs", "s3", "bedrock-runtime", "cloudfront", "ssm"} <= called, "the expression finds clients"
    assert called <= set(kept[1].split())
