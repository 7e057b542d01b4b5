"""The templates as CloudFormation gets them, under cfn-lint and checkov, each in its own environment."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_resources import load_template
from transformed import transformed

ROOT = Path(__file__).resolve().parents[2]
NESTED = ("edge.yaml", "observability.yaml")
ACCEPTED = tomllib.loads((ROOT / "infrastructure" / "accepted_findings.toml").read_text("utf-8"))
# checkov asks its maker's service for rules, and sends what it found, unless told not to.
OFFLINE = ("--skip-download", "--framework", "cloudformation", "--compact", "--output", "json")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the transformed template and the nested stacks, which need no transform."""
    folder = tmp_path_factory.mktemp("templates")
    (folder / "application.json").write_text(json.dumps(transformed(), indent=1), "utf-8")
    for name in NESTED:
        shutil.copy(ROOT / "infrastructure" / name, folder)
    return folder


def run(environment: str, tool: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A tool from an environment that `make template` makes; without network where the system can."""
    program = ROOT / environment / "bin" / tool
    assert program.exists(), f"{tool} is missing: run `make template`, which installs it"
    # A proxy that refuses: whoever asks the network anyway is heard of, and does not wait.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return subprocess.run(  # noqa: S603
        [str(program), *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "AWS_DEFAULT_REGION": "us-east-1", **nowhere},
    )  # fmt: skip


def test_the_transform_makes_what_the_template_means() -> None:
    made = transformed()["Resources"]
    kinds = [resource["Type"] for resource in made.values()]
    assert not [kind for kind in kinds if kind.startswith("AWS::Serverless")]
    functions = [r for r in load_template()["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    events = [event["Type"] for f in functions for event in f["Properties"]["Events"].values()]
    assert kinds.count("AWS::Lambda::Function") == len(functions)
    assert kinds.count("AWS::Lambda::EventSourceMapping") == events.count("SQS")
    assert (
        kinds.count("AWS::Scheduler::Schedule")
        == events.count("ScheduleV2")
        == len(events) - events.count("SQS")
    )


def test_cfn_lint_finds_nothing(templates: Path) -> None:
    names = sorted(path.name for path in templates.iterdir())
    ran = run(".venv-sam", "cfn-lint", *names, cwd=templates)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_cfn_lint_would_find_a_property_that_does_not_exist(templates: Path, tmp_path: Path) -> None:
    broken = transformed()
    broken["Resources"]["Table"]["Properties"]["PointInTimeRecovery"] = True
    (tmp_path / "broken.json").write_text(json.dumps(broken), "utf-8")
    ran = run(".venv-sam", "cfn-lint", "broken.json", cwd=tmp_path)
    assert "E3002" in ran.stdout


@pytest.fixture(scope="module")
def findings(templates: Path) -> set[tuple[str, str]]:
    """checkov's failed checks: identifier and resource."""
    ran = run(".venv-checkov", "checkov", *OFFLINE, "--directory", ".", cwd=templates)
    assert ran.returncode in (0, 1), ran.stderr
    assert "ERROR" not in ran.stderr
    report = json.loads(ran.stdout)
    checks = [*report["results"]["failed_checks"], *report["results"]["passed_checks"]]
    assert report["summary"]["parsing_errors"] == 0
    assert {check["file_path"] for check in checks} == {"/application.json", *(f"/{name}" for name in NESTED)}
    return {(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]}


def accepts(accepted: Mapping[str, Any], check: str, resource: str) -> bool:
    return any(fnmatch.fnmatchcase(resource, one) for one in accepted.get(check, {}).get("resources", ()))


def test_checkov_finds_what_is_accepted_and_nothing_else(findings: set[tuple[str, str]]) -> None:
    assert sorted(one for one in findings if not accepts(ACCEPTED, *one)) == []


def test_every_accepted_finding_is_there_and_has_a_reason(findings: set[tuple[str, str]]) -> None:
    for check, entry in ACCEPTED.items():
        assert entry.keys() == {"resources", "reason"}
        assert len(entry["reason"].split()) >= 5, f"{check}: no reason"
        for pattern in entry["resources"]:
            there = [resource for name, resource in findings if name == check]
            assert fnmatch.filter(there, pattern), f"{check}: nothing to accept at {pattern}"
        assert entry["resources"] == list(dict.fromkeys(entry["resources"]))


def test_no_template_silences_checkov_or_cfn_lint_by_itself() -> None:
    """One place for suppressions: a skip in a template's Metadata would not be seen above."""
    for path in (ROOT / "template.yaml", *(ROOT / "infrastructure" / name for name in NESTED)):
        text = path.read_text("utf-8")
        assert "checkov" not in text
        assert "cfn-lint" not in text
