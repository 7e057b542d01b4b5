"""The doctor's checks, one condition at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from arxivdaily.domain.editions import Edition
from arxivdaily.errors import ConfigurationError, PermanentError, TransientError
from arxivdaily.settings import Settings
from botocore.exceptions import ClientError
from fakes import EDITION, NOW, MemoryPaperStore
from fakes_models import FakeModel

from infrastructure.operator.access import OperatorError, Place
from infrastructure.operator.arxiv_checks import Answer
from infrastructure.operator.checks import Level
from infrastructure.operator.doctor import diagnose

WELL = Answer(200, NOW)
GOOD = {"CLASSIFIER": "embedded", "TRANSLATOR": "none"}


@dataclass
class Here:
    """`access.Readable` in memory."""

    environment: dict[str, str] = field(default_factory=lambda: dict(GOOD))
    name: str = "here"
    store: Any = field(default_factory=MemoryPaperStore)
    place: Place = field(default_factory=Place)

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environment)

    def queues(self) -> None:
        return None


def levels(here: Here | None = None, answer: Answer | Exception = WELL, **options: Any) -> dict[str, Level]:
    def probe(url: str, headers: Mapping[str, str]) -> Answer:
        assert url.startswith("https://rss.arxiv.org/atom/")
        assert headers["User-Agent"].startswith("arXivDaily/")
        if isinstance(answer, Exception):
            raise answer
        return answer

    options = {"clients": None, "asks_models": False, "probe": probe, "now": lambda: NOW} | options
    found = diagnose(here or Here(), **options)
    for check in found.checks:
        assert check.level is not Level.FAIL or check.advice, f"{check.name} does not say what to do"
    assert len(found.problems) == sum(check.level is Level.FAIL for check in found.checks)
    return {check.name: check.level for check in found.checks}


def test_all_is_well() -> None:
    here = Here()
    here.store.create_edition(Edition(EDITION, NOW))
    assert set(levels(here).values()) == {Level.OK}


def test_an_empty_table_is_worth_a_word() -> None:
    assert levels()["table"] is Level.WARN


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, Level.OK),
        (-20, Level.OK),
        (60, Level.WARN),
        (-100, Level.WARN),
        (301, Level.FAIL),
        (-400, Level.FAIL),
    ],
)
def test_the_clock_is_compared_with_the_server(seconds: float, level: Level) -> None:
    assert levels(answer=Answer(200, NOW - timedelta(seconds=seconds)))["clock"] is level


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (Answer(404, NOW), Level.FAIL),
        (Answer(501, NOW), Level.WARN),
        (Answer(503, NOW), Level.WARN),
        (Answer(429, NOW), Level.WARN),
        (OSError("no route to host"), Level.FAIL),
        (ValueError("unknown url type"), Level.FAIL),
    ],
)
def test_a_feed_that_does_not_answer(answer: Answer | Exception, level: Level) -> None:
    assert levels(answer=answer)["feed"] is level


@pytest.mark.parametrize(("status", "advice"), [(404, "right?"), (501, "HEAD"), (503, "wait"), (403, "wait")])
def test_what_to_do_about_a_feed_follows_from_its_answer(status: int, advice: str) -> None:
    found = diagnose(
        Here(), clients=None, asks_models=False, probe=lambda *_: Answer(status, NOW), now=lambda: NOW
    )
    (feed,) = (check for check in found.checks if check.name == "feed")
    assert advice in feed.advice


def test_a_server_without_a_date_says_nothing_of_the_clock() -> None:
    assert levels(answer=Answer(200, None))["clock"] is Level.WARN


@pytest.mark.parametrize(
    ("setting", "level"),
    [
        ({"RENDER_WINDOW": "soon"}, Level.FAIL),
        ({"CLASSIFIER": "llm"}, Level.FAIL),
        ({"CLASSIFIER": "llm", "CLASSIFY_MODEL": "m", "LLM_PROVIDER": "openai"}, Level.FAIL),
        ({"DAILY_BUDGET": "a lot"}, Level.FAIL),
        ({"ARXIV_REQUEST_INTERVAL": "0.5"}, Level.WARN),
        ({"CLASSIFIER": "llm", "CLASSIFY_MODEL": "m"}, Level.OK),
    ],
)
def test_settings(setting: dict[str, str], level: Level) -> None:
    assert levels(Here(GOOD | setting))["settings"] is level


def test_settings_are_named_as_they_are_set() -> None:
    here = Here(GOOD | {"ARXIV_REQUEST_INTERVAL": "1"})
    options: dict[str, Any] = {"asks_models": False, "probe": lambda *_: Answer(404, NOW), "now": lambda: NOW}
    for clients, interval, feed in (
        (None, "ARXIV_REQUEST_INTERVAL is 1", "ARXIV_FEED_URL"),
        (lambda service: None, "ArxivRequestInterval is 1", "ArxivFeedUrl"),
    ):
        checks = diagnose(here, clients=clients, **options).checks
        assert any(check.found.startswith(interval) for check in checks)
        assert any(feed in check.advice for check in checks)


def test_files_that_are_wrong() -> None:
    assert levels(Here(GOOD | {"CHANNELS_FILE": "/nowhere.toml"}))["channels"] is Level.FAIL


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (OperatorError("nothing is stored in .local"), Level.WARN),  # before the first run
        (TransientError("cannot list editions"), Level.FAIL),
    ],
)
def test_a_table_that_cannot_be_read(error: Exception, level: Level) -> None:
    class Broken:
        def editions(self, **_: object) -> None:
            raise error

    assert levels(Here(store=Broken()))["table"] is level


@pytest.mark.parametrize(
    ("kind", "level"), [("SecureString", Level.OK), ("String", Level.WARN), (None, Level.FAIL)]
)
def test_the_key_of_the_endpoint_is_where_the_functions_look(kind: str | None, level: Level) -> None:
    class Ssm:
        def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
            assert Name == "/arxivdaily/key"
            if kind is None:
                error = {"Error": {"Code": "ParameterNotFound", "Message": ""}}
                raise ClientError(error, "GetParameter")
            return {"Parameter": {"Type": kind}}

    here = Here(GOOD | {"LLM_API_KEY_PARAMETER": "/arxivdaily/key"})
    assert levels(here, clients=lambda service: {"ssm": Ssm()}[service])["key"] is level
    assert "key" not in levels(here), "on this computer the key is a variable"


def test_each_model_is_asked_where_the_functions_ask_it() -> None:
    setting = {"CLASSIFIER": "llm", "TRANSLATOR": "llm", "CLASSIFY_MODEL": "a", "TRANSLATE_MODEL": "a"}
    setting |= {"TRANSLATE_FALLBACK_MODEL": "b", "TRANSLATE_BASE_URL": "http://127.0.0.1:9/v1"}
    asked: list[tuple[str, str]] = []

    def models(settings: Settings, name: str, base_url: str) -> FakeModel:
        asked.append((name, base_url))
        return FakeModel("{}")

    assert levels(Here(GOOD | setting), models=models, asks_models=True)
    assert asked == [("a", ""), ("a", "http://127.0.0.1:9/v1"), ("b", "http://127.0.0.1:9/v1")]


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ({"papers": []}, Level.OK),
        ({"ok": True}, Level.WARN),  # an answer to another question
        ('{"papers"', Level.WARN),  # cut short
        (PermanentError("AccessDeniedException"), Level.FAIL),
        (TransientError("throttled"), Level.FAIL),
        (ConfigurationError("LLM_BASE_URL is not set"), Level.FAIL),
    ],
)
def test_models_are_asked_only_where_it_is_wanted(answer: Any, level: Level) -> None:
    here = Here(GOOD | {"CLASSIFIER": "llm", "CLASSIFY_MODEL": "m"})
    asked: list[str] = []

    def models(settings: Settings, name: str, base_url: str) -> FakeModel:
        asked.append(name)
        return FakeModel(answer)

    assert "model" not in levels(here, models=models)
    assert asked == []
    assert levels(here, models=models, asks_models=True)["model"] is level
    assert asked == ["m"]
