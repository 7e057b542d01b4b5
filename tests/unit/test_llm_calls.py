"""Patience with a busy service, and what counts as a JSON answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.model_calls import MAX_ANSWER, Patience, UnusableAnswerError, ask, complete, json_object
from arxivdaily.ports import Completion, Prompt
from fakes_models import USAGE, FakeModel
from hypothesis import given, settings
from hypothesis import strategies as st

PROMPT = Prompt("test", "system", "user", {"type": "object"}, 100)


@dataclass
class Time:
    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def patience(self, **changes: float) -> Patience:
        return Patience(clock=lambda: self.now, sleep=self.sleep, random=lambda: 0.5, **changes)  # type: ignore[arg-type]


def test_a_busy_service_is_asked_again_with_growing_waits() -> None:
    time = Time()
    model = FakeModel(TransientError("busy"), TransientError("busy"), {"a": 1})
    assert ask(model, PROMPT, time.patience()) == ({"a": 1}, USAGE)
    assert time.waits == [1.0, 2.0]


def test_retry_after_is_a_lower_bound() -> None:
    time = Time()
    complete(FakeModel(TransientError("busy", retry_after=7), {}), PROMPT, time.patience())
    assert time.waits == [7.5]


def test_a_wait_beyond_the_budget_is_left_to_the_queue() -> None:
    time = Time()
    with pytest.raises(TransientError) as caught:
        complete(FakeModel(TransientError("busy", retry_after=31)), PROMPT, time.patience())
    assert caught.value.retry_after == 31
    assert time.waits == []


def test_a_pause_that_a_service_asked_for_is_kept_by_everybody_who_asks_it() -> None:
    time = Time()
    patience = time.patience()
    with pytest.raises(TransientError):
        complete(FakeModel(TransientError("busy", retry_after=31)), PROMPT, patience)
    other = FakeModel({})
    with pytest.raises(TransientError, match="asked for a pause") as caught:
        complete(other, PROMPT, patience)
    assert caught.value.retry_after == 31
    assert other.prompts == []  # not even tried
    time.now += 30
    complete(other, PROMPT, patience)
    assert time.waits == [1.5]  # the rest of the pause, and some jitter


def test_a_call_that_took_its_whole_timeout_is_not_repeated() -> None:
    time = Time()

    def hangs(_: Prompt) -> Exception:
        time.now += 60
        return TransientError("timed out")

    model = FakeModel(hangs)
    with pytest.raises(TransientError, match="timed out"):
        complete(model, PROMPT, time.patience())
    assert len(model.prompts) == 1


def test_tries_are_bounded_and_the_last_error_is_raised() -> None:
    model = FakeModel(TransientError("first"), TransientError("second"), TransientError("third"))
    with pytest.raises(TransientError, match="third"):
        complete(model, PROMPT, Time().patience())


def test_permanent_errors_are_not_retried() -> None:
    model = FakeModel(PermanentError("no such model"))
    with pytest.raises(PermanentError, match="no such model"):
        complete(model, PROMPT, Time().patience())
    assert len(model.prompts) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' {"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}```',
        '<think>{"b": 2}</think>\n{"a": 1}',
        '{"b": 2}\n</think>\n{"a": 1}',  # a template has eaten the tag that begins them
        '[THINK]{"b": 2}[/THINK]{"a": 1}',
        '<think>{"b": 2}</think><think>{"c": 3}</think>{"a": 1}',
        '好的：{"a": 1}',
        'Here is the JSON: {"a": 1}. Shall I {go on}?',
        'First {"b": 2}, no:\n{"a": 1}',
        'Of \\mathcal{O}(n {and "quotes}: {"a": 1} "}',
        '{"a": 1}\n<think>Was that {"b": 2}?',
    ],
)
def test_json_is_found_in_the_wrappings_of_chat_models(text: str) -> None:
    assert json_object(text) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "抱歉",
        "[1]",
        '[{"a": 1}]',
        '"text"',
        '{"a": 1',
        '{"papers": [{"a": 1}, {"a": 2',  # not one of its parts
        'So: {"papers": {"a": 1}',
        '<think>{"a": 1}</think> I cannot.',
        '<think>Perhaps {"a": 1}',
        '{"a": NaN}',
        "[" * 100_000,
        "x" * (MAX_ANSWER + 1),
    ],
)
def test_anything_else_is_no_answer(text: str) -> None:
    with pytest.raises(UnusableAnswerError) as caught:
        ask(FakeModel(Completion(text, USAGE)), PROMPT, Patience())
    assert caught.value.usage == USAGE


VALUES = st.recursive(
    st.one_of(st.text(), st.integers(-9, 9), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, min_size=1, max_size=4)
# Whatever is said around an answer; of the marks only those that are paired, or mean nothing to JSON.
PROSE = st.lists(
    st.sampled_from(["Sure. ", "{x} ", '"quoted" ', "\n", "```json\n", "\\{", "好的：", "O(n^{2}) ", "[1] "]),
    max_size=6,
).map("".join)


@settings(deadline=None)
@given(OBJECTS, OBJECTS, PROSE, PROSE, st.booleans())
def test_the_last_object_after_thoughts_is_the_answer_whatever_it_says(
    draft: dict[str, object], answer: dict[str, object], before: str, after: str, has_tag: bool
) -> None:
    drafted, answered = json.dumps(draft), json.dumps(answer, ensure_ascii=False)
    thoughts = (
        f"{'<think>' if has_tag else ''}{before}{drafted}</think>" if "</think>" not in answered else ""
    )
    assert json_object(f"{thoughts}{before}\n{answered}\n{after}") == json.loads(answered)


@pytest.mark.parametrize("element", ["[]", "0", "-1.5e3", "true", "false", "null", '"x"', '{"y": 1}'])
def test_an_object_after_any_other_element_is_part_of_a_list(element: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_object(f'Here:\n{{"papers": [{element}, {{"id": "a"}}')


@settings(deadline=None)
@given(OBJECTS, st.data())
def test_an_answer_that_was_cut_is_not_one_of_its_parts(
    value: dict[str, object], data: st.DataObject
) -> None:
    whole = json.dumps({"papers": [value, value]})
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    with pytest.raises(ValueError, match="JSON"):
        json_object(f"Here:\n{cut}")


def test_a_truncated_answer_is_unusable_even_if_it_parses() -> None:
    with pytest.raises(UnusableAnswerError) as caught:
        ask(FakeModel(Completion("{}", USAGE, truncated=True)), PROMPT, Patience())
    assert caught.value.truncated
