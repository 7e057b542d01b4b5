"""What an operator can set is in the documents, and says what the template says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from arxivdaily.settings import Settings
from aws_resources import load_template

from infrastructure.documents import ARCHITECTURE, MANUAL, drawn, written
from infrastructure.picture import picture

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


def test_the_picture_is_the_template_s() -> None:
    text = ARCHITECTURE.read_text("utf-8")
    assert drawn(text, load_template()) == text, "run `make docs`"


def test_the_picture_has_every_function_queue_and_source() -> None:
    template = load_template()
    made = picture(template)
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            assert re.search(rf"^  \w+ --> {name}$", made, re.MULTILINE), f"nothing starts {name}"
            assert re.search(rf"^  {name} --> \w+$", made, re.MULTILINE), f"{name} does nothing"
        if resource["Type"] == "AWS::SQS::Queue" and "DeadLetter" not in name:
            assert re.search(rf"^  \w+ --> {name}$", made, re.MULTILINE), f"nobody sends to {name}"
            assert re.search(rf"^  {name} --> \w+$", made, re.MULTILINE), f"nobody hears {name}"


def test_the_picture_follows_the_roles() -> None:
    template = load_template()
    before = picture(template)
    (policy,) = template["Resources"]["TranslateRole"]["Properties"]["Policies"]
    policy["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["PapersQueue", "Arn"]}}
    )
    changed = set(picture(template).splitlines()) - set(before.splitlines())
    assert changed == {"  TranslateFunction --> PapersQueue"}
    policy["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    )
    with pytest.raises(KeyError, match="ses"):
        picture(template)


def test_a_table_that_one_function_does_not_use_gets_an_arrow_from_the_others() -> None:
    template = load_template()
    (policy,) = template["Resources"]["RenderRole"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    statements[:] = [s for s in statements if s.get("Sid") != "State"]
    made = picture(template)
    assert "FetchFunction -.-> Table" in made
    assert "RenderFunction -.-> Table" not in made
    assert "every" not in made


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


THREATS = (ROOT / "docs" / "threat-model.md").read_text("utf-8")


def test_every_threat_names_tests_that_exist() -> None:
    rows = [line.split("|") for line in THREATS.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 10
    for _, threat, _, shown, _ in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", shown)
        assert named, threat
        for file, test in named:
            assert f"def {test or 'test_'}" in (ROOT / file).read_text("utf-8"), f"{file}::{test}"


def test_the_threat_model_is_a_page_and_linked() -> None:
    assert len(THREATS.split()) < 1_000
    assert "docs/threat-model.md" in (ROOT / "SECURITY.md").read_text("utf-8")


def test_decisions_have_numbers_of_their_own_and_references_lead_to_one() -> None:
    folder = ROOT / "docs" / "adr"
    numbers = [path.name[:4] for path in folder.glob("0*.md")]
    assert sorted(numbers) == sorted(set(numbers))
    for path in folder.glob("0*.md"):
        assert re.match(rf"# 0*{int(path.name[:4])}[.:] ", path.read_text("utf-8")), path.name
    code = [*ROOT.glob("functions/**/*.py"), *ROOT.glob("infrastructure/**/*.py"), ROOT / "template.yaml"]
    named = {number for path in code for number in re.findall(r"docs/adr/(\d{4})", path.read_text("utf-8"))}
    assert named <= set(numbers)


HAND_WRITTEN = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if ".venv" not in path.parts
)


def anchors(text: str) -> set[str]:
    """Of a document's headings, as GitHub makes them; what stands in a block of code is none."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#{1,6} (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_the_documents_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name) if name else path
        assert there.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in anchors(there.read_text("utf-8")), f"{path.name}: {target}"


def test_the_manual_begins_with_what_everybody_needs() -> None:
    """A page: what is needed, deployed, looked at and paid; and the way to every section."""
    page = MANUAL_TEXT.partition("\n## Deploy\n")[0]
    assert len(page.split()) < 900
    for words in ("sam build", "sam deploy", "arxivdaily doctor", "arxivdaily status", "USD a month"):
        assert words in page
    linked = set(re.findall(r"\(#([^)]+)\)", page))
    sections = anchors("\n".join(re.findall(r"^## .+$", MANUAL_TEXT, re.MULTILINE))) - {"on-one-page"}
    assert sections <= linked


def test_what_a_month_costs_is_told_in_front_as_in_its_table() -> None:
    page = MANUAL_TEXT.partition("\n## Deploy\n")[0]
    (together,) = re.findall(r"^\| together \| ([\d.]+) \| ([\d.]+) \|", MANUAL_TEXT, re.MULTILINE)
    told = re.search(
        r"about (\d+) USD a month for 500 papers a day, about (\d+) USD for 1,500", " ".join(page.split())
    )
    assert told
    assert [float(number) for number in told.groups()] == [round(float(number)) for number in together]
