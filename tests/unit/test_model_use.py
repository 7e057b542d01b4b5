"""Which models a run uses is said before anything is paid, and what happens to them while it lasts."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.records import Provenance, State
from arxivdaily.errors import ConfigurationError, TransientError, UnavailableError
from arxivdaily.settings import Settings
from arxivdaily.wiring import ANSWERS_AGAIN, IN_TROUBLE
from fakes import record
from rich.console import Console
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from infrastructure.local import model_use
from infrastructure.local.errors import UsageError
from infrastructure.local.function_log import ModelNews, is_worth_keeping, model_news
from infrastructure.local.model_use import Choice, Use, explained, in_one_line, look, named, unused, uses
from infrastructure.local.model_watch import ModelWatch, sorted_by_others
from infrastructure.local.run import Options, run

EMBEDDED = Choice("embedded", "embedded", 4)
LLM = Choice("llm", "llm", None)
URL = "http://name:secret@127.0.0.1:9/v1"
ENVIRONMENT = {"LLM_BASE_URL": URL, "LLM_API_KEY": "k-1", "CLASSIFY_MODEL": "a", "TRANSLATE_MODEL": "b"}


def settings(**changes: str) -> Settings:
    return Settings.from_env({"LLM_PROVIDER": "openai", **ENVIRONMENT, **changes})


def test_embedded_models_are_free_and_here() -> None:
    line = in_one_line(EMBEDDED, uses(EMBEDDED, settings()))
    assert line == (
        "Papers are sorted by minilm-l6-v2-int8 on this computer (free); at most 4 are translated by "
        "qwen2.5-coder-1.5b-instruct-q4_k_m on this computer (free)."
    )
    english = replace(EMBEDDED, translator="none", limit=None)
    assert in_one_line(english, uses(english, settings())).endswith("(free) and stay in English.")


def test_an_endpoints_models_have_an_address_without_secrets_and_a_price() -> None:
    prices = '{"a": [0.5, 0.1, 2]}'
    found = settings(MODEL_PRICES=prices, DAILY_BUDGET="9 USD", TRANSLATE_FALLBACK_MODEL="c")
    lines = explained(LLM, found)
    assert lines == [
        "sort papers into channels: a at http://127.0.0.1:9/v1 "
        "(0.5, from a cache 0.1, written 2 USD a million tokens)",
        "translate: b at http://127.0.0.1:9/v1 (price not known: MODEL_PRICES)",
        "  if that fails: c at http://127.0.0.1:9/v1 (price not known: MODEL_PRICES)",
        "translated in this run: every paper that a channel wants",
        "budget of an edition: 9 USD",
    ]
    assert "secret" not in str(lines)
    own = settings(TRANSLATE_BASE_URL="http://127.0.0.1:8/v1")
    assert "b at http://127.0.0.1:8/v1" in in_one_line(LLM, uses(LLM, own))


def test_bedrocks_models_are_at_bedrock() -> None:
    found = uses(LLM, Settings.from_env({"CLASSIFY_MODEL": "m"}))
    assert [(use.model, use.place, use.base_url) for use in found] == [
        ("m", "Amazon Bedrock", ""),
        ("the region's usual model", "Amazon Bedrock", ""),
    ]


@pytest.mark.parametrize(
    ("choice", "names", "words"),
    [
        (EMBEDDED, ["LLM_BASE_URL", "LLM_API_KEY", "CLASSIFY_MODEL", "TRANSLATE_MODEL"], "--classifier llm"),
        (replace(LLM, classifier="embedded"), ["CLASSIFY_MODEL"], "--classifier llm"),
        (replace(LLM, translator="none"), ["TRANSLATE_MODEL"], "--translator llm"),
    ],
)
def test_what_is_set_for_nothing_is_objected_to(choice: Choice, names: list[str], words: str) -> None:
    objection = unused(choice, ENVIRONMENT)
    assert objection
    assert objection.startswith(", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1])
    assert words in objection
    assert "k-1" not in objection


def test_what_is_used_or_empty_is_not() -> None:
    assert unused(LLM, ENVIRONMENT) is None
    assert unused(EMBEDDED, dict.fromkeys(ENVIRONMENT, "")) is None
    assert "CLASSIFIER is set" in str(unused(EMBEDDED, {"CLASSIFIER": "llm"}))


class Endpoint:
    """What `OpenAiModel.listed` comes to, in its place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, outcome: tuple[str, ...] | Exception) -> None:
        self.asked = 0

        def listed(_model: OpenAiModel) -> tuple[str, ...]:
            self.asked += 1
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(OpenAiModel, "listed", listed)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


REFUSED = caused(UnavailableError("refused"), NewConnectionError(None, "refused"))  # type: ignore[arg-type]
SILENT = caused(UnavailableError("silent"), ReadTimeoutError(None, "u", "slow"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "certain"),
    [
        (REFUSED, [True, True]),
        (SILENT, [False, False]),
        (ConfigurationError("HTTP 401"), [False, False]),
        (UnavailableError("a web page"), [False, False]),
        (TransientError("HTTP 502"), []),
        (("x", "y"), []),
    ],
)
def test_one_look_at_each_endpoint(
    monkeypatch: pytest.MonkeyPatch, outcome: tuple[str, ...] | Exception, certain: list[bool]
) -> None:
    """Nobody there is certain; for everything else a call is to decide."""
    endpoint = Endpoint(monkeypatch, outcome)
    found = look(uses(LLM, settings()), settings())
    assert [trouble.is_certain for trouble in found] == certain
    assert [trouble.use.model for trouble in found] == ["a", "b"][: len(certain)]
    assert endpoint.asked == 1
    assert look(uses(EMBEDDED, settings()), settings()) == []


def test_a_model_without_a_name_is_the_only_one_or_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"LLM_BASE_URL": URL, "CLASSIFY_MODEL": "a"}
    told = settings(TRANSLATE_MODEL="default")
    Endpoint(monkeypatch, ("only",))
    assert named(LLM, environment, told) == {"TRANSLATE_MODEL": "only"}
    Endpoint(monkeypatch, REFUSED)
    assert named(LLM, environment, told) == {}, "the look says what is wrong"
    for several in (("x", "y"), ()):
        Endpoint(monkeypatch, several)
        with pytest.raises(UsageError, match="TRANSLATE_MODEL is not set") as caught:
            named(LLM, environment, told)
        assert ("x, y" in str(caught.value)) == bool(several)
    assert named(EMBEDDED, environment, told) == {}


@pytest.mark.parametrize("name", ["CLASSIFY_MODEL", "TRANSLATE_MODEL"])
def test_a_name_that_is_set_to_nothing_is_an_error(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is empty"):
        model_use.check_names(LLM, {**ENVIRONMENT, name: " "})
    model_use.check_names(EMBEDDED, {**ENVIRONMENT, name: ""})


# --- while a run lasts -----------------------------------------------------------------------


def line(message: str, level: str = "WARN", **more: Any) -> str:
    return json.dumps({"level": level, "message": message, "timestamp": "t", **more})


def test_functions_lines() -> None:
    trouble = line(
        IN_TROUBLE, stage="translate", model="m", address="http://h", error="gone", kind="K", is_stopped=True
    )
    assert model_news(trouble) == ModelNews("translate", "m", "http://h", "gone", "K", is_stopped=True)
    again = line(ANSWERS_AGAIN, "INFO", stage="translate", model="m", address="http://h")
    assert model_news(again) == ModelNews("translate", "m", "http://h")
    for kept in (trouble, again, line("comes back")):
        assert is_worth_keeping(kept)
    for other in (line("fine", "INFO"), '{"_aws": {}}', "Traceback", "{", "{}", '{"level": 3}', ""):
        assert not is_worth_keeping(other)
        assert model_news(other) is None
    assert model_news(line("comes back")) is None


USE = Use("classify", "m", "http://h", "", "CLASSIFY_MODEL", "http://h")
GONE = ModelNews("classify", "m", "http://h", "refused", "UnavailableError")
STOPPED = replace(GONE, is_stopped=True)
BACK = ModelNews("classify", "m", "http://h")
BUSY = replace(GONE, error="429", kind="ThrottledError")


def watch() -> tuple[ModelWatch, list[str]]:
    notes: list[str] = []
    return ModelWatch([USE], settings(), notes.append), notes


def test_each_trouble_is_told_once_however_many_processes_tell_it() -> None:
    watching, notes = watch()
    watching.take([GONE, GONE, STOPPED, GONE, STOPPED])
    assert notes == [
        "m at http://h: refused.",
        "m at http://h is left alone for now, and tried every 20 s: refused.",
    ]
    assert watching.summary() == ["m at http://h could not be asked: refused"]
    watching.take([BACK, BACK])
    assert watching.summary() == []
    watching.take([GONE])
    assert notes[2:] == ["m at http://h answers again.", "m at http://h: refused."]


def test_throttling_is_no_breakdown() -> None:
    watching, notes = watch()
    watching.take([BUSY, BUSY, BACK])
    assert notes == ["m at http://h takes no more for now, papers wait: 429."]
    assert watching.summary() == []


def test_nothing_is_awaited_from_a_model_that_another_stands_in_for() -> None:
    watching, notes = watch()
    watching.take([STOPPED])
    told = list(notes)
    watching.spare("classify")
    watching.silent(100, [record(1)])
    assert notes == told
    assert watching.summary()  # what was wrong is still said in the end


def test_a_model_that_is_left_alone_is_not_said_to_be_slow() -> None:
    watching, notes = watch()
    watching.take([STOPPED])
    notes.clear()
    watching.silent(15, [record(1)])
    assert notes == ["m at http://h still cannot be asked (refused): 1 paper is still to be sorted."]
    watching.take([BACK])
    watching.silent(75, [record(1)])
    assert notes[-1].startswith("Nothing has come from m at http://h for 75 s")


def test_a_model_is_hopeless_that_is_left_alone_and_has_sorted_nothing() -> None:
    watching, _ = watch()
    waiting = [record(1), record(2)]
    assert not watching.is_hopeless(waiting)
    watching.take([GONE])
    assert not watching.is_hopeless(waiting), "it is asked again"
    watching.take([STOPPED])
    assert watching.is_hopeless(waiting)
    done = replace(record(3), classified_by=Provenance("m", "p"))
    assert not watching.is_hopeless([*waiting, done])
    watching.take([BACK])
    assert not watching.is_hopeless(waiting)
    watching.take([STOPPED])
    watching.spare("classify")
    assert not watching.is_hopeless(waiting), "another has taken over"


def test_silence_is_told_with_what_waits() -> None:
    watching, notes = watch()
    records = [record(1), record(2), record(3, State.FAILED)]
    for seconds in (1, 14, 15, 16, 74, 75, 76):
        watching.silent(seconds, records)
    assert [note.partition(": ")[0] for note in notes] == [
        "Nothing has come from m at http://h for 15 s",
        "Nothing has come from m at http://h for 75 s",
    ]
    assert "2 papers are still to be sorted (a call may take 60 s, LLM_TIMEOUT)" in notes[0]
    watching.changed()
    watching.silent(15, [record(1, State.FAILED)])
    assert len(notes) == 2, "nothing waits"


def test_only_what_the_service_is_to_blame_for_is_sorted_by_another() -> None:
    watching, _ = watch()
    records = [
        record(1, State.FAILED, reason="refused"),
        record(2, State.FAILED, reason="the model's classification was not valid"),
        record(3),
    ]
    watching.take([replace(BUSY, error=records[1].reason)])
    assert watching.blocked(records) == []
    watching.take([GONE])
    assert watching.blocked(records) == records[:1]


def test_who_else_has_sorted() -> None:
    mine, other = Provenance("m", "1"), Provenance("minilm", "2")
    records = [record(n, classified_by=by) for n, by in enumerate([mine, other, other, None], 1)]
    assert sorted_by_others(records, ["m"]) == {"minilm": 2}


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1080", "http://"])
def test_explain_objects_to_a_proxy_that_cannot_be_used(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    said: list[str] = []
    for proxy in (value, "http://127.0.0.1:7890"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        screen = io.StringIO()
        options = Options(
            None, tmp_path, tmp_path / "site", "embedded", "none", None, serve=False, port=1, explain=True
        )
        assert run(options, Console(file=screen, width=400), {}) == 0
        said.append(screen.getvalue())
    assert "HTTPS_PROXY" in said[0]
    assert said[0].startswith(said[1]), "the rest is the same"
    assert "proxy" not in said[1].lower()
