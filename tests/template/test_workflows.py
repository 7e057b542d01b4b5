"""What GitHub is to run: nothing is deployed that was not tested, and no action changes under its name."""

from __future__ import annotations

import re
import shlex
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
    assert jobs["deploy"]["needs"] == "build"
    assert jobs["build"]["needs"] == "test"
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert "workflow_call" in workflow("test.yml")["on"]
    assert jobs["test"]["if"] == "inputs.environment != 'prod' || github.ref == 'refs/heads/main'"
    assert not any("if" in jobs[name] for name in ("build", "deploy")), (
        "a condition may run what needs a skipped job"
    )


# --- who runs what with which rights ---------------------------------------------------------

JOBS = [(path.name, name, job) for path in sorted(WORKFLOWS.iterdir())
        for name, job in workflow(path.name)["jobs"].items()]  # fmt: skip
CREDENTIALS = "aws-actions/configure-aws-credentials"


def may_ask_for_an_identity(file: str, job: dict[str, Any]) -> bool:
    permissions = job.get("permissions", workflow(file).get("permissions", "write-all"))
    return bool(permissions == "write-all" or permissions.get("id-token") == "write")


def programs(command: str) -> list[list[str]]:
    """The commands of a step's script, each as words."""
    lines = command.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.strip()]


def test_only_the_deployment_may_ask_for_an_identity() -> None:
    """Any step of a job with id-token: write can, before and after the step that does."""
    assert [(file, name) for file, name, job in JOBS if may_ask_for_an_identity(file, job)] == [
        ("deploy.yml", "deploy")
    ]
    assert (
        workflow("deploy.yml")["permissions"] == workflow("test.yml")["permissions"] == {"contents": "read"}
    )
    deploy = workflow("deploy.yml")["jobs"]["deploy"]
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    assert deploy["environment"] == "${{ inputs.environment }}", "the role trusts the environment"


# What may run where an identity can be had: making an environment, and putting wheels into it. Wheels are
# unpacked; a source distribution would run its build.
_VENV = ["python3", "-m", "venv", "$RUNNER_TEMP/sam"]
_WHEELS = ["--require-hashes", "--no-deps", "--only-binary=:all:"]


def test_what_may_ask_for_an_identity_runs_no_code_of_the_project_or_its_packages() -> None:
    for file, name, job in JOBS:
        if not may_ask_for_an_identity(file, job):
            continue
        for step in job["steps"]:
            for words in programs(step.get("run", "")):
                if words[0] == "$RUNNER_TEMP/sam/bin/sam":
                    assert words[1] == "deploy", f"{file} {name}: only `sam deploy`, which builds nothing"
                elif words != _VENV:
                    assert words[0] == "$RUNNER_TEMP/sam/bin/python"
                    assert words[1:3] == ["-m", "pip"]
                    assert "install" in words
                    assert set(_WHEELS) <= set(words), "a source distribution runs its build"


def test_credentials_come_last_and_only_sam_deploy_follows() -> None:
    for file, name, job in JOBS:
        steps = job.get("steps", [])
        at = [n for n, step in enumerate(steps) if step.get("uses", "").startswith(CREDENTIALS)]
        if not at:
            continue
        assert may_ask_for_an_identity(file, job), f"{file} {name}"
        (after,) = steps[at[0] + 1 :]
        (words,) = programs(after["run"])
        assert words[:2] == ["$RUNNER_TEMP/sam/bin/sam", "deploy"]


def test_what_was_built_is_handed_over_whole() -> None:
    jobs = workflow("deploy.yml")["jobs"]

    def step(job: str, action: str) -> dict[str, Any]:
        (found,) = [s for s in jobs[job]["steps"] if s.get("uses", "").startswith(f"actions/{action}@")]
        inputs: dict[str, Any] = found["with"]
        return inputs

    given, taken = step("build", "upload-artifact"), step("deploy", "download-artifact")
    assert (given["name"], given["path"]) == (taken["name"], taken["path"]) == ("build", ".aws-sam/build")
    assert given["include-hidden-files"] is True, ".aws-sam begins with a dot"
    assert given["if-no-files-found"] == "error"
    (words,) = programs(jobs["deploy"]["steps"][-1]["run"])
    assert words[words.index("--template-file") + 1] == f"{taken['path']}/template.yaml"
    # Without it the CLI looks for its configuration beside the template.
    assert words[words.index("--config-file") + 1] == "$GITHUB_WORKSPACE/samconfig.toml"
    assert "--no-confirm-changeset" in words, "nobody is there to confirm"
    built = [words for s in jobs["build"]["steps"] for words in programs(s.get("run", ""))]
    assert [".venv-sam/bin/sam", "build", "--config-env", "$STACK"] in built


def test_both_jobs_use_one_version_of_the_sam_cli() -> None:
    text = (WORKFLOWS / "deploy.yml").read_text("utf-8")
    makefile = (WORKFLOWS.parents[1] / "Makefile").read_text("utf-8")
    assert "-r requirements/sam.txt" in text
    assert re.search(r"^\.venv-sam/\.installed: requirements/sam\.txt$", makefile, re.MULTILINE)
