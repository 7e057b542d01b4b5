"""What `arxivdaily doctor` checks wherever the application runs: what is stored, settings, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from arxivdaily.errors import ArxivDailyError, ConfigurationError
from arxivdaily.pricing import parse_budget, parse_prices
from arxivdaily.settings import Settings

from infrastructure.operator.access import OperatorError, Readable

_POLITE = 3.0  # seconds that arXiv asks for between two requests


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line; `advice` says what to do where it is not ok."""

    name: str
    level: Level
    found: str
    advice: str = ""


def stored(application: Readable, *, is_local: bool) -> Iterator[Check]:
    try:
        newest = application.store.editions(limit=1)
    except OperatorError as error:
        level = Level.WARN if is_local else Level.FAIL  # nothing need be stored here before a first run
        yield Check("table", level, str(error), "Then look again." if is_local else "Deploy again.")
        return
    except ArxivDailyError as error:
        yield Check("table", Level.FAIL, str(error), "Your role needs dynamodb:Query on the table.")
        return
    if not newest:
        first = application.place.first()
        yield Check("table", Level.WARN, "no edition is stored yet", f"`{first}` makes one.")
    else:
        words = "complete" if newest[0].is_complete else "not complete"
        yield Check("table", Level.OK, f"newest edition {newest[0].date}, {words}")


def settings_in_use(settings: Settings, *, is_local: bool) -> Iterator[Check]:
    wrong: list[str] = []
    asks = "llm" in (settings.classifier, settings.translator)
    if asks and settings.llm_provider == "openai" and not settings.llm_base_url:
        wrong.append("LLM_PROVIDER is openai and LLM_BASE_URL is not set")
    if settings.classifier == "llm" and not settings.classify_model:
        wrong.append("CLASSIFY_MODEL is not set")
    if settings.translator == "llm" and not settings.translate_model:
        wrong.append("TRANSLATE_MODEL is not set")
    try:
        models = (settings.translate_model, settings.translate_fallback_model)
        parse_budget(settings.daily_budget, parse_prices(settings.model_prices), models)
    except ConfigurationError as error:
        wrong.append(str(error))
    doubtful: list[str] = []
    if settings.arxiv_request_interval < _POLITE:
        doubtful.append(f"ARXIV_REQUEST_INTERVAL is {settings.arxiv_request_interval:g}; arXiv asks for 3")
    if not settings.arxiv_contact and not is_local:
        doubtful.append("ARXIV_CONTACT is not set: arXiv cannot tell you what it minds")
    if not is_local and "127.0.0.1" in settings.site_url:
        doubtful.append("SITE_URL is an address of one computer: feeds and links lead nowhere")
    advice = (
        "Set the variable." if is_local else "Deploy with the parameter: sam deploy --parameter-overrides."
    )
    for text in wrong:
        yield Check("settings", Level.FAIL, text, advice)
    for text in doubtful:
        yield Check("settings", Level.WARN, text, advice)
    if not wrong and not doubtful:
        yield Check("settings", Level.OK, "complete")


def files(settings: Settings) -> Iterator[Check]:
    """The files of this checkout, which the next deployment ships."""
    from arxivdaily.adapters.channel_file import load_catalogue
    from arxivdaily.adapters.institution_file import load_institutions
    from arxivdaily.translation.glossary import load_glossary

    readers: tuple[tuple[str, Callable[[Path], object], str], ...] = (
        ("channels", load_catalogue, settings.channels_file),
        ("glossary", load_glossary, settings.glossary_file),
        ("institutions", load_institutions, settings.institutions_file),
    )
    for name, read, path in readers:
        try:
            read(Path(path))
        except ConfigurationError as error:
            yield Check(name, Level.FAIL, str(error).splitlines()[0], f"Mend {path}.")
        else:
            yield Check(name, Level.OK, path)
