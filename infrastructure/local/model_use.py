"""Which models a run on one computer uses, at what price, and whether anybody is there to be asked.

All of it is said before anything is paid; nothing here costs anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from arxivdaily.adapters.causes import cause_of
from arxivdaily.adapters.openai_compatible import OpenAiModel, shown_address
from arxivdaily.errors import ArxivDailyError, ConfigurationError, UnavailableError
from arxivdaily.pricing import parse_budget, parse_prices
from arxivdaily.settings import Settings

from infrastructure.local.errors import UsageError

HERE: Final = "this computer"
_LOOK_TIMEOUT: Final = 5.0  # seconds
# Settings that only a stage with a language model reads.
_OF_CLASSIFY: Final = ("CLASSIFY_MODEL", "CLASSIFY_FALLBACK_MODEL")
_OF_TRANSLATE: Final = (
    "TRANSLATE_MODEL",
    "TRANSLATE_FALLBACK_MODEL",
    "TRANSLATE_BASE_URL",
    "TRANSLATE_API_KEY",
)
_OF_BOTH: Final = ("LLM_BASE_URL", "LLM_API_KEY")
_OPTIONS: Final = {"CLASSIFIER": "--classifier", "TRANSLATOR": "--translator"}


@dataclass(frozen=True, slots=True)
class Use:
    """A model as a stage uses it. `price` is in words; `base_url` is empty where there is no endpoint of its
    own. `setting` names a language model."""

    stage: str  # classify | translate
    model: str
    place: str
    price: str
    setting: str = ""
    base_url: str = ""

    def __str__(self) -> str:
        price = f" ({self.price})" if self.price else ""
        return f"{self.model} {'on' if self.place == HERE else 'at'} {self.place}{price}"


def is_free(model: str) -> bool:
    """Whether a model is one that runs on this computer, or within a function, and has no price."""
    from arxivdaily.adapters.minilm import MODEL_NAME

    from infrastructure.local.instruct_model import MODEL_ID

    return model in (MODEL_NAME, MODEL_ID)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who sorts and who translates: embedded, llm or, for translation, none. `limit` None: all papers.
    `as_last_run`: that a language model is asked is what the state's last run was told."""

    classifier: str
    translator: str
    limit: int | None
    as_last_run: bool = field(default=False, compare=False)


def uses(choice: Choice, settings: Settings) -> list[Use]:
    """The models of a run, each stage's first one before its fallback."""
    from arxivdaily.adapters.minilm import MODEL_NAME

    from infrastructure.local.instruct_model import MODEL_ID

    found: list[Use] = []
    if choice.classifier == "embedded":
        found.append(Use("classify", MODEL_NAME, HERE, "free"))
    else:
        found += _asked("classify", _OF_CLASSIFY, settings, settings.llm_base_url, "LLM_BASE_URL")
    if choice.translator == "embedded":
        found.append(Use("translate", MODEL_ID, HERE, "free"))
    elif choice.translator == "llm":
        own = settings.translate_base_url
        setting = "TRANSLATE_BASE_URL" if own else "LLM_BASE_URL"
        found += _asked("translate", _OF_TRANSLATE[:2], settings, own or settings.llm_base_url, setting)
    return found


def _asked(stage: str, names: Sequence[str], settings: Settings, base_url: str, setting: str) -> list[Use]:
    on_bedrock = settings.llm_provider == "bedrock" and setting == "LLM_BASE_URL"
    place = "Amazon Bedrock" if on_bedrock else shown_address(base_url)
    found = []
    for name in names:
        model = getattr(settings, name.lower())
        if not model and name == names[0]:
            model = "the region's usual model"
        if model:
            price = _price(model, settings)
            found.append(Use(stage, model, place, price, name, "" if on_bedrock else base_url))
    return found


def _price(model: str, settings: Settings) -> str:
    """What a million tokens cost, in words."""
    prices = parse_prices(settings.model_prices)
    if model not in prices:
        return "price not known: MODEL_PRICES"
    budget = parse_budget(settings.daily_budget, prices)
    currency = f" {budget.tariff.currency}" if budget and budget.tariff.currency else ""
    price = prices[model]
    return (
        f"{price.input:g}, from a cache {price.cached:g}, written {price.output:g}{currency} a million tokens"
    )


def in_one_line(choice: Choice, found: Sequence[Use]) -> str:
    """Who does what, as a run begins with it."""

    def by(stage: str) -> str:
        return ", else ".join(str(use) for use in found if use.stage == stage)

    sorted_by = f"Papers are sorted by {by('classify')}"
    if choice.translator == "none":
        return f"{sorted_by} and stay in English."
    how_many = "all" if choice.limit is None else f"at most {choice.limit}"
    return f"{sorted_by}; {how_many} are translated by {by('translate')}."


def explained(choice: Choice, settings: Settings) -> list[str]:
    """The same at length, for `--explain`."""
    found = uses(choice, settings)
    lines = []
    for stage, words in (("classify", "sort papers into channels"), ("translate", "translate")):
        makers = [use for use in found if use.stage == stage]
        if not makers:
            lines.append(f"{words}: nobody; papers stay in English")
        lines += [f"{words if not n else '  if that fails'}: {use}" for n, use in enumerate(makers)]
    if choice.translator != "none":
        many = (
            "every paper that a channel wants" if choice.limit is None else f"at most {choice.limit} papers"
        )
        lines.append(f"translated in this run: {many}")
    lines.append(f"budget of an edition: {settings.daily_budget or 'none'}")
    return lines


def check_names(choice: Choice, environment: Mapping[str, str]) -> None:
    """UsageError for a model's name that is set to nothing: somebody meant to set it."""
    wanted = {"CLASSIFY_MODEL": choice.classifier, "TRANSLATE_MODEL": choice.translator}
    for name, maker in wanted.items():
        if maker == "llm" and name in environment and not environment[name].strip():
            raise UsageError(f"{name} is empty: set it to the id of the model that is to be asked")


def unused(choice: Choice, environment: Mapping[str, str]) -> str | None:
    """What is set about models and has no effect in this run, with how it would have one."""
    asks = {"classify": choice.classifier == "llm", "translate": choice.translator == "llm"}
    names = [name for name in _OPTIONS if environment.get(name)]
    if not any(asks.values()):
        names += [name for name in _OF_BOTH if environment.get(name)]
    for stage, own in (("classify", _OF_CLASSIFY), ("translate", _OF_TRANSLATE)):
        if not asks[stage]:
            names += [name for name in own if environment.get(name)]
    if not names:
        return None
    is_are = "is set and has" if len(names) == 1 else "are set and have"
    advice = (
        "--classifier llm has the model sort papers and translate them, --translator llm translate alone."
    )
    if asks["translate"]:
        advice = "--classifier llm has the model sort papers, too."
    elif asks["classify"]:
        advice = "--translator llm has the model translate, too."
    listed = ", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]
    return f"{listed} {is_are} no effect in this run: {advice}"


def named(choice: Choice, environment: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Names for the models of an endpoint that the environment does not name: that of the one model which the
    endpoint has. `settings` are those of the run.

    Raises UsageError where there is none or more than one to choose from; an endpoint that cannot be reached
    is left to `look`.
    """
    found: dict[str, str] = {}
    for use in uses(choice, settings):
        if not use.base_url or environment.get(use.setting):
            continue
        try:
            listed = _endpoint(use, settings).listed()
        except ArxivDailyError:
            continue
        if len(listed) != 1:
            there = f"; {use.place} has {', '.join(listed[:8])}" if listed else ""
            raise UsageError(f"{use.setting} is not set: name the model that is to be asked{there}")
        found[use.setting] = listed[0]
    return found


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a stage's model cannot be asked. `is_certain`: there was no connection at all."""

    use: Use
    cause: str
    is_certain: bool

    def __str__(self) -> str:
        return f"{self.use.model} at {self.use.place} cannot be asked: {self.cause}"


def look(found: Sequence[Use], settings: Settings) -> list[Trouble]:
    """Whether somebody is at each endpoint who takes the key, found out within seconds by a request that
    costs nothing (its list of models)."""
    troubles: list[Trouble] = []
    seen: dict[str, Trouble | None] = {}
    for use in found:
        if not use.base_url:
            continue
        if use.base_url not in seen:
            seen[use.base_url] = _trouble(use, settings)
        if trouble := seen[use.base_url]:
            troubles.append(replace(trouble, use=use))
    return troubles


def _trouble(use: Use, settings: Settings) -> Trouble | None:
    try:
        _endpoint(use, settings).listed()
    except (UnavailableError, ConfigurationError) as error:
        is_certain = error.__cause__ is not None and cause_of(error.__cause__) is not None
        return Trouble(use, str(error), is_certain)
    except ArxivDailyError:
        return None  # a call will tell
    return None


def _endpoint(use: Use, settings: Settings) -> OpenAiModel:
    from arxivdaily.wiring import language_model

    base_url = settings.translate_base_url if use.stage == "translate" else ""
    quick = replace(settings, llm_timeout=_LOOK_TIMEOUT)
    model = language_model(quick, use.model, base_url, note=lambda _: None)
    if not isinstance(model, OpenAiModel):
        raise ConfigurationError(f"{use} is no endpoint")
    return model
