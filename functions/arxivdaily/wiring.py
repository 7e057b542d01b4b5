"""Adapters built from settings, once a process. Each handler asks for its own use case.

Imports stand inside the functions: a cold start pays only for what its function uses.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arxivdaily.errors import ArxivDailyError, ConfigurationError
from arxivdaily.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from arxivdaily.adapters.metrics import Render
    from arxivdaily.adapters.sqs import SqsMessages
    from arxivdaily.domain.channels import Catalogue
    from arxivdaily.domain.institution_names import Institutions
    from arxivdaily.ports import (
        ArxivSource,
        Attempts,
        Classifier,
        Edge,
        LanguageModel,
        PaperStore,
        Translator,
    )
    from arxivdaily.use_cases.backfill import BackfillEdition
    from arxivdaily.use_cases.classify import ClassifyPapers
    from arxivdaily.use_cases.dispatch import Dispatcher
    from arxivdaily.use_cases.enrich import EnrichPapers
    from arxivdaily.use_cases.fetch import FetchEdition, FetchRequest, FetchResult
    from arxivdaily.use_cases.giving_up import GiveUpPapers
    from arxivdaily.use_cases.repair import RepairEditions
    from arxivdaily.use_cases.translate import TranslatePapers
    from arxivdaily.use_cases.watch import WatchEdition

# What the log says of a model; a run on one computer looks for it.
IN_TROUBLE = "model in trouble"
ANSWERS_AGAIN = "model answers again"
PAGE_DEADLINE = 30.0  # seconds for one of arXiv's HTML pages


def prepare(*makers: Callable[[], object]) -> None:
    """Have what invocations need made while Lambda starts the function, and nowhere else: the start has a
    burst of processor time, a first invocation what the function's memory gives it (docs/adr/0023). What
    cannot be made is told by the invocation that needs it."""
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        for make in makers:
            with suppress(Exception):
                make()


def utc_now() -> datetime:
    return datetime.now(UTC)


def pause(seconds: float) -> None:
    time.sleep(seconds)


@cache
def store() -> PaperStore:
    from arxivdaily.adapters import story
    from arxivdaily.adapters.dynamodb import DynamoPaperStore

    return DynamoPaperStore(load_settings().require("table_name"), story.tell)


def ends_by_itself() -> bool:
    """Whether this is a run on one computer, which no schedule looks after and somebody waits for."""
    from arxivdaily.adapters.dynamodb import models

    return models(load_settings().require("table_name")).connect().is_emulated


@cache
def attempts() -> Attempts:
    from arxivdaily.adapters.dynamodb import DynamoAttempts

    return DynamoAttempts(load_settings().require("table_name"), utc_now)


@cache
def messages() -> SqsMessages:
    from arxivdaily.adapters.aws import client
    from arxivdaily.adapters.sqs import SqsMessages

    settings = load_settings()
    return SqsMessages(
        client("sqs"),
        clock=utc_now,
        window=settings.render_window,
        group=settings.classify_group,
        papers_url=settings.papers_queue_url,
        matched_url=settings.matched_queue_url,
        render_url=settings.render_queue_url,
        enrich_url=settings.enrich_queue_url,
    )


@cache
def dispatcher() -> Dispatcher:
    from arxivdaily.use_cases.dispatch import Dispatcher

    settings = load_settings()
    return Dispatcher(
        store(), messages(), translates=settings.translator != "none", limit=settings.translate_limit
    )


@cache
def catalogue() -> Catalogue:
    from arxivdaily.adapters.channel_file import load_catalogue

    return load_catalogue(Path(load_settings().channels_file))


@cache
def institutions() -> Institutions:
    from arxivdaily.adapters.institution_file import load_institutions

    return load_institutions(Path(load_settings().institutions_file))


def language_model(
    settings: Settings, model: str, base_url: str = "", *, note: Callable[[str], None] | None = None
) -> LanguageModel:
    """The configured provider's model, or the one at the OpenAI-compatible endpoint `base_url`.

    What the model does not take of a request is told to `note`, or without it to the log.

    Raises ConfigurationError for what is missing.
    """
    temperature = None if settings.llm_temperature == "none" else float(settings.llm_temperature)
    note = note or partial(_note_terms, model)
    if settings.llm_provider == "bedrock" and not base_url:
        from arxivdaily.adapters.bedrock import BedrockModel

        cached = {"true": True, "false": False}.get(settings.llm_prompt_cache)
        return BedrockModel(
            model,
            timeout=settings.llm_timeout,
            connections=settings.llm_concurrency,
            cache_prompt=cached,
            temperature=temperature,
            answer_format=settings.llm_answer_format,
            note=note,
        )
    from arxivdaily.adapters.openai_compatible import OpenAiModel

    return OpenAiModel(
        base_url or settings.require("llm_base_url"),
        _api_key(settings, is_own=bool(base_url)),
        model,
        timeout=settings.llm_timeout,
        connections=settings.llm_concurrency,
        temperature=temperature,
        answer_format=settings.llm_answer_format,
        setting="TRANSLATE_BASE_URL" if base_url else "LLM_BASE_URL",
        note=note,
    )


def _guarded(model: LanguageModel, settings: Settings, stage: str, base_url: str) -> LanguageModel:
    """The model, not asked while it cannot be; what happens to it is in the log, with where it is."""
    from arxivdaily.adapters.logs import logger
    from arxivdaily.adapters.openai_compatible import shown_address
    from arxivdaily.circuit import GuardedModel

    on_bedrock = settings.llm_provider == "bedrock" and not settings.translate_base_url
    about: dict[str, Any] = {
        "stage": stage,
        "model": model.model,
        "address": "Amazon Bedrock" if on_bedrock else shown_address(base_url),
    }

    def tell(error: ArxivDailyError | None, is_stopped: bool) -> None:
        if error is None:
            logger.info(ANSWERS_AGAIN, **about)
        else:
            logger.warning(
                IN_TROUBLE, error=str(error), kind=type(error).__name__, is_stopped=is_stopped, **about
            )

    return GuardedModel(model, tell)


def _note_terms(model: str, change: str) -> None:
    from arxivdaily.adapters.logs import logger

    logger.info("a model is asked in another way from now on", model=model, change=change)


def _api_key(settings: Settings, *, is_own: bool) -> Callable[[], str]:
    """The key when a call needs it: a paper's record then says why it could not be had. `is_own`: of
    translation's own endpoint."""
    if is_own and settings.translate_api_key:
        return lambda: settings.translate_api_key
    if settings.llm_api_key or not settings.llm_api_key_parameter:
        return lambda: settings.llm_api_key
    return _secret(settings.llm_api_key_parameter)


@cache
def _secret(name: str) -> Callable[[], str]:
    from arxivdaily.adapters.ssm import secret

    return secret(name, utc_now)


@cache
def classifier() -> Classifier:
    settings = load_settings()
    if settings.classifier == "embedded":
        from arxivdaily.adapters.minilm import MiniLmEncoder
        from arxivdaily.classification.embedded import EmbeddedClassifier

        return EmbeddedClassifier(MiniLmEncoder(), catalogue())
    from arxivdaily.adapters.metrics import MeasuredModel
    from arxivdaily.classification.llm import LlmClassifier

    def by(model: str) -> Classifier:
        measured = MeasuredModel(language_model(settings, model), "classify")
        guarded = _guarded(measured, settings, "classify", settings.llm_base_url)
        return LlmClassifier(guarded, catalogue(), concurrency=settings.llm_concurrency)

    first = by(settings.require("classify_model"))
    if not settings.classify_fallback_model:
        return first
    from arxivdaily.fallback import FallbackClassifier

    return FallbackClassifier(first, by(settings.classify_fallback_model))


@cache
def translator() -> Translator:
    from arxivdaily.adapters.metrics import MeasuredModel
    from arxivdaily.translation.glossary import load_glossary

    settings = load_settings()
    glossary = load_glossary(Path(settings.glossary_file))

    def model(name: str) -> LanguageModel:
        measured = MeasuredModel(language_model(settings, name, settings.translate_base_url), "translate")
        base_url = settings.translate_base_url or settings.llm_base_url
        return _guarded(measured, settings, "translate", base_url)

    def by(name: str) -> Translator:
        if settings.translate_style == "sentences":
            from arxivdaily.translation.by_sentence import SentenceTranslator

            return SentenceTranslator(model(name), glossary)
        from arxivdaily.translation.translator import LlmTranslator

        return LlmTranslator(model(name), glossary)

    first = by(settings.require("translate_model"))
    if not settings.translate_fallback_model:
        return first
    from arxivdaily.fallback import FallbackTranslator

    return FallbackTranslator(first, by(settings.translate_fallback_model))


@cache
def fetch_edition() -> Callable[[FetchRequest], FetchResult]:
    from arxivdaily.adapters.arxiv import Arxiv
    from arxivdaily.adapters.metrics import measured_fetch

    return measured_fetch(fetch_from(Arxiv(load_settings())))


@cache
def backfill_edition() -> BackfillEdition:
    from arxivdaily.adapters.arxiv import Arxiv
    from arxivdaily.adapters.arxiv_oai import ArxivOai
    from arxivdaily.use_cases.arxiv_feeds import ArxivFeeds
    from arxivdaily.use_cases.backfill import BackfillEdition

    settings = load_settings()
    return BackfillEdition(
        ArxivOai(settings),
        store(),
        messages(),
        utc_now,
        fetch_from,
        shown=ArxivFeeds(Arxiv(settings), store(), utc_now, categories=settings.categories).shown,
        categories=settings.categories,
    )


def fetch_from(source: ArxivSource) -> FetchEdition:
    """The use case that makes editions of what a source announces."""
    from arxivdaily.use_cases.fetch import FetchEdition

    settings = load_settings()
    return FetchEdition(
        source,
        store(),
        messages(),
        dispatcher(),
        utc_now,
        categories=settings.categories,
        process_revisions=settings.process_revisions,
        translates=settings.translator != "none",
        translate_limit=settings.translate_limit,
    )


@cache
def watch_edition() -> WatchEdition:
    from arxivdaily.adapters.metrics import report_overdue, report_unread
    from arxivdaily.use_cases.watch import WatchEdition

    return WatchEdition(store(), utc_now, report_overdue, report_unread)


@cache
def repair_editions() -> RepairEditions:
    from arxivdaily.adapters.metrics import report_failed, report_repair
    from arxivdaily.use_cases.repair import RepairEditions

    return RepairEditions(store(), messages(), dispatcher(), utc_now, report_repair, report_failed)


@cache
def give_up_papers() -> GiveUpPapers:
    from arxivdaily.use_cases.giving_up import GiveUpPapers

    return GiveUpPapers(store(), messages(), utc_now)


@cache
def classify_papers() -> ClassifyPapers:
    from arxivdaily.adapters.metrics import count_tokens
    from arxivdaily.use_cases.classify import ClassifyPapers

    settings = load_settings()
    return ClassifyPapers(
        store(),
        messages(),
        classifier(),
        dispatcher(),
        utc_now,
        group=settings.classify_group,
        concurrency=settings.llm_concurrency if settings.classifier == "llm" else 1,
        meter=count_tokens,
        sleep=pause,
    )


@cache
def enrich_papers() -> EnrichPapers:
    from arxivdaily.adapters.arxiv_pages import ArxivPages
    from arxivdaily.use_cases.enrich import EnrichPapers

    return EnrichPapers(store(), messages(), ArxivPages(load_settings(), deadline=PAGE_DEADLINE), utc_now)


@cache
def translate_papers() -> TranslatePapers:
    from arxivdaily.adapters.metrics import count_tokens
    from arxivdaily.pricing import parse_budget, parse_prices
    from arxivdaily.use_cases.translate import TranslatePapers

    settings = load_settings()
    return TranslatePapers(
        store(),
        messages(),
        translator(),
        utc_now,
        concurrency=settings.llm_concurrency,
        budget=parse_budget(
            settings.daily_budget,
            parse_prices(settings.model_prices),
            (settings.translate_model, settings.translate_fallback_model),
        ),
        limit=settings.translate_limit,
        meter=count_tokens,
        sleep=pause,
    )


@cache
def edge() -> Edge | None:
    settings = load_settings()
    if not settings.site_distribution_id:
        return None
    from arxivdaily.adapters.aws import client
    from arxivdaily.adapters.cloudfront import CloudFrontEdge

    return CloudFrontEdge(client("cloudfront"), settings.site_distribution_id, utc_now)


@cache
def render_edition() -> Render:
    from uuid import uuid4

    from arxivdaily.adapters.aws import client
    from arxivdaily.adapters.events import EventBridgeEvents
    from arxivdaily.adapters.logs import logger
    from arxivdaily.adapters.metrics import measured_render, report_edition
    from arxivdaily.adapters.s3 import S3SiteStore
    from arxivdaily.pricing import parse_budget, parse_prices, tariff
    from arxivdaily.site.build import build
    from arxivdaily.use_cases.render import RenderEdition

    settings = load_settings()
    try:
        prices = parse_prices(settings.model_prices)
        budget = parse_budget(settings.daily_budget, prices)
        money = tariff(budget, prices)
    except ConfigurationError as error:  # pages matter more than what they cost
        logger.error("the ledger shows no money", error=str(error))
        budget = money = None
    render = RenderEdition(
        store(),
        messages(),
        S3SiteStore(client("s3"), settings.require("site_bucket"), settings.require("table_name")),
        EventBridgeEvents(client("events"), settings.event_bus_name, settings.site_url),
        utc_now,
        catalogue(),
        site_url=settings.site_url,
        build=partial(
            build,
            templates_dir=Path(settings.templates_dir),
            institutions=institutions(),
            tariff=money,
            notice=settings.site_notice,
        ),
        edge=edge(),
        report=partial(report_edition, money=money, budget=budget),
        new_id=lambda: uuid4().hex,
    )
    return measured_render(render)
