"""What is made while Lambda starts a function."""

from __future__ import annotations

import pytest
from arxivdaily import wiring
from arxivdaily.errors import ConfigurationError


@pytest.mark.parametrize("is_lambda", [True, False])
def test_only_lambda_gets_ready_at_its_start(monkeypatch: pytest.MonkeyPatch, is_lambda: bool) -> None:
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    if is_lambda:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    made: list[str] = []
    wiring.prepare(lambda: made.append("one"), lambda: made.append("two"))
    assert made == (["one", "two"] if is_lambda else [])


def test_a_wrong_setting_does_not_stop_a_function_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    made: list[str] = []

    def broken() -> None:
        raise ConfigurationError("TABLE_NAME is not set")

    wiring.prepare(broken, lambda: made.append("the rest"))
    assert made == ["the rest"]
