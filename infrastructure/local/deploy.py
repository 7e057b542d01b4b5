"""`template.yaml` deployed to the emulator as `sam package` and `sam deploy` would.

The template is used as it is: nothing about the application is written a second time. Local code
paths become packages in a bucket, and a parameter is overridden where the environment variable
that it stands for is set (ARXIV_FEED_URL overrides ArxivFeedUrl).
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from infrastructure.local.emulator import Emulator
from infrastructure.local.errors import LocalError

STACK = "arxivdaily-local"
_PACKAGES_BUCKET = "arxivdaily-local-packages"
_TIMEOUT = 60.0  # seconds for the stack; it takes less than one
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a ZIP file can hold: same files, same bytes
_PLAIN_TAGS = ("Ref", "Condition")  # the short forms whose long form has no `Fn::`
_SOURCE_PROPERTIES = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_NESTED = "AWS::CloudFormation::Stack"

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref x`) read as their long ones."""


def _construct_short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # nosec B101 # YAML has three kinds of node
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in _PLAIN_TAGS else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _construct_short_form)


def read_template(path: Path) -> Template:
    """The template as plain data; LocalError if it is not readable YAML."""
    try:
        template = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # nosec B506 # a SafeLoader
    except (OSError, yaml.YAMLError) as error:
        raise LocalError(f"cannot read {path}: {error}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise LocalError(f"{path} is not a template: it has no Resources")
    return template


def variable_of(parameter: str) -> str:
    """The environment variable that a parameter stands for: ArxivFeedUrl is ARXIV_FEED_URL."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).upper()


def overrides(template: Template, environment: Mapping[str, str]) -> dict[str, str]:
    """Parameter values that the environment sets; an empty variable counts as not set."""
    values = {name: environment.get(variable_of(name), "").strip() for name in template.get("Parameters", {})}
    return {name: value for name, value in values.items() if value}


def package(template: Template, root: Path, upload: Callable[[str, bytes], str]) -> Template:
    """The template with every local path replaced by what `upload(key, bytes)` returns, `s3://bucket/key`:
    code and layers as ZIP files, nested stacks as templates.

    A layer with a BuildMethod is made by `sam build`; here it is empty, because the emulator runs
    functions in this environment, which has the same pinned packages.
    """
    packaged = copy.deepcopy(template)
    sections = [
        (packaged.get("Globals", {}).get("Function", {}), "CodeUri", {}),
        *(
            (resource.get("Properties", {}), _SOURCE_PROPERTIES[resource["Type"]], resource)
            for resource in packaged["Resources"].values()
            if resource["Type"] in _SOURCE_PROPERTIES
        ),
    ]
    uploaded: dict[str, str] = {}
    for properties, name, resource in sections:
        path = properties.get(name)
        if not isinstance(path, str) or path.startswith("s3://"):
            continue
        built_elsewhere = name == "ContentUri" and "BuildMethod" in resource.get("Metadata", {})
        source = "" if built_elsewhere else path
        if source not in uploaded:
            body = _zip(root / source) if source else _empty_zip()
            uploaded[source] = upload(f"{hashlib.sha256(body).hexdigest()}.zip", body)
        properties[name] = uploaded[source]
    for resource in packaged["Resources"].values():
        if resource["Type"] == _NESTED:
            properties = resource["Properties"]
            properties["TemplateURL"] = _nested(root / properties["TemplateURL"], upload)
    return packaged


def _nested(path: Path, upload: Callable[[str, bytes], str]) -> str:
    """The address of an uploaded nested stack."""
    return _uploaded(read_template(path), upload)


def _uploaded(template: Template, upload: Callable[[str, bytes], str]) -> str:
    """The address of an uploaded template, in the one form that CloudFormation takes. By address it may be a
    megabyte long; in the request itself no more than 51,200 bytes, which ours is close to."""
    body = json.dumps(template, ensure_ascii=False).encode()
    location = upload(f"{hashlib.sha256(body).hexdigest()}.template", body)
    return f"https://s3.amazonaws.com/{location.removeprefix('s3://')}"


def _zip(folder: Path) -> bytes:
    if not folder.is_dir():
        raise LocalError(f"the template names {folder}, which does not exist")
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and _is_shipped(path, folder))
    return _zip_of((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)


def _is_shipped(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    is_made = path.suffix == ".pyc" or any(part.startswith((".", "__pycache__")) for part in parts)
    return not is_made and path.name != "Makefile"


def _empty_zip() -> bytes:
    return _zip_of([("README", b"Built by `sam build`; locally the environment has these packages.\n")])


def _zip_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in files:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    return buffer.getvalue()


# CloudFormation's code for it, ValidationError, has many other meanings.
_UNCHANGED = "No updates are to be performed"


class Stack:
    """The application in the emulator."""

    def __init__(self, emulator: Emulator, root: Path) -> None:
        self._emulator = emulator
        self._client = emulator.client("cloudformation")
        self._root = root
        self.outputs: dict[str, str] = {}

    def create(self, environment: Mapping[str, str]) -> None:
        """Package, deploy and read the outputs; LocalError names the resource that failed."""
        template = read_template(self._root / "template.yaml")
        self._deploy(self._client.create_stack, self._packaged(template), overrides(template, environment))

    def update(self, environment: Mapping[str, str]) -> None:
        """Deploy the same template with other parameter values; nothing where all are deployed already."""
        template = read_template(self._root / "template.yaml")
        self._deploy(self._client.update_stack, self._packaged(template), overrides(template, environment))

    def _packaged(self, template: Template) -> str:
        """The address of the template, with all that it names in the bucket beside it."""
        s3 = self._emulator.client("s3")
        s3.create_bucket(Bucket=_PACKAGES_BUCKET)

        def upload(key: str, body: bytes) -> str:
            s3.put_object(Bucket=_PACKAGES_BUCKET, Key=key, Body=body)
            return f"s3://{_PACKAGES_BUCKET}/{key}"

        return _uploaded(package(template, self._root, upload), upload)

    def _deploy(self, operation: Callable[..., Any], address: str, values: Mapping[str, str]) -> None:
        from botocore.exceptions import ClientError

        try:
            operation(
                StackName=STACK,
                TemplateURL=address,
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
            self.outputs = self._wait()
            self._settle_numbers()
        except ClientError as error:
            if error.response["Error"].get("Message", "").startswith(_UNCHANGED):
                return
            raise LocalError(f"cannot deploy template.yaml: {error}") from error

    def _settle_numbers(self) -> None:
        """Set what event source mappings take from Number parameters, as numbers.

        CloudFormation converts a parameter to the type of the property that it is used in;
        ministack 1.5 leaves text there, and its poller then fails to compare it with a number.
        """
        client = self._emulator.client("lambda")
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            changed: dict[str, Any] = {"BatchSize": int(mapping["BatchSize"])}
            if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
                changed["ScalingConfig"] = {"MaximumConcurrency": int(limit)}
            client.update_event_source_mapping(UUID=mapping["UUID"], **changed)

    def _wait(self) -> dict[str, str]:
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            self._emulator.check()
            stack = self._client.describe_stacks(StackName=STACK)["Stacks"][0]
            status = stack["StackStatus"]
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
            if not status.endswith("_IN_PROGRESS") or "ROLLBACK" in status:
                raise LocalError(f"cannot deploy template.yaml: {self._first_failure() or status}")
            time.sleep(0.1)
        raise LocalError(f"template.yaml was not deployed within {_TIMEOUT:.0f} s")

    def _first_failure(self) -> str:
        events = self._client.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
        failed.sort(key=lambda event: event["Timestamp"])
        return "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'failed')}"
            for event in failed[:1]
        )
