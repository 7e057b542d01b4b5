"""A day of the deployed application, with IAM enforced: what readers, listeners and the operator get."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from deployed_application import API_KEY, CHANNEL, PAPERS, Application, pairs, until

DEAD_LETTER_QUEUES = ("Papers", "Matched", "Enrich", "Render", "Schedule")


@pytest.fixture(scope="module")
def listener(application: Application) -> Iterator[str]:
    """The URL of a queue that hears of published editions, as whoever wants to listen would make it."""
    sqs, events = application.emulator.client("sqs"), application.emulator.client("events")
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    pattern = {"source": ["arxivdaily"], "detail-type": ["EditionPublished"]}
    events.put_rule(Name="published", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="published", Targets=[{"Id": "1", "Arn": arn}])
    yield url
    events.remove_targets(Rule="published", Ids=["1"])
    events.delete_rule(Name="published")
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def edition(application: Application, listener: str) -> str:
    """A day that the fetch function was asked for once."""
    return application.make_edition()


def test_every_paper_is_on_its_page_in_chinese(application: Application, edition: str) -> None:
    listed = json.loads(application.get(f"/api/{CHANNEL}/{edition}.json").body)["papers"]
    assert {paper["title"] for paper in listed} == {pair["title_en"] for pair in pairs()}
    page = application.get(f"/{CHANNEL}/{edition}/").body.decode()
    assert all(paper["title_zh"] in page and paper["abstract_zh"] for paper in listed)
    assert "译文待补" not in page


def test_the_table_and_the_ledger_agree_and_nothing_was_given_up(
    application: Application, edition: str
) -> None:
    assert application.states(edition) == application.ledger_states(edition)
    for queue in DEAD_LETTER_QUEUES:
        assert application.waiting(f"{queue}DeadLetterQueueUrl") == 0


def test_whoever_listens_is_told_once(application: Application, edition: str, listener: str) -> None:
    sqs = application.emulator.client("sqs")
    until(
        lambda: (
            sqs.get_queue_attributes(QueueUrl=listener, AttributeNames=["All"])["Attributes"][
                "ApproximateNumberOfMessages"
            ]
            != "0"
        ),
        "an event",
    )
    heard = sqs.receive_message(QueueUrl=listener, MaxNumberOfMessages=10)["Messages"]
    (event,) = [json.loads(message["Body"]) for message in heard]
    assert event["detail"]["edition"] == edition
    assert event["detail"]["url"] == f"{application.stack.outputs['SiteUrl']}/"


def test_asking_again_changes_nothing_and_costs_nothing(application: Application, edition: str) -> None:
    calls, objects = dict(application.model.calls), application.objects()
    succeeded, answer = application.fetch()
    assert succeeded
    assert answer["queued"] == 0
    assert application.model.calls == calls
    assert application.objects() == objects


def test_the_key_of_the_model_service_is_in_the_parameter_store_alone(
    application: Application, edition: str
) -> None:
    assert application.model.calls["translation"] >= PAPERS  # it was used
    functions = application.emulator.client("lambda").list_functions()["Functions"]
    assert API_KEY not in json.dumps(functions, default=str)
    assert not any(API_KEY.encode() in body for body in application.objects().values())
    assert API_KEY not in application.emulator.log.read_text(errors="replace")
