"""What models refuse is found out by asking: the real clients against services that refuse as others do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from arxivdaily.adapters import bedrock, openai_compatible
from arxivdaily.adapters.bedrock import BedrockModel
from arxivdaily.adapters.negotiation import ROOM_FOR_THOUGHTS
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.records import Usage
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from arxivdaily.model_calls import Patience, UnusableAnswerError, ask
from arxivdaily.ports import LanguageModel, Prompt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_service import BEDROCK, BEDROCK_FINAL, OPENAI, OPENAI_FINAL, Body, ModelService, Refusal

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 0}},
    "required": ["a"],
    "additionalProperties": False,
}
PROMPT = Prompt("answer", "The system text.", "The question.", SCHEMA, 5000)
CLAUDE = "eu.anthropic.claude-test-v1:0"
PATIENCE = Patience(tries=1)

Make = Callable[..., LanguageModel]


def _bedrock(monkeypatch: pytest.MonkeyPatch) -> Make:
    # The key of an API key's bearer: nothing is signed, and no credentials are looked for.
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a key")

    def make(service: ModelService, **changes: Any) -> LanguageModel:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
        return BedrockModel(CLAUDE, timeout=5, **changes)

    return make


def _openai(_: pytest.MonkeyPatch) -> Make:
    return lambda service, **changes: OpenAiModel(f"{service.url}/v1", str, "m", timeout=5, **changes)


KINDS: Mapping[str, tuple[Any, Mapping[str, Refusal], Mapping[str, Refusal], Mapping[str, Sequence[str]]]] = {
    "bedrock": (_bedrock, BEDROCK, BEDROCK_FINAL, bedrock.LADDERS),
    "openai": (_openai, OPENAI, OPENAI_FINAL, openai_compatible.LADDERS),
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, monkeypatch: pytest.MonkeyPatch) -> Make:
    made: Make = KINDS[kind][0](monkeypatch)
    return made


def answer_of(model: LanguageModel, prompt: Prompt = PROMPT) -> tuple[Mapping[str, object], Usage]:
    return ask(model, prompt, PATIENCE)


@pytest.mark.parametrize(("kind", "refused"), [(k, name) for k in KINDS for name in KINDS[k][1]])
def test_each_refusal_is_answered_at_once_and_remembered(kind: str, make: Make, refused: str) -> None:
    with ModelService([KINDS[kind][1][refused]]) as service:
        model = make(service)
        # A refused request costs nothing; the accepted one is counted once.
        assert answer_of(model) == ({"a": 1}, Usage(7, 0, 2))
        before = len(service.asked)
        assert [bool(asked.refused) for asked in service.asked] == [True] * (before - 1) + [False]
        assert (before > 1) is KINDS[kind][1][refused].applies(service.asked[0].body)
        assert answer_of(model) == ({"a": 1}, Usage(7, 0, 2))
        assert len(service.asked) == before + 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fixtures hold no state between examples
@given(data=st.data())
def test_a_model_that_can_be_asked_is_asked_whatever_it_refuses_and_in_whatever_order(
    kind: str, make: Make, data: st.DataObject
) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(KINDS[kind][1])), unique=True))
    steps = sum(len(forms) - 1 for forms in KINDS[kind][3].values())
    with ModelService([KINDS[kind][1][name] for name in names]) as service:
        model = make(service)
        assert answer_of(model)[0] == {"a": 1}
        assert len(service.asked) <= 1 + steps
        before = len(service.asked)
        assert answer_of(model)[0] == {"a": 1}
        assert len(service.asked) == before + 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_failure_surfaces_and_nothing_is_learnt_from_it(
    kind: str, make: Make, data: st.DataObject
) -> None:
    refusals = KINDS[kind][1]
    names = data.draw(st.lists(st.sampled_from(sorted(refusals)), unique=True, max_size=3))
    final = data.draw(st.sampled_from(sorted(set(KINDS[kind][2]) - {"unfinished tool use"})))
    with ModelService([*(refusals[name] for name in names), KINDS[kind][2][final]]) as service:
        model = make(service)
        with pytest.raises(ArxivDailyError) as caught:
            answer_of(model)
        said = KINDS[kind][2][final].said
        message = said.get("message") or said["error"]["message"]
        assert message[:60] in str(caught.value)
        # Without refusals the next request is the first one again.
        service.refuses = []
        first = service.asked[0].body
        answer_of(model)
        assert service.asked[-1].body == first


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("bare id", ConfigurationError),
        ("no such model", ConfigurationError),
        ("no access", ConfigurationError),
        ("too long", PermanentError),
        ("throttled", ThrottledError),
        ("too many tokens a day", ThrottledError),
    ],
)
def test_bedrocks_other_errors(
    monkeypatch: pytest.MonkeyPatch, final: str, expected: type[ArxivDailyError]
) -> None:
    with ModelService([BEDROCK_FINAL[final]]) as service:
        with pytest.raises(expected) as caught:
            answer_of(_bedrock(monkeypatch)(service))
        assert type(caught.value) is expected
        assert len(service.asked) == 1
        if final == "bare id":
            assert "inference profile" in str(caught.value)


def test_forms_of_a_converse_request(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["toolChoice.tool", "toolChoice.any", "additionalProperties", "cachePoint of DeepSeek", "tools"]
    with ModelService([BEDROCK[name] for name in names]) as service:
        answer_of(_bedrock(monkeypatch)(service))
        asked = [a.body for a in service.asked]
    schemas = [b["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"] for b in asked[:-1]]
    choices = [list(b["toolConfig"].get("toolChoice", {})) for b in asked[:-1]]
    assert choices == [["tool"], ["any"], [], [], []]
    assert schemas[2] == SCHEMA
    assert schemas[3] == {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert [len(b["system"]) for b in asked] == [2, 2, 2, 2, 1, 1]
    assert "toolConfig" not in asked[-1]
    text = asked[-1]["system"][0]["text"]
    assert text.startswith("The system text.\nJSON schema: {")
    assert json.loads(text.partition("JSON schema: ")[2]) == SCHEMA


def test_forms_of_a_chat_request() -> None:
    names = ["strict", "json_schema of DeepSeek", "json_object of LM Studio", "max_tokens", "system"]
    with ModelService([OPENAI[name] for name in names]) as service:
        answer_of(OpenAiModel(f"{service.url}/v1", str, "m"))
        asked = [a.body for a in service.asked]
    formats = [b.get("response_format", {}) for b in asked]
    assert [f.get("type") for f in formats] == ["json_schema", "json_schema", "json_object", None, None, None]
    assert ["strict" in f.get("json_schema", {}) for f in formats[:2]] == [True, False]
    assert [b.get("max_completion_tokens") for b in asked] == [None] * 4 + [5000, 5000]
    assert [b.get("max_tokens") for b in asked] == [5000] * 4 + [None, None]
    assert [m["role"] for m in asked[-1]["messages"]] == ["user"]
    assert asked[-1]["messages"][0]["content"].startswith("The system text.\nJSON schema: {")
    assert asked[-1]["messages"][0]["content"].endswith("}\n\nThe question.")


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"temperature": None}, {"temperature": None}),
        ({"temperature": 0.7}, {"temperature": 0.7}),
        ({"answer_format": "json"}, {"format": "offered"}),
        ({"answer_format": "text"}, {"format": "none"}),
    ],
)
def test_a_setting_says_where_to_begin(
    kind: str, make: Make, changes: Mapping[str, Any], shown: Mapping[str, Any]
) -> None:
    def read(body: Body) -> Mapping[str, Any]:
        if kind == "openai":
            form = body.get("response_format", {}).get("type", "none")
            return {
                "temperature": body.get("temperature"),
                "format": {"json_object": "offered"}.get(form, form),
            }
        tools = body.get("toolConfig")
        form = "none" if tools is None else "forced" if "toolChoice" in tools else "offered"
        return {"temperature": body["inferenceConfig"].get("temperature"), "format": form}

    with ModelService() as service:
        answer_of(make(service, **changes))
        assert len(service.asked) == 1
        assert read(service.asked[0].body).items() >= shown.items()


def test_the_operator_is_told_once_what_a_model_does_not_take(kind: str, make: Make) -> None:
    told: list[str] = []
    refused = next(r for name, r in KINDS[kind][1].items() if name.startswith("temperature"))
    with ModelService([refused]) as service:
        model = make(service, note=told.append)
        answer_of(model)
        answer_of(model)
    assert told == ["temperature: left out"]


def test_threads_that_learn_together_agree(kind: str, make: Make) -> None:
    refusals = list(KINDS[kind][1].values())
    with ModelService(refusals) as service:
        model = make(service, connections=8)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: answer_of(model)[0], range(24)))
        assert answers == [{"a": 1}] * 24
        before = len(service.asked)
        answer_of(model)
        assert len(service.asked) == before + 1


# --- no text steers it -------------------------------------------------------------------------

_WORDS = (
    "temperature",
    "response_format",
    "toolChoice",
    "max_tokens",
    "cachePoint",
    "toolConfig",
    "system role",
)


@pytest.mark.parametrize("word", _WORDS)
@pytest.mark.parametrize("quoted", [True, False])
def test_a_paper_cannot_talk_the_process_out_of_a_field(
    kind: str, make: Make, word: str, quoted: bool
) -> None:
    """A service that refuses one paper quotes it, at length or in a few characters: nothing is learnt, and
    the next paper is asked about as ever."""
    paper = f"We study {word} in a text long enough to be recognised, and {word} is not supported."
    prompt = replace(PROMPT, user=paper)

    def applies(body: Body) -> bool:
        return "We study" in json.dumps(body["messages"])

    message = f"cannot read: {paper}" if quoted else f"bad token '{word}'"
    status, said, code = (
        (400, {"message": message}, "ValidationException")
        if kind == "bedrock"
        else (400, {"error": {"message": message}}, "")
    )
    with ModelService([Refusal(applies, status, said, code)]) as service:
        model = make(service)
        with pytest.raises(PermanentError):
            answer_of(model, prompt)
        if quoted:
            assert len(service.asked) == 1
        first = service.asked[0].body
        answer_of(model)
        after = service.asked[-1].body
        assert {**after, "messages": None} == {**first, "messages": None}


# --- answers that are cut off, thought about, or wrapped ------------------------------------------


def test_novas_unfinished_tool_use_is_a_truncated_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelService([BEDROCK_FINAL["unfinished tool use"]]) as service:
        with pytest.raises(UnusableAnswerError) as caught:
            ask(_bedrock(monkeypatch)(service), PROMPT, Patience(tries=3))
        assert caught.value.truncated
        assert caught.value.usage == Usage()
        assert len(service.asked) == 1  # asking in the same words would bring the same


def test_another_model_error_is_a_passing_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Refusal(lambda _: True, 424, {"message": "The model is not well."}, "ModelErrorException")
    with ModelService([broken]) as service, pytest.raises(TransientError):
        answer_of(_bedrock(monkeypatch)(service))


THOUGHTS = [
    {"content": '<think>Perhaps {"a": 9}?</think>\n\n{"a": 1}'},
    {"content": 'Perhaps {"a": 9}? No.\n</think>\n{"a": 1}'},
    {"content": '{"a": 1}', "reasoning_content": 'Perhaps {"a": 9}?'},
    {"content": None, "reasoning_content": '{"a": 1}'},
    {"content": "", "reasoning": ' {"a": 1}\n'},
    {"content": [{"type": "text", "text": '{"a":'}, {"type": "text", "text": " 1}"}]},
    {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": '{"a": 9}'}]},
            {"type": "text", "text": '{"a": 1}'},
        ]
    },
    {"content": 'Here is the JSON: {"a": 1}\nShall I go on?'},
]


@pytest.mark.parametrize("message", THOUGHTS)
def test_thoughts_before_and_beside_an_answer(message: Mapping[str, Any]) -> None:
    with ModelService(message=message) as service:
        assert answer_of(OpenAiModel(f"{service.url}/v1", str, "m"))[0] == {"a": 1}


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": 'I would say {"a": 9}, or'},
        {"content": '<think>I would say {"a": 9}, or'},
        {"content": ""},
        {"content": []},
    ],
)
def test_thoughts_without_an_answer_are_none(message: Mapping[str, Any]) -> None:
    with ModelService(message=message) as service, pytest.raises(UnusableAnswerError):
        answer_of(OpenAiModel(f"{service.url}/v1", str, "m"))


def test_thoughts_that_used_up_the_room_are_a_truncated_answer_and_get_more_from_then_on() -> None:
    cut = {"content": None, "reasoning_content": "Let me see"}
    with ModelService(message=cut, stop="length") as service:
        model = OpenAiModel(f"{service.url}/v1", str, "m")
        with pytest.raises(UnusableAnswerError) as caught:
            answer_of(model)
        assert caught.value.truncated
        assert caught.value.usage == Usage(7, 0, 2)
        service.message, service.stop = None, ""
        answer_of(model)
        assert [a.body["max_tokens"] for a in service.asked] == [5000, 5000 + ROOM_FOR_THOUGHTS]


def test_the_same_of_a_model_on_bedrock(monkeypatch: pytest.MonkeyPatch) -> None:
    thoughts = [{"reasoningContent": {"reasoningText": {"text": "Let me see"}}}]
    with ModelService(content=thoughts, stop="max_tokens") as service:
        model = _bedrock(monkeypatch)(service)
        with pytest.raises(UnusableAnswerError) as caught:
            answer_of(model)
        assert caught.value.truncated
        service.content, service.stop = None, ""
        answer_of(model)
        limits = [a.body["inferenceConfig"]["maxTokens"] for a in service.asked]
        assert limits == [5000, 5000 + ROOM_FOR_THOUGHTS]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 429, "message": "Rate limit exceeded"}, ThrottledError),
        ({"code": 502, "message": "Provider returned error"}, TransientError),
        ({"code": 403, "message": "no credits"}, ConfigurationError),
        ({"code": 400, "message": "no"}, PermanentError),
        ({"code": "server_error", "message": "no"}, TransientError),
        ("no", TransientError),
    ],
)
def test_an_error_with_status_200_is_an_error(error: object, expected: type[ArxivDailyError]) -> None:
    for said in ({"error": error}, {"choices": [{"error": error, "message": {"content": ""}}]}):
        with ModelService([Refusal(lambda _: True, 200, said)]) as service:
            with pytest.raises(expected) as caught:
                answer_of(OpenAiModel(f"{service.url}/v1", str, "m"))
            assert type(caught.value) is expected


# --- a key is sent to whoever it is for, and nobody else can read it -------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://192.168.0.7:8000/v1",
        "http://10.0.0.1/v1",
        "http://127.0.0.1@api.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost.example.com/v1",
        "http://0.0.0.0:8000/v1",
        "http://[fe80::1]/v1",
    ],
)
def test_no_key_goes_over_the_network_in_the_clear(url: str) -> None:
    model = OpenAiModel(url, lambda: "sk-secret", "m", timeout=0.01, setting="TRANSLATE_BASE_URL")
    with pytest.raises(ConfigurationError, match=r"TRANSLATE_BASE_URL .*https://") as caught:
        model.complete(PROMPT)
    assert "sk-secret" not in str(caught.value)


def test_a_key_may_go_to_this_computer() -> None:
    with ModelService() as service:
        for host in ("127.0.0.1", "localhost", "LOCALHOST"):
            url = service.url.replace("127.0.0.1", host)
            OpenAiModel(f"{url}/v1", lambda: "sk-secret", "m").complete(PROMPT)
        assert {asked.authorization for asked in service.asked} == {"Bearer sk-secret"}


@pytest.mark.parametrize("url", ["https://api.example.com/v1", "http://[::1]:8000/v1", "http://127.8.9.1/v1"])
def test_what_else_keeps_a_key(url: str) -> None:
    assert openai_compatible.keeps_secrets(url)


def test_without_a_key_http_is_fine() -> None:
    # Nobody listens there: it is tried, and that is all.
    with pytest.raises(TransientError):
        OpenAiModel("http://192.0.2.1:9/v1", str, "m", timeout=0.05).complete(PROMPT)
