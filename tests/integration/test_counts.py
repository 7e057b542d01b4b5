"""What a day asks of AWS and of models, and that an archive does not add to it: counts, with room to spare.

`make bench` measures the same at the size of a real day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from arxivdaily.adapters import aws, dynamodb
from bench import archive, calls
from bench.day import announced, days
from botocore.session import Session

PAPERS = 30
EDITIONS = 200


@pytest.fixture(scope="module")
def day() -> Mapping[str, float]:
    """Thirty papers from announcement to site, each wanted by one channel and translated."""
    with days() as application:
        return application.edition(announced(PAPERS))


def test_models_are_asked_once_a_paper_and_once_a_group(day: Mapping[str, float]) -> None:
    assert day["model.calls"] == PAPERS + 3, "fourteen papers share a call to classify"
    assert day["model.tokens"] < 800 * PAPERS


def test_papers_share_invocations(day: Mapping[str, float]) -> None:
    assert day["lambda.classify"] == 1
    assert day["lambda.translate"] <= PAPERS // 10 + 2
    assert day["lambda.enrich"] <= 3


def test_a_papers_requests_are_few(day: Mapping[str, float]) -> None:
    assert calls.of(day, "dynamodb") < 14 * PAPERS
    assert calls.of(day, "sqs") < 1.2 * PAPERS
    assert day["sqs.SendMessageBatch"] < 0.5 * PAPERS, "messages go ten in a request"
    assert day["dynamodb.write_units"] < 75 * PAPERS
    assert day["dynamodb.read_units"] < 30 * PAPERS


def test_only_what_changes_is_uploaded(day: Mapping[str, float]) -> None:
    """Two renders: a day's objects, and those that translation changed."""
    assert calls.of(day, "s3") < 1_400
    assert day["s3.bytes"] < 9_000_000


def test_one_dynamodb_client_serves_every_kind_of_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would be a tenth of a second of a cold start; threads would make them at the same time."""
    made: list[str] = []
    create = Session.create_client

    def counting(self: Session, service: str, *arguments: Any, **options: Any) -> Any:
        made.append(service)
        return create(self, service, *arguments, **options)

    dynamodb.models.cache_clear()
    with days() as application:
        monkeypatch.setattr(Session, "create_client", counting)
        application.edition(announced(3))
    assert made.count("dynamodb") == 1


def test_every_client_is_made_from_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another would read once more what botocore knows of endpoints (docs/adr/0021)."""
    monkeypatch.setattr("pynamodb.connection.base.get_session", pytest.fail)
    dynamodb.models.cache_clear()
    found = dynamodb.models("any").connect()
    assert found.connection.session is aws.session()
    dynamodb.models.cache_clear()


def test_an_archive_costs_a_render_nothing_but_its_calendar() -> None:
    window, long = archive.counts(3, PAPERS), archive.counts(EDITIONS, PAPERS)
    assert long["dynamodb_requests"] == window["dynamodb_requests"]
    assert long["s3_requests"] == window["s3_requests"]
    a_years_editions = 100  # units
    assert long["dynamodb_read_units"] < window["dynamodb_read_units"] + a_years_editions
