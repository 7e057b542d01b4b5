"""`arxivdaily doctor`: what has to be right before a day can be made, each with what to do about it."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.adapters.http import user_agent
from arxivdaily.errors import ArxivDailyError, ConfigurationError
from arxivdaily.ports import LanguageModel, Prompt
from arxivdaily.pricing import parse_budget, parse_prices
from arxivdaily.settings import Settings
from arxivdaily.use_cases.arxiv_feeds import feed_specs
from rich.console import RenderableType

from infrastructure.operator.access import OperatorError, Readable
from infrastructure.operator.report import row, table
from infrastructure.operator.stack import STAGES, Clients, StackApplication, queue_of

_TIMEOUT = 10.0  # seconds
_SKEW_WARN, _SKEW_FAIL = 30.0, 240.0  # seconds; AWS refuses a signature that is five minutes off
_POLITE = 3.0  # seconds that arXiv asks for between two requests
_VARIABLE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
_SETTINGS = frozenset(field.name.upper() for field in fields(Settings))


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


@dataclass(frozen=True)
class Diagnosis:
    checks: Sequence[Check]

    @property
    def problems(self) -> list[str]:
        return [f"{c.name}: {c.found}. {c.advice}".strip() for c in self.checks if c.level is Level.FAIL]

    def data(self) -> Mapping[str, Any]:
        return {"checks": [asdict(check) for check in self.checks]}

    def shown(self) -> Iterator[RenderableType]:
        made = table("doctor", "", "check", "found", "what to do")
        for check in self.checks:
            row(made, check.level.value, check.name, check.found, check.advice)
        yield made


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to HEAD; `date` is its own clock (UTC) if it told."""

    status: int
    date: datetime | None


Probe = Callable[[str, Mapping[str, str]], Answer]
Models = Callable[[Settings, str, str], LanguageModel]  # settings, model, base URL if it has its own


def head(url: str, headers: Mapping[str, str]) -> Answer:
    """Raises OSError or ValueError where nobody answers."""
    request = urllib.request.Request(url, method="HEAD", headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # nosec B310 # the operator's own setting
            return Answer(answer.status, _instant(answer.headers.get("Date")))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _instant(error.headers.get("Date")))


def _instant(text: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def diagnose(
    application: Readable,
    *,
    clients: Clients | None,
    asks_models: bool,
    probe: Probe = head,
    models: Models | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Diagnosis:
    """Check everything; what cannot be checked because of an earlier failure is left out.

    `clients` are AWS's for a stack, None for this computer. A model is asked only if `asks_models`.
    Settings are named as they are set: parameters of a stack, variables of this computer.
    """
    found = _diagnose(application, clients, asks_models=asks_models, probe=probe, models=models, now=now)
    return found if clients is None else Diagnosis([_by_parameters(check) for check in found.checks])


def _by_parameters(check: Check) -> Check:
    def parameter(match: re.Match[str]) -> str:
        return match[0].title().replace("_", "") if match[0] in _SETTINGS else match[0]

    return replace(
        check, found=_VARIABLE.sub(parameter, check.found), advice=_VARIABLE.sub(parameter, check.advice)
    )


def _diagnose(
    application: Readable,
    clients: Clients | None,
    *,
    asks_models: bool,
    probe: Probe,
    models: Models | None,
    now: Callable[[], datetime],
) -> Diagnosis:
    checks: list[Check] = []
    if clients is not None and isinstance(application, StackApplication):
        checks += _account(clients)
        if any(check.level is Level.FAIL for check in checks):
            return Diagnosis(checks)
        checks += _stack(application, clients)
        if any(check.level is Level.FAIL for check in checks):
            return Diagnosis(checks)
    checks += _state(application, is_local=clients is None)
    try:
        settings = application.settings
    except ConfigurationError as error:
        checks.append(Check("settings", Level.FAIL, str(error), "Set it, deploy again."))
        return Diagnosis(checks)
    checks += _settings(settings, is_local=clients is None)
    if clients is not None and settings.llm_api_key_parameter:
        checks.append(_key(settings.llm_api_key_parameter, clients))
    checks += _files(settings)
    checks += _arxiv(settings, probe, now)
    if asks_models:
        checks += _models(settings, models)
    elif "llm" in (settings.classifier, settings.translator) and clients is not None:
        checks.append(Check("model", Level.OK, "not asked", "--model asks each one short question."))
    return Diagnosis(checks)


def _account(clients: Clients) -> Iterator[Check]:
    try:
        with translated_errors("say who you are"):
            identity = clients("sts").get_caller_identity()
        region = clients("cloudformation").meta.region_name
    except ArxivDailyError as error:
        advice = "Set AWS_PROFILE (or sign in again), and AWS_DEFAULT_REGION."
        yield Check("credentials", Level.FAIL, str(error), advice)
        return
    yield Check("credentials", Level.OK, f"account {identity['Account']}, {identity['Arn']}")
    yield Check("region", Level.OK, str(region))


def _stack(application: StackApplication, clients: Clients) -> Iterator[Check]:
    try:
        status = application.status
    except (ArxivDailyError, OperatorError) as error:
        yield Check("stack", Level.FAIL, str(error), "sam deploy, or name it with --stack.")
        return
    if status == "REVIEW_IN_PROGRESS":  # its first change set was declined, or never answered
        yield Check(
            "stack", Level.FAIL, f"{status}: nothing is deployed", "sam deploy, and confirm the changes."
        )
        return
    if "ROLLBACK" in status:
        advice = "The last deployment failed: its events say why."
        level = Level.WARN if status.endswith("ROLLBACK_COMPLETE") and "UPDATE" in status else Level.FAIL
        yield Check("stack", level, status, advice)
    elif status.endswith("_IN_PROGRESS"):
        yield Check("stack", Level.WARN, status, "Wait until the deployment has ended.")
    else:
        level = Level.OK if status.endswith("_COMPLETE") else Level.FAIL
        yield Check("stack", level, status, "" if level is Level.OK else "Its events say why; deploy again.")
    try:
        for stage in STAGES:
            application.resource(queue_of(stage))
        given_up = {queue.name: queue.dead for queue in application.queues() if queue.dead}
    except (ArxivDailyError, OperatorError) as error:
        yield Check("queues", Level.FAIL, str(error), "Deploy again; your role needs sqs:GetQueueAttributes.")
    else:
        words = ", ".join(f"{dead} of {name}" for name, dead in given_up.items())
        level = Level.WARN if given_up else Level.OK
        found = f"messages given up: {words}" if given_up else "there, nothing given up"
        yield Check("queues", level, found, "arxivdaily redrive --dry-run shows them." if given_up else "")
    try:
        name = application.resource("FetchFunction")
        with translated_errors("look at the fetch function"):
            function = clients("lambda").get_function_configuration(FunctionName=name)
    except (ArxivDailyError, OperatorError) as error:
        yield Check("fetch", Level.FAIL, str(error), "Deploy again; your role needs lambda:GetFunction*.")
    else:
        state = str(function.get("State", "Active"))
        level = Level.OK if state in ("Active", "Inactive") else Level.FAIL
        why = str(function.get("StateReason") or "Deploy again.")
        yield Check("fetch", level, f"{name}: {state}", "" if level is Level.OK else why)


def _state(application: Readable, *, is_local: bool) -> Iterator[Check]:
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
        who = "arxivdaily local run" if is_local else "arxivdaily retry"
        yield Check("table", Level.WARN, "no edition is stored yet", f"`{who}` makes one.")
    else:
        words = "complete" if newest[0].is_complete else "not complete"
        yield Check("table", Level.OK, f"newest edition {newest[0].date}, {words}")


def _settings(settings: Settings, *, is_local: bool) -> Iterator[Check]:
    wrong: list[str] = []
    asks = settings.classifier == "llm" or (settings.translator == "llm" and not is_local)
    if asks and settings.llm_provider == "openai" and not settings.llm_base_url:
        wrong.append("LLM_PROVIDER is openai and LLM_BASE_URL is not set")
    if settings.classifier == "llm" and not settings.classify_model:
        wrong.append("CLASSIFY_MODEL is not set")
    if settings.translator == "llm" and not settings.translate_model and not is_local:
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
    advice = "Set the variable." if is_local else "Set the parameter in samconfig.toml, deploy again."
    for text in wrong:
        yield Check("settings", Level.FAIL, text, advice)
    for text in doubtful:
        yield Check("settings", Level.WARN, text, advice)
    if not wrong and not doubtful:
        yield Check("settings", Level.OK, "complete")


def _key(name: str, clients: Clients) -> Check:
    """Whether the endpoint's key is stored where the functions look for it; it is not decrypted."""
    try:
        with translated_errors(f"find SSM parameter {name}"):
            found = clients("ssm").get_parameter(Name=name)["Parameter"]
    except ArxivDailyError as error:
        advice = "Store the key there as a SecureString; your role needs ssm:GetParameter."
        return Check("key", Level.FAIL, str(error), advice)
    if found.get("Type") != "SecureString":
        return Check("key", Level.WARN, f"{name} is a {found.get('Type')}", "Store it as a SecureString.")
    return Check("key", Level.OK, name)


def _files(settings: Settings) -> Iterator[Check]:
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


def _arxiv(settings: Settings, probe: Probe, now: Callable[[], datetime]) -> Iterator[Check]:
    url = f"{settings.arxiv_feed_url}/atom/{feed_specs(settings.categories)[0]}"
    try:
        answer = probe(url, {"User-Agent": user_agent(settings.arxiv_contact)})
        here = now()
    except (OSError, ValueError, ConfigurationError) as error:
        reason = getattr(error, "reason", None) or error
        yield Check(
            "feed", Level.FAIL, f"{url}: {reason}", "Is this computer online; is ARXIV_FEED_URL right?"
        )
        return
    if answer.status < 300:
        yield Check("feed", Level.OK, url)
    else:
        refuses_head = answer.status in (405, 501)
        passing = answer.status in (403, 429) or (answer.status >= 500 and not refuses_head)
        advice = "Is ARXIV_FEED_URL right?"
        if passing:
            advice = "arXiv may want you to wait: look again in an hour."
        elif refuses_head:
            advice = "It does not answer HEAD, as arXiv does. " + advice
        level = Level.WARN if passing or refuses_head else Level.FAIL
        yield Check("feed", level, f"{url}: HTTP {answer.status}", advice)
    if answer.date is None:
        yield Check("clock", Level.WARN, "the server told no time", "")
        return
    skew = (here - answer.date).total_seconds()
    level = Level.FAIL if abs(skew) > _SKEW_FAIL else Level.WARN if abs(skew) > _SKEW_WARN else Level.OK
    advice = "" if level is Level.OK else "Set this computer's clock (NTP): AWS refuses skewed signatures."
    yield Check("clock", level, f"{abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}", advice)


def _models(settings: Settings, models: Models | None) -> Iterator[Check]:
    """One short call to each model in use, with your credentials; a few tokens are paid for."""
    from arxivdaily.wiring import language_model

    made = models or language_model
    wanted: list[tuple[str, str]] = []
    if settings.classifier == "llm":
        wanted += [(model, "") for model in (settings.classify_model, settings.classify_fallback_model)]
    if settings.translator == "llm":
        translators = (settings.translate_model, settings.translate_fallback_model)
        wanted += [(model, settings.translate_base_url) for model in translators]
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    prompt = Prompt("ping", "Answer in JSON.", 'Answer {"ok": true}.', schema, 16)
    asked = [(model, base_url) for model, base_url in dict.fromkeys(wanted) if model]
    if not asked:
        yield Check("model", Level.OK, "none is needed")
    for model, base_url in asked:
        name = f"{model} at {base_url}" if base_url else model
        try:
            usage = made(settings, model, base_url).complete(prompt).usage
        except ArxivDailyError as error:
            advice = "Bedrock: is access to the model granted in this region? Else: LLM_BASE_URL and key."
            yield Check("model", Level.FAIL, f"{name}: {error}", advice)
        else:
            tokens = usage.input_tokens + usage.output_tokens
            yield Check("model", Level.OK, f"{name} answers ({tokens} tokens)")
