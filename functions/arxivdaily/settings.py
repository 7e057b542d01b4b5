"""The environment, parsed once into frozen objects.

Each function reads the part it needs: `Settings.from_env(os.environ)` never fails for what a
function does not use, because required values are asked for when they are used (`require`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from arxivdaily import setting_values as values
from arxivdaily.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent
_TEMPERATURE = re.compile(r"none|[01](\.\d{1,3})?|2(\.0{1,3})?")
_CHOICES = {
    "CLASSIFIER": ("llm", "embedded"),
    "TRANSLATOR": ("llm", "none"),
    "LLM_PROVIDER": ("bedrock", "openai"),
    "TRANSLATE_STYLE": ("whole", "sentences"),
    "LLM_ANSWER_FORMAT": ("schema", "json", "text"),
    "LLM_PROMPT_CACHE": ("auto", "true", "false"),
    "OBSERVABILITY": ("full", "basic", "none"),
}
# What an operator writes; addresses of queues come from the deployment.
_ADDRESSES = frozenset(
    {
        *("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL", "ARXIV_OAI_URL"),
        *("LLM_BASE_URL", "TRANSLATE_BASE_URL", "SITE_URL"),
    }
)
DEFAULT_CATEGORIES = "cs,stat.ML,eess.AS,eess.IV,eess.SP"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, by its environment variable's name in lower case.

    Defaults are those of the public interface. An empty variable counts as not set. The template gives each
    function the variables that it uses, so none fails for another's.
    """

    # arXiv
    arxiv_feed_url: str = "https://rss.arxiv.org"
    arxiv_api_url: str = "https://export.arxiv.org"
    arxiv_site_url: str = "https://arxiv.org"
    arxiv_oai_url: str = "https://oaipmh.arxiv.org/oai"
    arxiv_request_interval: float = 3.0  # seconds between requests to one host
    arxiv_contact: str = ""  # an address or page for arXiv's operators, sent in the User-Agent
    categories: tuple[str, ...] = tuple(DEFAULT_CATEGORIES.split(","))
    process_revisions: bool = False  # whether replacements go on to the models

    # models
    classifier: str = "llm"  # llm | embedded
    translator: str = "llm"  # llm | none
    llm_provider: str = "bedrock"  # bedrock | openai
    llm_base_url: str = ""
    llm_api_key: str = ""  # for one computer; in the cloud the parameter below names the secret
    llm_api_key_parameter: str = ""  # name of an SSM SecureString
    translate_base_url: str = ""  # an OpenAI-compatible endpoint for translation alone
    translate_api_key: str = ""  # its key where it has one of its own, as one computer's model server does
    translate_style: str = "whole"  # whole: a call a paper | sentences: a call a sentence, for small models
    llm_timeout: float = 60.0  # seconds for one call
    llm_concurrency: int = 10  # calls in flight in one invocation
    llm_temperature: str = "0"  # left out for models that refuse it | none: never sent
    llm_answer_format: str = (
        "schema"  # schema | json | text: where to begin; a model that refuses it gets less
    )
    llm_prompt_cache: str = "auto"  # Bedrock's cache points: auto (by the model's family) | true | false
    classify_group: int = 14  # papers that share a message and a model call
    classify_model: str = ""
    translate_model: str = ""
    classify_fallback_model: str = ""  # takes over where the first is throttled, down or refuses
    translate_fallback_model: str = ""
    translate_limit: int = 0  # papers of one edition that are translated; 0: all
    daily_budget: str = ""  # for an edition: "2000000 tokens", "1.50 USD"; empty or none: no limit
    model_prices: str = ""  # JSON: {"model": [input, cached, output]}, of a million tokens
    retry_delay: int = 30  # seconds before a failed message comes back; doubles with each attempt

    # this deployment
    table_name: str = ""
    papers_queue_url: str = ""
    matched_queue_url: str = ""
    enrich_queue_url: str = ""
    render_queue_url: str = ""
    papers_dead_letter_queue_url: str = ""
    matched_dead_letter_queue_url: str = ""
    enrich_dead_letter_queue_url: str = ""
    render_dead_letter_queue_url: str = ""
    render_window: int = 60  # seconds; at most one render of an edition in each
    site_bucket: str = ""
    site_distribution_id: str = ""  # of the CloudFront distribution before the bucket; empty: none
    event_bus_name: str = "default"
    observability: str = "full"  # which figures become metrics: full, basic (those with alarms), none
    site_url: str = "http://127.0.0.1:8000"  # without a trailing slash
    site_notice: str = ""  # stands on top of every page
    templates_dir: str = str(_PACKAGE.parents[1] / "templates" / "site")
    channels_file: str = str(_PACKAGE.parent / "channels.toml")
    glossary_file: str = str(_PACKAGE.parent / "glossary.toml")  # the operator's terms
    institutions_file: str = str(_PACKAGE.parent / "institutions.toml")  # their names in Chinese

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Parse an environment; ConfigurationError names what is wrong, what it holds and what is right."""
        found: dict[str, object] = {}
        for field in fields(cls):
            name = field.name.upper()
            raw = env.get(name, "").strip()
            if raw:
                found[field.name] = _parse(name, raw, field.default)
        settings = cls(**found)  # type: ignore[arg-type]
        settings._check()
        return settings

    def _check(self) -> None:
        if not _TEMPERATURE.fullmatch(self.llm_temperature):
            raise values.wrong(
                "LLM_TEMPERATURE", self.llm_temperature, "must be a number from 0 to 2, or none"
            )
        for name in ("arxiv_request_interval", "translate_limit"):
            if getattr(self, name) < 0:
                raise values.wrong(name.upper(), f"{getattr(self, name):g}", "must not be negative")
        for name in ("llm_timeout", "llm_concurrency", "classify_group", "render_window", "retry_delay"):
            if getattr(self, name) <= 0:
                raise values.wrong(name.upper(), f"{getattr(self, name):g}", "must be greater than 0")

    def require(self, name: str) -> str:
        """A text setting that has no useful default; ConfigurationError when it is missing."""
        value = getattr(self, name)
        if not value:
            raise ConfigurationError(f"{name.upper()} is not set")
        return str(value)


def _parse(name: str, raw: str, default: object) -> object:
    if name in _ADDRESSES:
        return values.address(name, raw, with_path=name != "SITE_URL")
    if name in _CHOICES:
        return values.one_of(name, raw, _CHOICES[name])
    if isinstance(default, bool):
        return values.flag(name, raw)
    if isinstance(default, int):
        return values.whole_number(name, raw)
    if isinstance(default, float):
        return values.number(name, raw)
    if isinstance(default, tuple):
        return values.categories(name, raw)
    return raw.rstrip("/") if name.endswith("_URL") else raw


@cache
def load_settings() -> Settings:
    """This process's settings, parsed at the first call."""
    import os

    return Settings.from_env(os.environ)
