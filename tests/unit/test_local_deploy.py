"""Packaging and parameters: what `sam package` does, without a second list of settings."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import cast

import pytest
from arxivdaily.settings import Settings
from botocore.exceptions import ClientError

from infrastructure.local.deploy import Stack, overrides, package, read_template, variable_of
from infrastructure.local.emulator import Emulator
from infrastructure.local.errors import LocalError

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"

SMALL = """
Parameters:
  ArxivFeedUrl: {Type: String, Default: "https://rss.arxiv.org"}
  TranslateLimit: {Type: Number, Default: 0}
Globals:
  Function: {CodeUri: code/}
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  One:
    Type: AWS::Serverless::Function
    Properties: {Handler: !Sub "${Table}.x", Role: !GetAtt Role.Arn.More, Layers: [!Ref Built, !Ref Plain]}
  Built:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: makefile}
    Properties: {ContentUri: requirements/}
  Plain:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: code/}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(SMALL)
    code = tmp_path / "code"
    (code / "__pycache__").mkdir(parents=True)
    (code / "app.py").write_text("x = 1\n")
    (code / "__pycache__" / "app.cpython-311.pyc").write_bytes(b"compiled")
    (code / ".hidden").write_text("secret")
    return tmp_path


def packages(project: Path) -> tuple[dict[str, bytes], dict[str, object]]:
    uploads: dict[str, bytes] = {}

    def upload(key: str, body: bytes) -> str:
        uploads[key] = body
        return f"s3://bucket/{key}"

    return uploads, package(read_template(project / "template.yaml"), project, upload)


def names(body: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(body)).namelist()


def test_local_paths_become_packages(project: Path) -> None:
    uploads, packaged = packages(project)
    code = packaged["Globals"]["Function"]["CodeUri"]  # type: ignore[index]
    assert names(uploads[code.rpartition("/")[2]]) == ["app.py"]
    layers = packaged["Resources"]
    assert layers["Plain"]["Properties"]["ContentUri"] == code  # type: ignore[index]


def test_a_layer_that_sam_builds_is_empty(project: Path) -> None:
    uploads, packaged = packages(project)
    layer = packaged["Resources"]["Built"]["Properties"]["ContentUri"]  # type: ignore[index]
    assert names(uploads[layer.rpartition("/")[2]]) == ["README"]


def test_a_nested_stack_becomes_an_address_of_its_template(project: Path) -> None:
    (project / "inner.yaml").write_text("Resources: {Bucket: {Type: AWS::S3::Bucket}}")
    nested = "  Inner:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: inner.yaml}\n"
    (project / "template.yaml").write_text(SMALL + nested)
    uploads, packaged = packages(project)
    address = packaged["Resources"]["Inner"]["Properties"]["TemplateURL"]  # type: ignore[index]
    assert address.startswith("https://s3.amazonaws.com/bucket/")
    body = uploads[address.rpartition("/")[2]]
    assert json.loads(body) == {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}


def test_the_same_files_give_the_same_bytes(project: Path) -> None:
    first, _ = packages(project)
    (project / "code" / "app.py").touch()
    second, _ = packages(project)
    assert first == second


def test_a_path_that_is_not_there_is_named(project: Path) -> None:
    (project / "template.yaml").write_text(SMALL.replace("code/", "elsewhere/"))
    with pytest.raises(LocalError, match="elsewhere"):
        packages(project)


def test_short_forms_are_read_as_long_ones(project: Path) -> None:
    one = read_template(project / "template.yaml")["Resources"]["One"]["Properties"]
    assert one["Handler"] == {"Fn::Sub": "${Table}.x"}
    assert one["Role"] == {"Fn::GetAtt": ["Role", "Arn.More"]}
    assert one["Layers"] == [{"Ref": "Built"}, {"Ref": "Plain"}]


@pytest.mark.parametrize("text", ["Resources: [", "just text", "Outputs: {}"])
def test_a_template_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    with pytest.raises(LocalError, match=r"template\.yaml"):
        read_template(path)


def test_the_environment_overrides_parameters(project: Path) -> None:
    template = read_template(project / "template.yaml")
    environment = {"ARXIV_FEED_URL": "http://127.0.0.1:1", "TRANSLATE_LIMIT": "", "PATH": "/bin"}
    assert overrides(template, environment) == {"ArxivFeedUrl": "http://127.0.0.1:1"}


def test_parameters_of_the_real_template_are_settings_or_of_the_deployment() -> None:
    settings = {name.upper() for name in Settings.__dataclass_fields__}
    deployment_only = {
        "ALARM_EMAIL",
        "CLASSIFY_CONCURRENCY",
        "LOG_LEVEL",
        "LOG_RETENTION_DAYS",
        "MONTHLY_BUDGET",
        "OBSERVABILITY",
        "SCHEDULE_STATE",
        "TRANSLATE_BATCH_SIZE",
        "TRANSLATE_CONCURRENCY",
    }
    variables = {variable_of(name) for name in read_template(TEMPLATE)["Parameters"]}
    functional = variables - deployment_only
    assert functional & settings, "no parameter reaches a function"
    assert {name for name in functional if name.startswith(("ARXIV_", "LLM_"))} <= settings


class CloudFormation:
    """Refuses an update with a message, as the service words it."""

    def __init__(self, message: str) -> None:
        self._message = message

    def client(self, _service: str) -> CloudFormation:
        return self

    def create_bucket(self, **_: object) -> None:
        pass

    def put_object(self, **_: object) -> None:
        pass

    def update_stack(self, **_: object) -> None:
        answer = {"Error": {"Code": "ValidationError", "Message": self._message}}
        raise ClientError(answer, "UpdateStack")


def test_what_is_deployed_already_is_no_error(project: Path) -> None:
    refusing = CloudFormation("No updates are to be performed.")
    Stack(cast("Emulator", refusing), project).update({})
    refusing = CloudFormation("Parameters: [X] must have values")
    with pytest.raises(LocalError, match="must have values"):
        Stack(cast("Emulator", refusing), project).update({})
