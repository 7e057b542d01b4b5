"""One simulation from nothing: moto's AWS, the simulation's time everywhere, clients made anew."""

from __future__ import annotations

import base64
import contextlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from arxivdaily import settings, wiring
from arxivdaily.adapters import aws, dynamodb
from arxivdaily.circuit import GuardedModel
from arxivdaily.domain.channels import Catalogue
from arxivdaily.model_calls import Patience
from aws_resources import create_resources
from chaos.checks import check
from chaos.day import Day
from chaos.kernel import Kernel, executor_for, semaphore_for
from chaos.outcome import Outcome
from chaos.world import World
from moto import mock_aws
from moto.core.serialize import AttributePicker, AttributePickerContext
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoResult

_THREADS = (
    "arxivdaily.use_cases.classify.ThreadPoolExecutor",
    "arxivdaily.use_cases.translate.ThreadPoolExecutor",
    "arxivdaily.classification.llm.ThreadPoolExecutor",
    "arxivdaily.adapters.dynamodb.ThreadPoolExecutor",
    "arxivdaily.adapters.s3.ThreadPoolExecutor",
    "arxivdaily.adapters.dynamodb.ThreadPoolExecutor",
)
_PICK = AttributePicker.__call__
_QUERY = Table.query
_RESULT = DynamoResult.execute_result


def simulate(
    seed: int,
    days: tuple[Day, Day],
    *,
    intensity: float = 1.0,
    all_channels: bool = False,
    brief: bool = False,
    throttled: float = 0.0,
) -> Outcome:
    """The course of events that a seed gives, and whether all promises were kept.

    `throttled`: for so many hours the account is, and nothing else goes wrong.
    Every channel has pages on every day, so a few channels stand for all of them unless told otherwise.
    """
    random.seed(seed)  # botocore's jitter
    with mock_aws(), contextlib.ExitStack() as stack:
        _forget()
        if not all_channels:
            few = _few_channels()
            stack.enter_context(mock.patch("arxivdaily.wiring.catalogue", return_value=few))
        world = World(seed, days, create_resources(), intensity=intensity, brief=brief, throttled=throttled)
        with _virtual_time(world.kernel, world):
            outcome = world.run(check)
        _forget()
    return outcome


@contextlib.contextmanager
def _virtual_time(kernel: Kernel, world: World) -> Iterator[None]:
    def seconds() -> float:
        return kernel.now

    def millis() -> float:
        return kernel.now * 1000

    patience = Patience.__init__.__defaults__
    assert patience is not None
    virtual = (*patience[:3], seconds, kernel.sleep, world.chance.random, *patience[6:])
    with contextlib.ExitStack() as stack:
        for target, value in {
            # Short lists, too, leave English abstracts to a page of their own, as those of a real day do.
            "arxivdaily.site.views.WHOLE_LISTING": 2,
            "moto.sqs.models.unix_time": seconds,
            "moto.sqs.models.unix_time_millis": millis,
            "arxivdaily.wiring.utc_now": world.now,
            "arxivdaily.wiring.pause": kernel.sleep,
            "botocore.endpoint.time": SimpleNamespace(sleep=kernel.sleep),
            "arxivdaily.adapters.pace.time": SimpleNamespace(sleep=kernel.sleep, monotonic=seconds),
            "arxivdaily.classification.llm.BoundedSemaphore": semaphore_for(kernel),
            "arxivdaily.use_cases.translate.BoundedSemaphore": semaphore_for(kernel),
            **dict.fromkeys(_THREADS, executor_for(kernel)),
        }.items():
            stack.enter_context(mock.patch(target, value))
        stack.enter_context(mock.patch.object(AttributePicker, "__call__", _picked))
        stack.enter_context(mock.patch.object(Table, "query", _query))
        stack.enter_context(mock.patch.object(DynamoResult, "execute_result", _items))
        stack.enter_context(mock.patch.object(Patience.__init__, "__defaults__", virtual))
        circuit = {**(GuardedModel.__init__.__kwdefaults__ or {}), "clock": seconds}
        stack.enter_context(mock.patch.object(GuardedModel.__init__, "__kwdefaults__", circuit))
        yield


def _picked(picker: AttributePicker, context: AttributePickerContext) -> Any:
    """moto's own, but looking first where DynamoDB's answers have it: that is half of a simulation's time."""
    if isinstance(context.obj, dict) and context.key in context.obj and not picker.response_transformers:
        return context.obj[context.key]
    return _PICK(picker, context)


def _items(answer: DynamoResult, context: Any) -> Any:
    """moto's own answer as JSON in one go: it walks through every attribute of every item by its model."""
    if context.operation_model.name not in ("Query", "GetItem", "BatchGetItem"):
        return _RESULT(answer, context)
    body = json.dumps(answer.result, default=lambda value: base64.b64encode(value).decode())
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, body


def _query(table: Table, hash_key: Any, *words: Any, **options: Any) -> Any:
    """moto's own, on the items of the partition asked for: it sorts the whole table for each query."""
    index = options.get("index_name") or (words[6] if len(words) > 6 else None)
    every = list(table.items[hash_key].values()) if not index else None
    if every is None:
        every = [item for items in table.items.values() for item in items.values()]
    with mock.patch.object(table, "all_items", return_value=every):
        return _QUERY(table, hash_key, *words, **options)


def _few_channels() -> Catalogue:
    whole = wiring.catalogue()
    groups = tuple(replace(group, channels=group.channels[:2]) for group in whole.groups[:2])
    return Catalogue(groups, f"{whole.version}-few")


def _forget() -> None:
    settings.load_settings.cache_clear()
    aws.client.cache_clear()
    dynamodb.models.cache_clear()
    for value in vars(wiring).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
