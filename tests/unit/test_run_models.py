"""The commands beside `local run` use the models that a run would use."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.editions import Edition
from arxivdaily.errors import UnavailableError
from arxivdaily.ports import Prompt
from arxivdaily.settings import Settings
from fakes import MemoryPaperStore, record, translation
from rich.console import Console

from infrastructure.cost import Cost, Stage, Total, table
from infrastructure.local.archive import claim
from infrastructure.local.errors import UsageError
from infrastructure.local.model_use import Choice
from infrastructure.local.run_models import checked, choice_of
from infrastructure.operator.access import Place
from infrastructure.operator.arxiv_checks import Answer
from infrastructure.operator.doctor import diagnose
from infrastructure.operator.local_state import LocalState, _Emulated, environment_of
from infrastructure.operator.reprocess import Plans
from infrastructure.operator.stack import StackApplication

URL = "http://127.0.0.1:9/v1"
ENDPOINT = {"LLM_BASE_URL": URL, "CLASSIFY_MODEL": "a", "TRANSLATE_MODEL": "b"}


@pytest.mark.parametrize(
    ("last", "said", "expected"),
    [
        (("", ""), ("", ""), ("embedded", "embedded")),
        (("llm", ""), ("", ""), ("llm", "llm")),
        (("llm", "none"), ("", ""), ("llm", "none")),
        (("", "llm"), ("", ""), ("embedded", "llm")),
        (("", "none"), ("llm", ""), ("llm", "llm")),
        (("llm", "llm"), ("embedded", ""), ("embedded", "embedded")),
        (("llm", ""), ("", "none"), ("llm", "none")),
    ],
)
def test_what_is_said_goes_before_what_the_last_run_had(
    tmp_path: Path, last: tuple[str, str], said: tuple[str, str], expected: tuple[str, str]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    claim(state / "site", state, classifier=last[0], translator=last[1])
    assert choice_of(state, *said) == Choice(*expected, None)


@pytest.mark.parametrize(
    ("limit", "said", "expected"),
    [
        (3, ("", ""), ("llm", "llm", 3)),
        (3, ("", "llm"), ("llm", "llm", 3)),
        (3, ("llm", ""), ("llm", "llm", 3)),
        (0, ("", ""), ("llm", "none", None)),
        (0, ("llm", ""), ("llm", "none", None)),
        (0, ("", "llm"), ("llm", "llm", None)),
        (None, ("", ""), ("llm", "llm", None)),
    ],
)
def test_the_last_runs_limit_holds(
    tmp_path: Path, limit: int | None, said: tuple[str, str], expected: tuple[str, str, int | None]
) -> None:
    claim(tmp_path / "site", tmp_path, classifier="", translator="", limit=9)
    claim(tmp_path / "site", tmp_path, classifier="llm", translator="", limit=limit)
    claim(tmp_path / "site", tmp_path)  # a command that is no run
    assert choice_of(tmp_path, *said) == Choice(*expected)


class Deployed:
    """A stack in the emulator: what it was told, beside what was asked of it."""

    outputs: Mapping[str, str] = {}

    def __init__(self, events: list[str]) -> None:
        self.events = events

    def update(self, environment: Mapping[str, str]) -> None:
        self.events.append(f"limit {environment['TRANSLATE_LIMIT']}")


@pytest.mark.parametrize("limit", [3, None])
def test_a_limit_counts_what_is_translated_from_now_on(
    limit: int | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    events: list[str] = []
    store = MemoryPaperStore()
    for edition, done in (("2026-06-17", 2), ("2026-06-18", 0)):
        store.create_edition(Edition(edition, NOW))
        store.add_records(
            record(number, edition=edition, translation=translation() if number < done else None)
            for number in range(4)
        )

    def settled(*_: object) -> None:
        events.append("settle")

    class Asked(_Emulated):
        @property
        def store(self) -> Any:
            return store

        def _ask(self, request: Mapping[str, Any]) -> None:
            events.append(f"fetch {request['edition']}")

    monkeypatch.setattr("infrastructure.operator.local_state.settle", settled)
    monkeypatch.setattr(StackApplication, "fetch", Asked._ask)
    watch = SimpleNamespace(during=lambda _step, _edition, work: work())
    application = Asked(Deployed(events), print, Settings.from_env({}), Place("x", tmp_path), watch)  # type: ignore[arg-type]
    if limit is not None:
        application.limit_to(limit, {"TRANSLATE_LIMIT": str(limit)})
    for edition in ("2026-06-18", "2026-06-17", "2026-06-16"):
        application.fetch({"edition": edition})
    expected = ["fetch 2026-06-18"]
    expected += ["settle", "limit 5", "fetch 2026-06-17"]
    expected += ["settle", "limit 3", "fetch 2026-06-16"]
    assert events == (expected if limit else [event for event in expected if event.startswith("fetch")])


@pytest.mark.parametrize("last", [("llm", ""), ("", "llm")])
def test_who_asked_for_a_language_model_is_said(tmp_path: Path, last: tuple[str, str]) -> None:
    claim(tmp_path / "site", tmp_path, classifier=last[0], translator=last[1])
    with pytest.raises(UsageError, match=r"^this state's last run asked a language model: set LLM_BASE_URL"):
        checked(tmp_path, choice_of(tmp_path), {})
    with pytest.raises(UsageError, match=r"^a language model was asked for: set LLM_BASE_URL"):
        checked(tmp_path, choice_of(tmp_path, "llm"), {})
    assert checked(tmp_path, choice_of(tmp_path, "embedded"), {}) == {}


def test_a_state_that_nobody_has_used_is_a_first_run(tmp_path: Path) -> None:
    assert choice_of(tmp_path) == Choice("embedded", "embedded", None)


def test_functions_are_told_the_same_as_in_a_run(tmp_path: Path) -> None:
    told = environment_of(tmp_path, ENDPOINT, Choice("llm", "llm", None))
    assert (told["CLASSIFIER"], told["TRANSLATOR"], told["LLM_PROVIDER"]) == ("llm", "llm", "openai")
    told = environment_of(tmp_path, ENDPOINT, Choice("llm", "embedded", None))
    assert (told["CLASSIFIER"], told["TRANSLATOR"]) == ("llm", "none")
    told = environment_of(tmp_path, ENDPOINT)  # to render, for example
    assert (told["CLASSIFIER"], told["TRANSLATOR"]) == ("embedded", "none")


def test_what_a_run_would_refuse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LLM_BASE_URL"):
        checked(tmp_path, Choice("llm", "llm", None), {})
    with pytest.raises(UsageError, match="CLASSIFY_MODEL is empty"):
        checked(tmp_path, Choice("llm", "llm", None), {**ENDPOINT, "CLASSIFY_MODEL": ""})


class Gone:
    model = "a"

    def complete(self, prompt: Prompt) -> Any:
        raise UnavailableError("no connection to the model service: connection refused")


NOW = datetime(2026, 6, 18, 12, tzinfo=UTC)


def lines(state: LocalState, *, asks_models: bool = True) -> list[tuple[str, str, str]]:
    found = diagnose(
        state,
        clients=None,
        asks_models=asks_models,
        probe=lambda *_: Answer(200, NOW),
        models=lambda *_: Gone(),
        now=lambda: NOW,
    )
    return [(check.name, check.level.value, f"{check.found} {check.advice}") for check in found.checks]


def test_the_doctor_asks_the_models_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(_model: OpenAiModel) -> Sequence[str]:
        return ("only",)

    monkeypatch.setattr(OpenAiModel, "listed", listed)
    state = LocalState(tmp_path, {"LLM_BASE_URL": URL, "CLASSIFY_MODEL": "a"}, classifier="llm")
    state.name_models()
    assert (state.settings.classify_model, state.settings.translate_model) == ("a", "only")
    models = [line for line in lines(state) if line[0] == "model"]
    assert [level for _, level, _ in models] == ["fail", "fail"]
    assert f"a at {URL}, to classify: no connection" in models[0][2]
    assert "AWS" not in models[0][2], "the functions are here"


@pytest.mark.parametrize("asks_models", [True, False])
def test_the_doctor_says_what_has_no_effect_and_what_a_run_would_refuse(
    tmp_path: Path, asks_models: bool
) -> None:
    idle = LocalState(tmp_path, ENDPOINT)
    assert any(name == "settings" and "no effect" in words for name, _, words in lines(idle))
    broken = LocalState(tmp_path, {}, classifier="llm")
    wrong = [
        words
        for name, level, words in lines(broken, asks_models=asks_models)
        if (name, level) == ("settings", "fail")
    ]
    assert [words.partition(":")[0] for words in wrong] == ["a language model was asked for"]


def shown(report: Iterable[Any]) -> str:
    out = io.StringIO()
    console = Console(width=160, file=out)
    for part in report:
        console.print(part)
    return out.getvalue()


def test_models_without_a_price_are_free_or_not_known() -> None:
    stages = [
        Stage("classify", "minilm-l6-v2-int8", 3, 0, 0, 0),
        Stage("translate", "other", 3, 5, 0, 5),
        Stage("translate", "priced", 3, 5, 0, 5, 0.5),
    ]
    text = shown([table(Cost("2026-06-18", 3, Total(stages, "USD", 0.5)))])
    words = {
        name: line for line in text.splitlines() for name in ("minilm", "other", "priced") if name in line
    }
    assert "free" in words["minilm"]
    assert "not known" in words["other"]
    assert "0.5000" in words["priced"]


def test_what_is_done_is_not_on_the_way() -> None:
    assert "2 papers are on the way" in shown(Plans([], queued=2).shown())
    assert "2 papers are done again" in shown(Plans([], queued=2, is_done=True).shown())
