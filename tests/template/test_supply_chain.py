"""What is installed and deployed: pinned, hashed, under licences that we may pass on, and listed."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing

from infrastructure import sbom

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PACKAGES = sbom.packages()
# Licences that ask for no more than their notice, which every package carries in its own files.
ALLOWED = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Zlib", "PSF-2.0", "CC0-1.0"}


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_one_version_with_hashes(path: Path) -> None:
    lines = path.read_text("utf-8").replace("\\\n", " ").splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(
            r"[\w.-]+(\[[\w,]+\])?==[\w.+!-]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+", line
        ), line


# Where something may be installed from.
SCRIPTS = [
    ROOT / "Makefile",
    *ROOT.glob("*/Makefile"),
    *ROOT.glob(".github/**/*.yml"),
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "infrastructure").rglob("*.py"),
    *(path for path in (ROOT / "tests").glob("**/*.py") if path != Path(__file__)),
]
# This project, by the build backend that was installed before it.
OURSELVES = "install --quiet --no-deps --no-build-isolation --editable ."


def pip_commands(text: str) -> list[str]:
    """What follows `pip` in commands of a script or in a Python list of arguments, one line each."""
    plain = re.sub(r"\\\n\s*", " ", text)
    plain = re.sub(r"\]\n\s*command \+= \[", " ", plain)  # a list that goes on
    plain = re.sub(r"[\"',\[\]]", " ", plain)
    found = re.findall(
        r"(?:\bpip3?|\$\(PIP\))(?=\s)([^\n;&|`]*\b(?:install|download|wheel)\b[^\n;&|`]*)", plain
    )
    return [" ".join(command.split()) for command in found]


INSTALLING = [path for path in SCRIPTS if pip_commands(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", INSTALLING, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_built_while_it_is_installed(path: Path) -> None:
    """A source distribution runs its own code at installation; a wheel is unpacked."""
    for command in pip_commands(path.read_text("utf-8")):
        if command == OURSELVES:
            continue
        assert re.search(r"--only-binary[= ]:all:", command), command
        assert "--no-deps" in command, command
        assert "--no-binary" not in command, command
        if re.search(r" -r |--target", command):
            assert "--require-hashes" in command, command


def test_commands_of_pip_are_found_however_they_are_written() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    commands = pip_commands(makefile)
    assert len(commands) == len(re.findall(r"\binstall --quiet", makefile)) == 6
    assert commands.count(OURSELVES) == 1
    assert len(pip_commands((ROOT / "requirements/Makefile").read_text("utf-8"))) == 1
    assert len(pip_commands((ROOT / "infrastructure/local/instruct_model.py").read_text("utf-8"))) == 1
    assert pip_commands("run: python3 -m pip install \\\n   x") == ["install x"]
    assert pip_commands("use `pip install x` and `pip --quiet download y`") == [
        "install x",
        "--quiet download y",
    ]


def test_the_build_backend_is_pinned_and_hashed() -> None:
    """It is the one package that builds something, this one, and comes from the same file as the others."""
    (required,) = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    lines = (ROOT / "requirements/local.txt").read_text("utf-8").splitlines()
    assert f"{required} \\" in lines


def pins(file: str) -> set[tuple[str, str]]:
    text = (ROOT / "requirements" / file).read_text("utf-8")
    return set(re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE))


def test_the_tests_run_what_is_run() -> None:
    assert pins("runtime.txt") < pins("local.txt") < pins("dev.txt")


# What of ours runs where `make run` has installed: the rest makes documents or measures.
RUN = (
    "functions/**/*.py",
    "infrastructure/*.py",
    "infrastructure/local/**/*.py",
    "infrastructure/operator/**/*.py",
)
OF_DOCUMENTS = {"documents.py", "picture.py", "sbom.py", "share_images.py"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_what_runs_is_installed_without_the_tools_of_the_tests() -> None:
    files = [path for pattern in RUN for path in ROOT.glob(pattern) if path.name not in OF_DOCUMENTS]
    assert len(files) > 100
    ours = {
        "arxivdaily",
        "infrastructure",
        "fetch",
        "classify",
        "translate",
        "enrich",
        "render",
        "awslambdaric",
    }
    names = set.union(*map(imported, files)) - set(sys.stdlib_module_names) - ours
    distributions = importlib.metadata.packages_distributions()
    installed = {re.sub(r"[-_.]+", "-", name).lower() for name, _ in pins("local.txt")}
    missing = {
        name
        for name in names
        if not {re.sub(r"[-_.]+", "-", found).lower() for found in distributions.get(name, [name])}
        & installed
    }
    assert not missing


def test_no_script_of_npms_packages_runs() -> None:
    for path in SCRIPTS:
        text = path.read_text("utf-8")
        for command in re.findall(r"\bnpm (?:ci|install)\b[^\n]*", text):
            assert "--ignore-scripts" in command, f"{path}: {command}"


def test_the_layers_requirements_are_all_installed_as_pinned_for_the_tests() -> None:
    dev = dict(
        re.findall(
            r"^([\w.-]+)==([\w.+!-]+)", (ROOT / "requirements/dev.txt").read_text("utf-8"), re.MULTILINE
        )
    )
    for package in PACKAGES:
        if package.name != "numpy":  # another version for each Python
            assert dev[package.name] == package.version


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_deployed_package_has_a_licence_that_is_allowed(package: sbom.Package) -> None:
    licensing = get_spdx_licensing()
    keys = licensing.license_keys(licensing.parse(package.licence, validate=True))
    assert keys
    assert set(keys) <= ALLOWED


def test_the_list_of_licences_is_current() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert "\n".join(sbom.table(PACKAGES)) in text, "run `make docs`"


def test_the_bill_of_materials_is_valid_and_has_every_deployed_package() -> None:
    text = sbom.bill(PACKAGES)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made = json.loads(text)
    assert sorted(c["purl"] for c in made["components"]) == sorted(
        f"pkg:pypi/{p.name}@{p.version}" for p in PACKAGES
    )
    for component in made["components"]:
        (reference,) = component["externalReferences"]
        assert all(re.fullmatch("[0-9a-f]{64}", one["content"]) for one in reference["hashes"])
        assert component["licenses"]
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in made["dependencies"]}
    (boto3,) = [ref for ref in needs if ref.startswith("pkg:pypi/boto3@")]
    assert [ref.partition("@")[0] for ref in needs[boto3]] == [
        "pkg:pypi/botocore",
        "pkg:pypi/jmespath",
        "pkg:pypi/s3transfer",
    ]
    assert made["serialNumber"] == json.loads(sbom.bill(PACKAGES))["serialNumber"]


def test_what_the_runtime_asks_for_is_in_the_bill() -> None:
    direct = re.findall(
        r"^([A-Za-z][\w.-]*)", (ROOT / "requirements/runtime.in").read_text("utf-8"), re.MULTILINE
    )
    deployed = {package.name for package in PACKAGES if package.layer == "DependenciesLayer"}
    assert len(direct) >= 9
    assert set(direct) <= deployed
    assert {"onnxruntime", "tokenizers", "numpy"} <= {p.name for p in PACKAGES if p.layer == "EmbeddedLayer"}


def test_the_browsers_checkers_are_pinned_by_their_integrity() -> None:
    lock = json.loads((ROOT / "tests/site/package-lock.json").read_text("utf-8"))
    installed = {name: entry for name, entry in lock["packages"].items() if name}
    assert installed
    for name, entry in installed.items():
        assert entry["integrity"].startswith("sha512-"), name


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_actions_are_pinned_by_commit_and_jobs_may_do_little(path: Path) -> None:
    text = path.read_text("utf-8")
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        if action.startswith("./"):  # another workflow of the same commit
            continue
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+(\.\d+)*", comment), action
    assert re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE)
    assert "secrets." not in text
