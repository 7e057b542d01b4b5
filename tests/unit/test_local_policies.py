"""What the emulator's policies see of a request, where ministack alone sees less than AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core import iam_actions

from infrastructure.local.ministack_server import tell_of_events

OURS = {"Source": "arxivdaily", "DetailType": "EditionPublished", "Detail": "{}"}


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam_actions, "request_tag_context", iam_actions.request_tag_context)
    tell_of_events()


def keys(body: Any, action: str = "events:PutEvents") -> dict[str, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found: dict[str, Any] = iam_actions.request_tag_context("events", action, data, {})
    return found


def test_an_events_source_and_type_are_keys() -> None:
    told = {"events:source": "arxivdaily", "events:detail-type": "EditionPublished"}
    assert keys({"Entries": [OURS]}) == told
    assert keys({"Entries": [OURS, OURS | {"Detail": '{"another": 1}'}]}) == told


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        [],
        {},
        {"Entries": []},
        {"Entries": [{"Source": "arxivdaily"}]},
        {"Entries": [OURS | {"Source": 5}]},
        {"Entries": [OURS, OURS | {"Source": "aws.s3"}]},
        {"Entries": [OURS, OURS | {"DetailType": "Another"}]},
    ],
)
def test_what_is_unclear_fulfils_no_condition(body: Any) -> None:
    assert keys(body) == {}


def test_other_requests_are_as_they_were() -> None:
    assert keys({"Entries": [OURS]}, "events:PutRule") == {}
