"""What an operator can set is in the documents, and says what the template says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from arxivdaily.settings import Settings
from aws_resources import load_template

from infrastructure.documents import MANUAL, written

ROOT = Path(__file__).resolve().parents[2]
MANUAL_TEXT = MANUAL.read_text("utf-8")
DOCUMENTS = MANUAL_TEXT + (ROOT / "README.md").read_text("utf-8")

# What a deployment sets for its functions, and nobody else.
OF_THE_DEPLOYMENT = {
    "table_name",
    "site_bucket",
    "papers_queue_url",
    "matched_queue_url",
    "enrich_queue_url",
    "render_queue_url",
    "papers_dead_letter_queue_url",
    "matched_dead_letter_queue_url",
    "enrich_dead_letter_queue_url",
    "render_dead_letter_queue_url",
    "event_bus_name",
    "site_distribution_id",
    "templates_dir",
}


def parameter(variable: str) -> str:
    """`SITE_URL` -> `SiteUrl`."""
    return "".join(word.capitalize() for word in variable.split("_"))


def test_the_table_of_parameters_is_the_template_s() -> None:
    assert written(MANUAL_TEXT, load_template()) == MANUAL_TEXT, "run `make docs`"


def test_a_changed_parameter_changes_the_table() -> None:
    template = load_template()
    template["Parameters"]["SiteUrl"]["Description"] = "Another | sentence."
    assert "Another \\| sentence." in written(MANUAL_TEXT, template)


def test_a_manual_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places"):
        written("# Operations", load_template())


@pytest.mark.parametrize("name", sorted(f.name for f in fields(Settings) if f.name not in OF_THE_DEPLOYMENT))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name.upper()}`" in DOCUMENTS or f"`{parameter(name)}`" in DOCUMENTS


def test_what_only_a_deployment_sets_exists() -> None:
    assert {field.name for field in fields(Settings)} >= OF_THE_DEPLOYMENT


def test_every_variable_in_the_readme_is_read() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("## Settings")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`([A-Z_]{4,})`", cell)}
    elsewhere = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "LLM_API_KEY"}  # read by boto3, and by the adapter
    assert named
    assert named <= {field.name.upper() for field in fields(Settings)} | elsewhere
