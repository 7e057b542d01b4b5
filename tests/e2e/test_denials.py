"""One permission taken away makes exactly that step fail, and the ledger says so; given back, it repairs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_application import PAPERS, Application, until


@pytest.fixture(autouse=True)
def _quiet(application: Application) -> None:
    """Nothing of an earlier test is under way."""
    application.be_quiet()


@pytest.fixture(scope="module", autouse=True)
def _tidy(application: Application) -> Iterator[None]:
    """What was given up meanwhile is thrown away, as an operator would who has mended the cause."""
    yield
    for queue in ("Papers", "Matched", "Enrich", "Render"):
        url = application.stack.outputs[f"{queue}DeadLetterQueueUrl"]
        application.emulator.client("sqs").purge_queue(QueueUrl=url)


def published(application: Application, edition: str) -> bool:
    return application.ledger_states(edition) == {"published": PAPERS}


def repaired(application: Application, edition: str) -> None:
    """With the permission back, a retry completes the edition."""
    succeeded, answer = application.fetch(edition=edition, retry=True)
    assert succeeded, answer
    until(lambda: published(application, edition), f"{edition} is complete")


def test_fetch_may_not_write(application: Application) -> None:
    edition = application.announce()
    with application.without("FetchRole", "dynamodb:PutItem"):
        succeeded, answer = application.fetch()
        assert not succeeded
        assert "dynamodb:PutItem" in answer["errorMessage"]
        assert application.states(edition) == {}
        assert application.ledger(edition) is None
    succeeded, answer = application.fetch()
    assert succeeded, answer
    until(lambda: published(application, edition), f"{edition} is complete")


def test_classify_may_not_read_the_key(application: Application) -> None:
    edition = application.announce()
    with application.without("ClassifyRole", "ssm:GetParameter"):
        application.start_anew("ClassifyFunction")
        assert application.fetch()[0]
        until(lambda: application.ledger_states(edition).get("failed") == PAPERS, "every paper has failed")
        assert all("ssm:GetParameter" in reason for reason in application.reasons(edition))
    repaired(application, edition)


def test_translate_may_not_read_the_key(application: Application) -> None:
    edition = application.announce()
    with application.without("TranslateRole", "ssm:GetParameter"):
        application.start_anew("TranslateFunction")
        assert application.fetch()[0]
        until(
            lambda: application.ledger_states(edition) == {"untranslated": PAPERS},
            "every paper is published in English",
        )
        assert all("ssm:GetParameter" in reason for reason in application.reasons(edition))
    repaired(application, edition)


def test_translate_may_not_write(application: Application) -> None:
    """What models answered cannot be kept: the papers stay pending, and the ledger counts them so."""
    edition = application.announce()
    with application.without("TranslateRole", "dynamodb:PutItem"):
        assert application.fetch()[0]
        until(lambda: application.ledger_states(edition) == {"pending": PAPERS}, "the ledger is there")
        until(lambda: application.waiting("MatchedQueueUrl"), "the messages come back")
    repaired(application, edition)


@pytest.mark.parametrize("action", ["s3:PutObject", "dynamodb:Query"])
def test_render_may_not_publish(application: Application, action: str) -> None:
    edition = application.announce()
    with application.without("RenderRole", action):
        assert application.fetch()[0]
        until(lambda: application.states(edition) == {"published": PAPERS}, "every paper is translated")
        assert application.ledger(edition) is None
        until(lambda: application.waiting("RenderQueueUrl"), "the request comes back")
    repaired(application, edition)


def test_enrich_may_not_write(application: Application) -> None:
    """Nobody's affiliations are known, publishing does not wait for them, and the message is given up."""
    edition = application.announce()
    with application.without("EnrichRole", "dynamodb:PutItem"):
        assert application.fetch()[0]
        until(lambda: published(application, edition), "the edition is complete")
        until(lambda: application.waiting("EnrichDeadLetterQueueUrl"), "a dead letter")


@pytest.mark.parametrize("action", ["events:PutEvents", "cloudfront:CreateInvalidation"])
def test_render_may_not_tell(application: Application, action: str) -> None:
    """Readers have their pages all the same."""
    edition = application.announce()
    with application.without("RenderRole", action):
        assert application.fetch()[0]
        until(lambda: published(application, edition), "the edition is complete")
        until(lambda: application.logged("RenderLogGroup", action), f"a log line on {action}")
