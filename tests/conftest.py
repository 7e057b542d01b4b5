"""Shared fixtures. Unit tests run without sockets; AWS is moto in process, never the real one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_resources import MADE_UP, Resources, mocked

_TESTS = Path(__file__).resolve().parent

# Loggers are made when their modules are imported, some before any fixture: in Lambda they are all one
# service's and share what a handler adds to its lines.
os.environ.update({name: value for name, value in MADE_UP.items() if name.startswith("POWERTOOLS_")})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (_TESTS / "unit") in item.path.parents:
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up credentials, and nothing of the developer's own AWS configuration."""
    for name, value in MADE_UP.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def aws() -> Iterator[Resources]:
    """The template's stateful resources in moto; clients and settings made anew."""
    with mocked({"RenderWindow": "1"}) as resources:
        yield resources
