"""`arxivdaily local run`: the application of `template.yaml` on one computer, from feed to site."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.institution_file import load_institutions
from arxivdaily.adapters.openai_compatible import in_the_clear, keeps_secrets
from arxivdaily.domain.records import Record
from arxivdaily.errors import ConfigurationError
from arxivdaily.pricing import parse_budget, parse_prices
from arxivdaily.settings import Settings
from arxivdaily.translation.glossary import load_glossary
from rich.console import Console

from infrastructure.local.application import DEAD_LETTER_QUEUES, Application, deployed
from infrastructure.local.archive import claim
from infrastructure.local.embedded_translation import SETTINGS as EMBEDDED_SETTINGS
from infrastructure.local.embedded_translation import ModelDownload
from infrastructure.local.emulator import Emulator, locked
from infrastructure.local.errors import LocalError, UsageError
from infrastructure.local.following import Follower
from infrastructure.local.instruct_model import ModelUnavailableError
from infrastructure.local.model_use import (
    Choice,
    check_names,
    explained,
    in_one_line,
    named,
    unused,
    uses,
)
from infrastructure.local.model_watch import ModelWatch, sorted_by_others, translated_by_others
from infrastructure.local.progress import Progress, failures, summary
from infrastructure.local.server import SiteServer
from infrastructure.local.source import Source, announcements
from infrastructure.operator.access import state_place
from infrastructure.words import WERE, counted

ROOT = Path(__file__).resolve().parents[2]
# Papers that the small model translates by default. On two cores a call takes 25 s, and the gate asks
# for about every second paper again: four papers keep a first run, download included, below 6 min.
EMBEDDED_LIMIT = 4

# One computer has few cores and one reader, who wants to see pages soon. What the user sets wins.
_TUNING = {
    "CLASSIFY_CONCURRENCY": "2",
    "TRANSLATE_CONCURRENCY": "2",
    "LLM_CONCURRENCY": "10",
    "RENDER_WINDOW": "5",
    "RETRY_DELAY": "2",
}
# The nested stacks are for an account: SiteServer is the edge here, and an alarm would tell nobody.
# Values that the user's environment may hold are for a deployment in the cloud.
_NO_NESTED_STACKS = {
    "OBSERVABILITY": "none",
    "EDGE": "none",
    "DOMAIN_NAME": "",
    "DOMAIN_ALIAS": "",
    "CERTIFICATE_ARN": "",
    "HOSTED_ZONE_ID": "",
    "PRICE_CLASS": "",
    "WEB_ACL_ARN": "",
    "ACCESS_LOG_DAYS": "",
    "SITE_DISTRIBUTION_ID": "",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; None where it leaves the choice to us."""

    edition: str | None
    state: Path
    site: Path
    classifier: str  # embedded | llm
    translator: str | None  # embedded | llm | none
    limit: int | None
    serve: bool
    port: int
    explain: bool = False  # say which models are used, and do nothing


Plan = Choice


def plan(options: Options, environment: Mapping[str, str]) -> Plan:
    """Settle the choices; UsageError for a combination that cannot work."""
    if options.edition is not None:
        try:
            if date.fromisoformat(options.edition).isoformat() != options.edition:
                raise ValueError("not written as YYYY-MM-DD")
        except ValueError as error:
            raise UsageError(f"--date {options.edition}: {error}") from error
    translator = options.translator or ("llm" if options.classifier == "llm" else "embedded")
    limit = options.limit
    if translator == "embedded" and limit is None:
        limit = EMBEDDED_LIMIT
    if translator == "none" or limit == 0:
        translator, limit = "none", None
    try:
        settings = Settings.from_env({**environment, "CLASSIFIER": "", "TRANSLATOR": ""})
        load_catalogue(Path(settings.channels_file))
        load_glossary(Path(settings.glossary_file))
        load_institutions(Path(settings.institutions_file))
        models = (settings.translate_model, settings.translate_fallback_model) if translator == "llm" else ()
        parse_budget(settings.daily_budget, parse_prices(settings.model_prices), models)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    chosen = Plan(options.classifier, translator, limit)
    if "llm" in (options.classifier, translator):
        _check_endpoint(environment)
        check_names(chosen, environment)
    return chosen


def _check_endpoint(environment: Mapping[str, str]) -> None:
    if _provider(environment) == "openai":
        if not environment.get("LLM_BASE_URL"):
            raise UsageError(
                "LLM_PROVIDER is openai: set LLM_BASE_URL to the endpoint (ends in /v1 for most)"
            )
        for name in ("LLM_BASE_URL", "TRANSLATE_BASE_URL"):
            url = environment.get(name)
            if url and environment.get("LLM_API_KEY") and not keeps_secrets(url):
                raise UsageError(in_the_clear(name))
    elif not environment.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"):
        raise UsageError(
            "a language model was asked for: set LLM_BASE_URL (and LLM_API_KEY) for an OpenAI-compatible "
            "endpoint; Amazon Bedrock needs AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_BEARER_TOKEN_BEDROCK "
            "here, because functions on one computer do not get your AWS credentials"
        )


def _provider(environment: Mapping[str, str]) -> str:
    return environment.get("LLM_PROVIDER") or ("openai" if environment.get("LLM_BASE_URL") else "bedrock")


def _unnamed_models(environment: Mapping[str, str]) -> dict[str, str]:
    """Names for an endpoint's models that have none: a server with one model loaded answers to any, one with
    several says that it does not know this."""
    names = []
    if _provider(environment) == "openai":
        names = ["CLASSIFY_MODEL", "TRANSLATE_MODEL"]
    elif environment.get("TRANSLATE_BASE_URL"):
        names = ["TRANSLATE_MODEL"]
    return dict.fromkeys(names, "default")


def function_environment(
    chosen: Plan, environment: Mapping[str, str], *, site_url: str, translator: str
) -> dict[str, str]:
    """The environment that the deployment and the functions see."""
    return {
        **_TUNING,
        **_unnamed_models(environment),
        **{name: value for name, value in environment.items() if value},
        "CLASSIFIER": chosen.classifier,
        "TRANSLATOR": translator,
        "TRANSLATE_LIMIT": "0",
        # The template's default is for models that cost money; here one often does not.
        "DAILY_BUDGET": environment.get("DAILY_BUDGET") or "none",
        "LLM_PROVIDER": _provider(environment),
        "SITE_URL": environment.get("SITE_URL") or site_url,
        "TEMPLATES_DIR": environment.get("TEMPLATES_DIR") or str(ROOT / "templates" / "site"),
        "SCHEDULE_STATE": "DISABLED",
        **_NO_NESTED_STACKS,
    }


def settings_of(chosen: Plan, environment: Mapping[str, str]) -> Settings:
    """What the functions of a run are told, where they translate."""
    translator = "llm" if chosen.translator == "llm" else "none"
    told = function_environment(chosen, environment, site_url="http://127.0.0.1:8000", translator=translator)
    return Settings.from_env(told)


def run(options: Options, console: Console, environment: Mapping[str, str] | None = None) -> int:
    """Produce an edition and serve the site; the exit status.

    Raises LocalError or UsageError with one clear line.
    """
    environment = dict(os.environ if environment is None else environment)
    chosen = plan(options, environment)
    environment |= named(chosen, environment, settings_of(chosen, environment))
    if options.explain:
        for line in explained(chosen, settings_of(chosen, environment)):
            console.print(line, markup=False, highlight=False)
        if objection := unused(chosen, environment):
            console.print(objection, markup=False, highlight=False)
        return 0
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(options.state))
        claim(
            options.site,
            options.state,
            classifier=options.classifier if options.classifier != "embedded" else "",
            translator=options.translator or "",
        )
        server = stack.enter_context(SiteServer(options.site, options.port)) if options.serve else None
        site_url = server.url if server else f"http://127.0.0.1:{options.port}"
        if server:
            console.print(f"The site is served on {server.url}/ and fills as work goes on.", highlight=False)
        with (
            Progress(console) as progress,
            announcements(options.state, options.edition, environment, progress.note) as source,
        ):
            if source.state != options.state:  # the sample day's
                source.state.mkdir(parents=True, exist_ok=True)
                claim(options.site, source.state)
            status = _Run(options, chosen, source, progress, site_url).make(console)
        if server is None:
            console.print(
                f"The site is in {options.site}/ (without --no-serve it is served).", highlight=False
            )
        if server:
            console.print(f"Serving {server.url}/ until Ctrl-C.", highlight=False)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
        return status


class _Run:
    """One run: the emulator, the application in it, and the way of one edition through it."""

    def __init__(
        self, options: Options, chosen: Plan, source: Source, progress: Progress, site_url: str
    ) -> None:
        self._options = options
        self._plan = chosen
        self._source = source
        self._progress = progress
        self._site_url = site_url
        self._application: Application
        settings = settings_of(chosen, source.environment)
        self._uses = uses(chosen, settings)
        self._watch = ModelWatch(self._uses, settings, progress.note)

    def make(self, console: Console) -> int:
        """Bring the edition to its end; the exit status."""
        self._progress.note(in_one_line(self._plan, self._uses))
        if objection := unused(self._plan, self._source.environment):
            self._progress.note(objection)
        for trouble in self._watch.begin():
            if trouble.use.stage == "classify" and trouble.is_certain:
                self._plan = replace(self._plan, classifier="embedded")
        with contextlib.ExitStack() as stack:
            model = None
            if self._plan.translator == "embedded":
                model = ModelDownload(self._source.environment, self._progress)
            # With a limit the best matches of the whole edition are chosen, and the small model
            # needs every core: both wait until the edition stands in English.
            at_once = self._plan.translator == "llm" and self._plan.limit is None
            environment = self._environment("llm" if at_once else "none")
            if model is not None:
                environment["TRANSLATE_API_KEY"] = model.key
            self._progress.step("starting the emulator")
            emulator = stack.enter_context(Emulator(self._source.state, environment))
            application = deployed(emulator, ROOT, self._options.site, environment, self._progress)
            self._application = application
            follower = Follower(application, self._progress, is_served=self._options.serve, watch=self._watch)
            result = application.fetch(self._source.edition)
            edition = self._settled_edition(result)
            if edition is None:
                return 0
            follower.settle(edition)
            if blocked := self._watch.blocked(application.store.records(edition)):
                self._progress.step("sorting papers on this computer")
                environment["CLASSIFIER"] = "embedded"
                application.stack.update(environment)
                application.fetch(edition, stored=True, papers=[r.paper.arxiv_id for r in blocked])
                follower.settle(edition)
            if self._plan.translator != "none" and not at_once:
                stack.enter_context(self._translation(edition, environment, model))
                application.fetch(edition, stored=True)
                follower.settle(edition)
            follower.await_affiliations(edition)
            application.sync()
            return self._report(console, edition, result)

    def _environment(self, translator: str) -> dict[str, str]:
        return function_environment(
            self._plan, self._source.environment, site_url=self._site_url, translator=translator
        )

    def _settled_edition(self, result: Mapping[str, Any]) -> str | None:
        """The edition to go on with; None when there is none and none was asked for."""
        wanted, found = self._source.edition, result.get("edition")
        self._progress.note(str(result.get("message", "")))
        if found and (wanted in (None, found)) and self._application.store.edition(found):
            return str(found)
        if wanted:
            raise LocalError(f"edition {wanted} cannot be made: {result.get('message')}")
        return None

    @contextlib.contextmanager
    def _translation(
        self, edition: str, environment: Mapping[str, str], model: ModelDownload | None
    ) -> Iterator[None]:
        """Give the deployed application its translator, for as long as this lasts."""
        records = self._application.store.records(edition)
        done = sum(record.is_translated_here for record in records)
        missing = sum(record.lacks_words and record.translation is None for record in records)
        if not missing:
            yield
            return
        with contextlib.ExitStack() as stack:
            settings = {"TRANSLATOR": "llm", "TRANSLATE_LIMIT": str(done + (self._plan.limit or missing))}
            if model is not None:
                try:
                    log = self._source.state / "model.log"
                    server = stack.enter_context(model.server(log, self._application.emulator.check))
                except ModelUnavailableError as error:
                    self._progress.note(f"The site stays in English: {error}")
                    yield
                    return
                settings |= {**EMBEDDED_SETTINGS, "TRANSLATE_BASE_URL": server.base_url}
            self._progress.step("deploying the translator")
            self._application.stack.update({**environment, **settings})
            yield

    def _report(self, console: Console, edition: str, fetched: Mapping[str, Any]) -> int:
        records = self._application.store.records(edition)
        console.print(summary(edition, records, self._progress.status.pages))
        wrong = failures(records)
        if dead := self._application.waiting(DEAD_LETTER_QUEUES):
            wrong.append(f"{counted(dead, 'message', WERE)} given up")
        if fetched.get("problems"):
            wrong.append("not everything could be read from arXiv")
        stored = self._application.store.edition(edition)
        if stored is None or not stored.is_complete:
            wrong.append("the edition is not complete")
        wrong = self._watch.summary() + wrong
        for line in self._made_by_others(edition, records):
            console.print(line, markup=False, highlight=False)
        for failure in wrong:
            console.print(failure, style="red", markup=False, highlight=False)
        if wrong:
            console.print("Run the same command again to retry.", highlight=False)
        return 1 if wrong else 0

    def _made_by_others(self, edition: str, records: Sequence[Record]) -> Iterator[str]:
        """What stays as another model has made it, with the command that has it made again."""
        place = state_place(self._source.state, self._options.site)
        for stage, verb, count in (
            ("classify", "sorted", sorted_by_others),
            ("translate", "translated", translated_by_others),
        ):
            ours = [use.model for use in self._uses if use.stage == stage and use.setting]
            if not ours:
                continue
            for model, number in count(records, ours).items():
                again = place.command("reprocess", "--date", edition, "--stage", stage, "--yes")
                papers = counted(number, "paper", WERE)
                yield f"{papers} {verb} by {model}. To have it done again by {ours[0]}: {again}"
