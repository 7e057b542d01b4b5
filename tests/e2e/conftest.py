"""One deployment for all end-to-end tests; each announces editions of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from deployed_application import API_KEY, KEY_PARAMETER, Application, Model, parameters

from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator
from infrastructure.local.run import ROOT
from infrastructure.local.sample_server import SampleArxiv


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    state = tmp_path_factory.mktemp("state")
    with SampleArxiv((), affiliations={}) as arxiv, Model() as model:
        environment = parameters(arxiv, model, ROOT / "templates" / "site")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LLM_")}
        with Emulator(state, inherited, enforce_iam=True) as emulator:
            emulator.client("ssm").put_parameter(Name=KEY_PARAMETER, Type="SecureString", Value=API_KEY)
            stack = Stack(emulator, ROOT)
            stack.create(environment)
            yield Application(emulator, stack, arxiv, model)
