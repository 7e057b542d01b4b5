"""What `arxivdaily doctor` compares with the account's limits: functions at once, and Bedrock's quotas.

Reading them costs nothing. A new account runs ten functions at once, an older one a thousand. Bedrock's
quotas are of a model, in a region, by the way that it is called ("Quotas for the bedrock-runtime endpoint" in
its guide); a call's `maxTokens` counts when it begins.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.errors import ArxivDailyError, ConfigurationError
from arxivdaily.settings import Settings

from infrastructure.operator.checks import Check, Level
from infrastructure.operator.model_checks import question_of, uses
from infrastructure.operator.profiles import behind
from infrastructure.operator.stack import Clients, StackApplication

OTHERS: Final = 3  # of fetch, enrich and render one invocation each
LEAST: Final = 2  # SQS event sources take no lower MaximumConcurrency
_MESSAGES: Final = 10  # of classification in one invocation, a model call each
# Tokens of an edition of some 500 papers: classified in groups, most of them translated, some twice.
_EDITION = 1_000_000
_USUAL = Paper("2601.00001", 1, "word " * 12, "word " * 240, (), ("cs.CV",), AnnounceType.NEW)
_CHARACTERS_A_TOKEN = 3  # of English and Chinese mixed


@dataclass(frozen=True, slots=True)
class Concurrency:
    """What a deployment does at once: invocations of classify and translate, and calls in each."""

    classify: int
    translate: int
    calls: int
    batch: int  # papers in one translate invocation

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Concurrency:
        """Raises KeyError or ValueError for the parameters of another template."""
        names = ("ClassifyConcurrency", "TranslateConcurrency", "LlmConcurrency", "TranslateBatchSize")
        return cls(*(int(parameters[name]) for name in names))

    @property
    def functions(self) -> int:
        return self.classify + self.translate + OTHERS

    def in_flight(self, stage: str) -> int:
        if stage == "classify":
            return self.classify * min(self.calls, _MESSAGES)
        return self.translate * min(self.calls, self.batch)


def limits(application: StackApplication, settings: Settings, clients: Clients) -> Iterator[Check]:
    try:
        chosen = Concurrency.of(application.parameters)
    except (KeyError, ValueError):
        yield Check("limits", Level.WARN, "the stack is of another version", "Deploy, then look again.")
        return
    yield functions_at_once(chosen, clients)
    if any(use.on_bedrock for use in uses(settings)):
        yield from quotas(chosen, settings, clients, application.region)


def _unread(error: ArxivDailyError, permission: str, service: str) -> str:
    if "AccessDenied" in str(error):
        return f"Your role needs {permission} to compare them."
    return f"Look again later, or compare them yourself (Service Quotas, {service})."


# --- Lambda ----------------------------------------------------------------------------------


def functions_at_once(chosen: Concurrency, clients: Clients) -> Check:
    try:
        with translated_errors("read the account's limits"):
            limit = clients("lambda").get_account_settings()["AccountLimit"]
    except ArxivDailyError as error:
        advice = _unread(error, "lambda:GetAccountSettings", "AWS Lambda")
        return Check("functions", Level.WARN, str(error), advice)
    free = int(limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"]))
    found = f"{chosen.functions} at once, of {free} that the account may run"
    if chosen.functions <= free:
        return Check("functions", Level.OK, found)
    raised = 'have "Concurrent executions" raised (Service Quotas, AWS Lambda)'
    fitting = within(chosen, free)
    if fitting is None:
        return Check("functions", Level.WARN, found, f"It is too few for any setting: {raised}.")
    return Check("functions", Level.WARN, found, f"{_set(chosen, fitting)}, or {raised}.")


def within(chosen: Concurrency, functions: int) -> Concurrency | None:
    """The same, with no more functions at once than that, shared as before; None where the least is more."""
    room = functions - OTHERS
    if room < 2 * LEAST:
        return None
    together = chosen.classify + chosen.translate
    classify = min(chosen.classify, max(LEAST, room * chosen.classify // together))
    translate = min(chosen.translate, max(LEAST, room - classify))
    return replace(chosen, classify=min(classify, room - translate), translate=translate)


def _set(before: Concurrency, after: Concurrency) -> str:
    names = {
        "classify": "ClassifyConcurrency",
        "translate": "TranslateConcurrency",
        "calls": "LlmConcurrency",
    }
    changed = [
        f"{parameter}={getattr(after, name)}"
        for name, parameter in names.items()
        if getattr(after, name) != getattr(before, name)
    ]
    return f"Set {' '.join(changed)} and deploy"


# --- Bedrock ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quota:
    """One of Bedrock's, read from its name. `scope` is own (on demand in the region), geography, global or
    empty for any; `unit` is requests or tokens; `period` minute or day; `model` has the words of its name,
    none for all models together."""

    scope: str
    unit: str
    period: str
    model: tuple[str, ...]
    value: float


_NAME = re.compile(
    r"(?P<how>.*?)\b(?P<unit>requests|tokens) per (?P<period>minute|day) for (?P<model>.+?)(?: ?\(.*\))?$",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"cross-model max tokens per day", re.IGNORECASE)
# Quotas of other ways to ask, or of other variants of a model.
_OTHER_WAYS = re.compile(r"mantle|batch|latency|custom|provisioned|1m context", re.IGNORECASE)


def quota_of(name: str, value: float) -> Quota | None:
    """Quotas are named in words that have changed and differ by model; None for one that is not for calls."""
    if _OF_ALL.match(name):
        return Quota("", "tokens", "day", (), value)
    found = _NAME.match(name.strip())
    if found is None or _OTHER_WAYS.search(name):
        return None
    how = found["how"].lower()
    scope = "own" if "on-demand" in how else ""
    if "cross-region" in how:
        scope = "global" if "global" in how else "geography"
    return Quota(scope, found["unit"].lower(), found["period"].lower(), words_of(found["model"]), value)


def words_of(name: str) -> tuple[str, ...]:
    """`anthropic.claude-haiku-4-5-20251001-v1:0` and `Anthropic Claude Haiku 4.5 V1` are the same words."""
    plain = re.sub(r":\d+\w*$", "", name.lower())
    plain = re.sub(r"\b\d{8}\b", " ", plain)
    plain = re.sub(r"[ -]v1$", "", plain.strip())
    return tuple(re.findall(r"[a-z]+|\d+", plain))


def quotas(chosen: Concurrency, settings: Settings, clients: Clients, region: str) -> Iterator[Check]:
    try:
        listed = _listed(clients)
        tokens = {stage: _tokens_of(stage, settings) for stage in ("classify", "translate")}
    except ConfigurationError:
        return  # the channel file or the glossary, which has a line of its own
    except ArxivDailyError as error:
        advice = _unread(error, "servicequotas:ListServiceQuotas", "Amazon Bedrock")
        yield Check("quotas", Level.WARN, str(error), advice)
        return
    stages: dict[str, list[str]] = {}
    for use in uses(settings):
        if use.on_bedrock and use.stage not in stages.setdefault(use.model, []):
            stages[use.model].append(use.stage)
    for model, of in stages.items():
        yield _compare(model, of, _of_model(model, listed), chosen, tokens, region)


def _listed(clients: Clients) -> Sequence[Quota]:
    """The quotas that apply to the account in the region, as far as they are about calls."""
    with translated_errors("list Bedrock's quotas"):
        pages = clients("service-quotas").get_paginator("list_service_quotas")
        every: list[Mapping[str, Any]] = [
            quota for page in pages.paginate(ServiceCode="bedrock") for quota in page["Quotas"]
        ]
    found = (quota_of(str(quota["QuotaName"]), float(quota["Value"])) for quota in every)
    return [quota for quota in found if quota is not None]


def _of_model(model: str, listed: Sequence[Quota]) -> Sequence[Quota]:
    name = behind(model)
    scope = "own" if name == model else "global" if model.startswith("global.") else "geography"
    words = Counter(words_of(name))  # "Claude 3.5 Sonnet" is claude-3-5-sonnet, or claude-sonnet-3-5
    found = [quota for quota in listed if quota.scope in (scope, "") and Counter(quota.model) == words]
    return [*found, *(quota for quota in listed if not quota.model)] if found else []


def _tokens_of(stage: str, settings: Settings) -> int:
    """What one call counts when it begins, about."""
    papers = [replace(_USUAL, arxiv_id=f"2601.{n:05}") for n in range(1, settings.classify_group + 1)]
    prompt = question_of(stage, settings, papers)
    schema = json.dumps(prompt.schema, ensure_ascii=False)
    asked = len(prompt.system) + len(prompt.user) + len(schema)
    return asked // _CHARACTERS_A_TOKEN + prompt.max_tokens


def _compare(
    model: str,
    stages: Sequence[str],
    found: Sequence[Quota],
    chosen: Concurrency,
    tokens: Mapping[str, int],
    region: str,
) -> Check:
    where = f" in {region}" if region else ""
    if not found:
        advice = "Look it up by hand (Service Quotas, Amazon Bedrock); compare with the calls in flight."
        return Check("quotas", Level.WARN, f"{model}: none of this model is listed{where}", advice)

    def needs(one: Concurrency) -> dict[str, int]:
        calls = {stage: one.in_flight(stage) for stage in stages}
        return {
            "requests": sum(calls.values()),
            "tokens": sum(count * tokens[stage] for stage, count in calls.items()),
        }

    def fits(one: Concurrency) -> bool:
        needed = needs(one)
        return all(needed[quota.unit] <= quota.value for quota in found if quota.period == "minute")

    said = ", ".join(f"{quota.value:,.0f} {quota.unit} a {quota.period}" for quota in found)
    raised = (
        "have the quota raised (Service Quotas, Amazon Bedrock: ask for tokens a minute; the others follow)"
    )
    small = [quota for quota in found if quota.period == "day" and quota.value < _EDITION]
    if fits(chosen) and not small:
        return Check("quotas", Level.OK, f"{model}: {said}{where}")
    needed = needs(chosen)
    at_once = f"{needed['requests']:,} calls of some {needed['tokens']:,} tokens may be in flight"
    todo: list[str] = []
    if not fits(chosen):
        fitting = next(filter(fits, _slower(chosen)), None)
        if fitting is None:
            todo.append(f"It is too little for any setting: {raised}, or choose another model.")
        else:
            todo.append(f"{_set(chosen, fitting)}, or {raised}.")
    if small:
        todo.append(
            f"An edition of 500 papers takes about {_EDITION:,} tokens: {raised}; until then TranslateLimit "
            "or a fallback model help."
        )
    return Check("quotas", Level.WARN, f"{model}: {said}{where}; {at_once}", " ".join(todo))


def _slower(chosen: Concurrency) -> Iterator[Concurrency]:
    """Fewer and fewer calls at once: in an invocation first, then in fewer invocations."""
    for calls in range(chosen.calls, 0, -1):
        yield replace(chosen, calls=calls)
    least = replace(chosen, classify=min(chosen.classify, LEAST), translate=min(chosen.translate, LEAST))
    for calls in range(chosen.calls, 0, -1):
        yield replace(least, calls=calls)
