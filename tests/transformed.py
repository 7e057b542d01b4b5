"""template.yaml as CloudFormation gets it: after SAM's own transform, the one of the service."""

from __future__ import annotations

import os
from typing import Any
from unittest.mock import patch

from aws_resources import load_template
from samtranslator.translator.transform import transform

PACKAGED = "s3://packaged-by-sam/object"


class _NoManagedPolicies:
    """SAM asks it for policies that are named without an ARN; ours are written out."""

    def load(self) -> dict[str, str]:
        return {}


def packaged() -> dict[str, Any]:
    """The template after `sam package`, which replaces folders and files by what it uploaded."""
    template = load_template()
    template["Globals"]["Function"]["CodeUri"] = PACKAGED
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = PACKAGED
        if resource["Type"] == "AWS::CloudFormation::Stack":
            resource["Properties"]["TemplateURL"] = (
                "https://s3.us-east-1.amazonaws.com/packaged-by-sam/object"
            )
    return template


def transformed() -> dict[str, Any]:
    """Raises samtranslator's InvalidDocumentException for what SAM refuses."""
    with patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):  # it insists on one
        made: dict[str, Any] = transform(packaged(), {}, _NoManagedPolicies())
    return made
