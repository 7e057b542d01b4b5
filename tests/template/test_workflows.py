"""What GitHub is to run: nothing is deployed that was not tested, and no action changes under its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOWS = Path(__file__).resolve().parents[2] / ".github" / "workflows"


def workflow(name: str) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text("utf-8"))
    loaded["on"] = loaded.pop(True)  # YAML 1.1 reads `on` so
    return loaded


@pytest.mark.parametrize("path", sorted(WORKFLOWS.iterdir()), ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text("utf-8"))
    assert used
    for action in used:
        assert action.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action


def test_a_commit_is_tested_before_it_is_deployed_and_prod_is_main() -> None:
    jobs = workflow("deploy.yml")["jobs"]
    assert jobs["deploy"]["needs"] == "test"
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert "workflow_call" in workflow("test.yml")["on"]
    assert jobs["test"]["if"] == "inputs.environment != 'prod' || github.ref == 'refs/heads/main'"


def test_only_the_deployment_may_ask_for_an_identity() -> None:
    deploy = workflow("deploy.yml")
    assert deploy["permissions"] == workflow("test.yml")["permissions"] == {"contents": "read"}
    assert deploy["jobs"]["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
