"""`arxivdaily doctor --model`: whether each model in use answers the question that the functions will ask it.

One short paper is asked about, in the real prompt with the real schema and bound, because models differ in
what they take of those. The words of Bedrock's refusals, and what helps, are from its user guide and from
reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.adapters.openai_compatible import shown_address
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.model_calls import Patience, UnusableAnswerError, ask
from arxivdaily.ports import Completion, LanguageModel, Prompt
from arxivdaily.settings import Settings

from infrastructure.operator.checks import Check, Level
from infrastructure.operator.profiles import behind, prefix_of

if TYPE_CHECKING:
    from infrastructure.operator.stack import Clients

Models = Callable[[Settings, str, str], LanguageModel]  # settings, model, base URL if it has its own
Profiles = Callable[[str], Sequence[str] | None]  # ids for a model; None where they cannot be listed

_PAPER: Final = Paper(
    arxiv_id="2601.00001",
    version=1,
    title="Fast Image Generation with Few Diffusion Steps",
    abstract="We train a diffusion model that draws an image in few steps. It is faster than earlier models "
    "and its images are as good.",
    authors=("A. Author",),
    categories=("cs.CV",),
    announce_type=AnnounceType.NEW,
)


@dataclass(frozen=True, slots=True)
class Use:
    """A model as one stage asks it. `setting` names it; `base_url` is of an endpoint of translation's own."""

    stage: str
    setting: str
    model: str
    base_url: str
    on_bedrock: bool


def uses(settings: Settings) -> list[Use]:
    """Every model that the functions may ask, each stage's first one before its fallback."""
    on_bedrock = settings.llm_provider == "bedrock"
    base_url = settings.translate_base_url
    found: list[Use] = []
    if settings.classifier == "llm":
        found += [
            Use("classify", "CLASSIFY_MODEL", settings.classify_model, "", on_bedrock),
            Use("classify", "CLASSIFY_FALLBACK_MODEL", settings.classify_fallback_model, "", on_bedrock),
        ]
    if settings.translator == "llm":
        there = on_bedrock and not base_url
        found += [
            Use("translate", "TRANSLATE_MODEL", settings.translate_model, base_url, there),
            Use("translate", "TRANSLATE_FALLBACK_MODEL", settings.translate_fallback_model, base_url, there),
        ]
    return [use for use in found if use.model]


def question_of(stage: str, settings: Settings, papers: Sequence[Paper] = (_PAPER,)) -> Prompt:
    """What the stage asks a model first about these papers (translation: about the first).

    Raises ConfigurationError for a channel file or glossary with a mistake.
    """
    recorder = _Recorder()
    if stage == "classify":
        from arxivdaily.adapters.channel_file import load_catalogue
        from arxivdaily.classification.llm import LlmClassifier

        LlmClassifier(recorder, load_catalogue(Path(settings.channels_file))).classify(papers)
    else:
        from arxivdaily.translation.by_sentence import SentenceTranslator
        from arxivdaily.translation.glossary import load_glossary
        from arxivdaily.translation.translator import LlmTranslator

        translator = SentenceTranslator if settings.translate_style == "sentences" else LlmTranslator
        glossary = load_glossary(Path(settings.glossary_file))
        with suppress(PermanentError):
            translator(recorder, glossary).translate(papers[0])
    return recorder.prompts[0]


class _Recorder:
    """In a model's place: takes the question down, and does not answer."""

    model = ""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Completion:
        self.prompts.append(prompt)
        raise PermanentError("no model was asked")


def models_in_use(
    settings: Settings,
    models: Models | None,
    *,
    region: str = "",
    profiles: Profiles = lambda _: None,
    is_local: bool = False,
) -> Iterator[Check]:
    """One call to each model for each stage, with your credentials; its tokens are paid for. `is_local`: the
    functions run on this computer."""
    asked = uses(settings)
    if not asked:
        yield Check("model", Level.OK, "none is needed")
    for use in asked:
        changes: list[str] = []
        address = use.base_url or ("" if use.on_bedrock else settings.llm_base_url)
        place = f" at {shown_address(address)}" if address else ""
        name = f"{use.model}{place}, to {use.stage}"
        try:
            prompt = question_of(use.stage, settings)
            model = (models or _noting(changes))(settings, use.model, use.base_url)
            value, usage = ask(model, prompt, Patience(tries=1))
        except UnusableAnswerError as error:
            yield Check("model", Level.WARN, f"{name}: {error}", _USELESS.format(setting=use.setting))
            continue
        except ArxivDailyError as error:
            what = advice(error, use, settings, region=region, profiles=profiles, is_local=is_local)
            yield Check("model", Level.FAIL, f"{name}: {error}", what)
            continue
        missing = [field for field in prompt.schema["required"] if field not in value]
        if missing:
            found = f"{name}: the answer lacks {', '.join(missing)}"
            yield Check("model", Level.WARN, found, _USELESS.format(setting=use.setting))
            continue
        found = f"{name}: answers ({usage.input_tokens + usage.output_tokens} tokens)"
        if changes:
            yield Check("model", Level.OK, f"{found}, asked with {', '.join(changes)}", _spare(changes))
        else:
            yield Check("model", Level.OK, found)


def _spare(changes: Sequence[str]) -> str:
    """Which settings leave out from the start what was refused; not everything has one."""
    settings = [setting for change, setting in _SETTINGS_OF_CHANGES.items() if change in changes]
    return f"Set {', '.join(settings)} to spare each cold start the refusal." if settings else ""


def _noting(changes: list[str]) -> Models:
    """The real models; what they do not take of a request is noted, not logged."""

    def make(settings: Settings, model: str, base_url: str) -> LanguageModel:
        from arxivdaily.wiring import language_model

        return language_model(settings, model, base_url, note=changes.append)

    return make


_USELESS = (
    "Papers would fail for that: set {setting} to a model that keeps to a JSON schema, or try another "
    "LLM_ANSWER_FORMAT."
)
# As the adapters name the fields of a request.
_SETTINGS_OF_CHANGES: Final = {
    "temperature: left out": "LLM_TEMPERATURE=none",
    "cache point: left out": "LLM_PROMPT_CACHE=false",
    "tool: offered": "LLM_ANSWER_FORMAT=json",
    "tool: none: JSON as text": "LLM_ANSWER_FORMAT=text",
    "response_format: json_object": "LLM_ANSWER_FORMAT=json",
    "response_format: left out": "LLM_ANSWER_FORMAT=text",
}

# --- what to do ------------------------------------------------------------------------------

# (the error's code, its words, what to do); the first that fits counts. Codes are AWS's, or botocore's
# exceptions by name, or empty.
_ON_BEDROCK: Final = (
    ("", "on-demand throughput", "{profile}"),
    (
        "",
        "use case details|request form",
        "Anthropic asks what its models are for, once an account: open the model in the Bedrock console's "
        "model catalog and send the form, wait a quarter of an hour, ask again. Amazon's models want none.",
    ),
    (
        "",
        "INVALID_PAYMENT_INSTRUMENT|payment instrument",
        "AWS Marketplace cannot bill this account: add a card under Billing, wait two minutes, ask again. "
        "Amazon's models are not sold there.",
    ),
    (
        "",
        "aws-marketplace|marketplace subscription",
        "A third party's model is subscribed to by the account's first call, and whoever makes it needs "
        "aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions. Have somebody with these run "
        "`arxivdaily doctor --model` once, wait two minutes, ask again. The functions do not need them.",
    ),
    (
        "",
        r"\blegacy\b|end of (?:its )?life|end-of-life",
        "The model is withdrawn, or closed to accounts that have not used it lately: set {setting} to a "
        "current one.",
    ),
    (
        "AccessDenied",
        "service control policy",
        "A service control policy of your organization forbids it. It must allow bedrock:InvokeModel in each "
        "region of the profile (for a global one also where aws:RequestedRegion is unspecified).",
    ),
    (
        "AccessDenied",
        r"not authorized to perform:? bedrock:|explicit deny",
        "Your credentials need bedrock:InvokeModel on the model, or on the inference profile and on its "
        "model in each of its regions. The functions have roles of their own.",
    ),
    (
        "AccessDenied",
        "",
        "The account may not call the model, whoever asks: a new account is verified first, which may take a "
        "day. Open the model in the Bedrock console's playground; what it says there, AWS Support can mend.",
    ),
    (
        "Throttling|TooManyRequests|ServiceQuotaExceeded",
        "per day",
        "The account's tokens of the day are used up, of which a new account has few. Have them raised "
        "(Service Quotas, Amazon Bedrock: ask for the model's tokens a minute). Until then TRANSLATE_LIMIT, "
        "DAILY_BUDGET or another {setting} help.",
    ),
    (
        "Throttling|TooManyRequests|ServiceQuotaExceeded",
        "",
        "Ask again in a minute. If it stays so, the account's quota of the model is too low: lower "
        "LLM_CONCURRENCY, or have it raised (Service Quotas, Amazon Bedrock). `arxivdaily doctor` compares.",
    ),
    (
        "UnrecognizedClient|InvalidSignature|ExpiredToken|InvalidClientToken|NoCredentials|PartialCredentials",
        "",
        "Sign in again, or set AWS_PROFILE (for an API key of Bedrock: AWS_BEARER_TOKEN_BEDROCK).",
    ),
    ("NoRegion", "", "Set AWS_DEFAULT_REGION."),
    (
        "EndpointConnection|ConnectTimeout|ConnectionClosed|ProxyConnection|SSLError|ConnectionError",
        "",
        "Bedrock could not be reached{in_region}: is it offered there, and does a proxy stand between?",
    ),
    ("ReadTimeout|ModelTimeout", "", "It took too long: raise LLM_TIMEOUT, or choose a quicker {setting}."),
    (
        "ResourceNotFound|ValidationException",
        "model identifier is invalid|not found|does not exist|could not resolve",
        "There is no such model{in_region}: check {setting} (`aws bedrock list-foundation-models`, `aws "
        "bedrock list-inference-profiles`).",
    ),
    (
        "ResourceNotFound",
        "",
        "The model is not offered{in_region}, or no longer: check {setting} (`aws bedrock "
        "list-foundation-models`).",
    ),
    (
        "Validation",
        "",
        "The model does not take the question even with less of it: choose another for {setting}, or try "
        "another LLM_ANSWER_FORMAT.",
    ),
    (
        "ServiceUnavailable|InternalServer|ModelNotReady|ModelError|InternalFailure",
        "",
        "Bedrock has trouble of its own: ask again later. A fallback model takes over meanwhile.",
    ),
)
_NOBODY_THERE: Final = "Is {url} right, and its server up?{from_where}"
_FROM_AWS: Final = " The functions must reach it from AWS: an address of this computer's is none there."
_AT_AN_ENDPOINT: Final = (
    ("", "HTTP 40[13]", "The key is refused: put the right one into {key}."),
    ("", "HTTP (?:404|3..)", "Check {url} (it ends where /chat/completions begins) and {setting}."),
    (
        "",
        "HTTP 429",
        "The service takes no more now: ask again later. If it stays so, lower LLM_CONCURRENCY or have the "
        "account's limit raised.",
    ),
    ("", "HTTP (?:5..|408|409|425)", "The service has trouble of its own: ask again later."),
    ("NewConnection|NameResolution|ConnectTimeout|Proxy|SSL", "", _NOBODY_THERE),
    ("", "did not answer", "It took too long: raise LLM_TIMEOUT, or choose a quicker {setting}."),
    ("", "no connection|closed the connection", _NOBODY_THERE),
    ("", "a web page", "{url} must end where /chat/completions begins, in /v1 for most."),
    (
        "",
        "HTTP 4..",
        "The service does not take the question even with less of it: choose another {setting}, or try "
        "another LLM_ANSWER_FORMAT.",
    ),
)  # fmt: skip


def advice(
    error: ArxivDailyError,
    use: Use,
    settings: Settings,
    *,
    region: str = "",
    profiles: Profiles = lambda _: None,
    is_local: bool = False,
) -> str:
    """What to do about a model that could not be asked. Settings are named by their variables."""
    code, said = _said(error)
    for codes, words, what in _ON_BEDROCK if use.on_bedrock else _AT_AN_ENDPOINT:
        if re.search(codes, code) and re.search(words, said, re.IGNORECASE):
            return what.format(
                setting=use.setting,
                profile=_profile(use, region, profiles) if "{profile}" in what else "",
                in_region=f" in {region}" if region else "",
                key=f"the parameter {settings.llm_api_key_parameter} of SSM"
                if settings.llm_api_key_parameter
                else "LLM_API_KEY",
                from_where="" if is_local else _FROM_AWS,
                url="TRANSLATE_BASE_URL" if use.base_url else "LLM_BASE_URL",
            )
    return f"Check {use.setting}" + ("." if use.on_bedrock else ", the endpoint's address and its key.")


def _said(error: ArxivDailyError) -> tuple[str, str]:
    """The code and words of what lies behind an error of ours, which has a part of the words."""
    cause = error.__cause__
    response = getattr(cause, "response", None)
    if isinstance(response, Mapping):
        details = response.get("Error", {})
        return str(details.get("Code", "")), f"{error} {details.get('Message', '')}"
    return type(cause).__name__ if cause else "", str(error)


def _profile(use: Use, region: str, profiles: Profiles) -> str:
    model = behind(use.model)
    found = profiles(model)
    where = f" in {region}" if region else ""
    if found:
        more = f" ({', '.join(found[1:])} would do, too)" if len(found) > 1 else ""
        return f"The model answers{where} by an inference profile alone: set {use.setting}={found[0]}{more}."
    if found is not None:
        return f"No inference profile{where} has the model: set {use.setting} to another."
    likely = f"{prefix_of(region) or 'global'}.{model}"
    return (
        f"The model answers{where} by an inference profile alone, probably {use.setting}={likely}: "
        "`aws bedrock list-inference-profiles` lists them."
    )


def profiles_of(clients: Clients) -> Profiles:
    """Asks Bedrock, which costs nothing. What stays in a geography goes before what is global."""

    def find(model: str) -> Sequence[str] | None:
        found: list[str] = []
        try:
            with translated_errors("list inference profiles"):
                pages = clients("bedrock").get_paginator("list_inference_profiles")
                for page in pages.paginate(typeEquals="SYSTEM_DEFINED"):
                    for profile in page["inferenceProfileSummaries"]:
                        arns = [str(one["modelArn"]) for one in profile["models"]]
                        if any(arn.endswith(f":foundation-model/{model}") for arn in arns):
                            found.append(str(profile["inferenceProfileId"]))
        except ArxivDailyError:
            return None
        return sorted(found, key=lambda name: (name.startswith("global."), name))

    return find
