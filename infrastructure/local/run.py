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
from arxivdaily.adapters.http import user_agent
from arxivdaily.adapters.institution_file import load_institutions
from arxivdaily.adapters.openai_compatible import in_the_clear, keeps_secrets
from arxivdaily.adapters.proxies import proxy_for
from arxivdaily.domain.calendar import newest_edition_days
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
from infrastructure.local.errors import GoneByError, LocalError, UsageError
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
from infrastructure.local.parameters import checked, look_alikes
from infrastructure.local.progress import Progress, awaiting_translation, failures, summary
from infrastructure.local.server import SiteServer, is_served
from infrastructure.local.source import Source, announcements, sample_day
from infrastructure.operator.access import Place, state_place
from infrastructure.words import WERE, counted

ROOT = Path(__file__).resolve().parents[2]
# Papers that the small model translates by default. On two cores a call takes 25 s, and the gate asks
# for about every second paper again: four papers keep a first run, download included, below 6 min.
EMBEDDED_LIMIT = 4
# Announced days to look for where feeds are empty and nothing is stored yet.
_DAYS_BACK = 3
UNTRANSLATED = 3  # exit status of a strict run: complete, and papers await their translation

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
    strict: bool = False
    as_last_run: bool = False  # that a language model is asked is what the state's last run was told


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
        user_agent(settings.arxiv_contact)
        load_catalogue(Path(settings.channels_file))
        load_glossary(Path(settings.glossary_file))
        load_institutions(Path(settings.institutions_file))
        models = (settings.translate_model, settings.translate_fallback_model) if translator == "llm" else ()
        parse_budget(settings.daily_budget, parse_prices(settings.model_prices), models)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    chosen = Plan(options.classifier, translator, limit)
    if "llm" in (options.classifier, translator):
        _check_endpoint(environment, options.as_last_run)
        check_names(chosen, environment)
    function_environment(chosen, environment, site_url="", translator="none")  # says what is wrong with it
    return chosen


def _check_endpoint(environment: Mapping[str, str], as_last_run: bool) -> None:
    asked = (
        "this state's last run asked a language model" if as_last_run else "a language model was asked for"
    )
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
            f"{asked}: set LLM_BASE_URL (and LLM_API_KEY) for an OpenAI-compatible "
            "endpoint; Amazon Bedrock needs AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_BEARER_TOKEN_BEDROCK "
            "here, because functions on one computer do not get your AWS credentials. --classifier embedded "
            "asks none"
        )


def _provider(environment: Mapping[str, str]) -> str:
    return environment.get("LLM_PROVIDER", "").strip().lower() or (
        "openai" if environment.get("LLM_BASE_URL") else "bedrock"
    )


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
    """The environment that the deployment and the functions see. UsageError for a value that is wrong."""
    asked = {
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
    return checked(asked)


def settings_of(chosen: Plan, environment: Mapping[str, str]) -> Settings:
    """What the functions of a run are told, where they translate."""
    translator = "llm" if chosen.translator == "llm" else "none"
    told = function_environment(chosen, environment, site_url="http://127.0.0.1:8000", translator=translator)
    return Settings.from_env(told)


def run(options: Options, console: Console, environment: Mapping[str, str] | None = None) -> int:
    """Produce an edition and serve the site; the exit status. What failed is said on standard error.

    Raises LocalError or UsageError with one clear line.
    """
    environment = dict(os.environ if environment is None else environment)
    for warning in look_alikes(environment):  # before an error that says that the right one is not set
        console.print(warning, style="yellow", markup=False, highlight=False)
    chosen = plan(options, environment)
    environment |= named(chosen, environment, settings_of(chosen, environment))
    if options.explain:
        for line in explained(chosen, settings_of(chosen, environment)):
            console.print(line, markup=False, highlight=False)
        if objection := unused(chosen, environment):
            console.print(objection, markup=False, highlight=False)
        for objection in _unusable_proxies(chosen, settings_of(chosen, environment)):
            console.print(objection, style="yellow", markup=False, highlight=False)
        return 0
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        # Held until the edition is made: whoever serves the site after that is in nobody's way.
        with locked(options.state):
            claim(
                options.site,
                options.state,
                classifier="" if options.classifier == "embedded" else options.classifier,
                translator=options.translator or "",
                limit=options.limit,
            )
            server = site_server(options, stack, console) if options.serve else None
            site_url = server.url if server else f"http://127.0.0.1:{options.port}"
            with Progress(console) as progress:
                made = _made(options, chosen, environment, progress, site_url)
                status = made.report(console, Console(stderr=True, soft_wrap=True))
        if server is None:
            serve = made.place.command("local serve")
            console.print(
                f"The site is in {options.site}/; `{serve}` serves it.", highlight=False, markup=False
            )
        else:
            console.print(f"Serving {server.url}/ until Ctrl-C.", highlight=False)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
        return status


def _unusable_proxies(chosen: Plan, settings: Settings) -> list[str]:
    """What is wrong with how the environment names proxies for arXiv and the models, each once."""
    found: dict[str, None] = {}
    for url in (settings.arxiv_feed_url, *(use.base_url for use in uses(chosen, settings))):
        try:
            proxy_for(url)
        except ConfigurationError as error:
            found[f"{error}."] = None
    return list(found)


def site_server(options: Options, stack: contextlib.ExitStack, console: Console) -> SiteServer | None:
    """A server of the site; None where another process serves it on that port already."""
    try:
        server = stack.enter_context(SiteServer(options.site, options.port))
    except LocalError:
        if not is_served(options.site, options.port):
            raise
        url = f"http://127.0.0.1:{options.port}/"
        console.print(f"The site is served on {url} by another process, and fills there.", highlight=False)
        return None
    console.print(f"The site is served on {server.url}/ and fills as work goes on.", highlight=False)
    return server


def _made(
    options: Options, chosen: Plan, environment: Mapping[str, str], progress: Progress, site_url: str
) -> _Run:
    """The run that has made an edition: one of arXiv's, or the sample day where none can be had yet."""
    with announcements(options.state, options.edition, environment, progress.note) as source:
        if made := _attempt(options, chosen, source, progress, site_url):
            return made
    progress.note(
        "No edition can be had now: showing the sample day of made-up papers until a run finds one."
    )
    with sample_day(options.state, environment) as source:
        if made := _attempt(options, chosen, source, progress, site_url):
            return made
    raise LocalError("the sample day could not be made")


def _attempt(
    options: Options, chosen: Plan, source: Source, progress: Progress, site_url: str
) -> _Run | None:
    if source.state != options.state:  # the sample day's
        source.state.mkdir(parents=True, exist_ok=True)
        claim(options.site, source.state)
    attempt = _Run(options, chosen, source, progress, site_url)
    return attempt if attempt.make() else None


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
        self._edition = ""
        self._records: Sequence[Record] = ()
        self._wrong: list[str] = []
        self._advice: list[str] = []

    @property
    def place(self) -> Place:
        """Where this run has worked, for the commands that are named."""
        return state_place(self._source.state, self._options.site)

    def make(self) -> bool:
        """Bring the edition to its end; False where there is none to be had, and nothing is stored yet."""
        self._progress.note(in_one_line(self._plan, self._uses))
        if objection := unused(self._plan, self._source.environment):
            self._progress.note(objection)
        troubles = self._watch.begin()
        if any(trouble.use.stage == "classify" and trouble.is_certain for trouble in troubles):
            self._plan = replace(self._plan, classifier="embedded")
            self._watch.spare("classify")
            self._progress.note("Papers are sorted by the model of this computer instead.")
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

            def take_over() -> None:
                """What waits is sorted by this computer's model when it is tried next."""
                self._watch.spare("classify")
                self._progress.note("Papers are sorted by the model of this computer instead.")
                environment["CLASSIFIER"] = "embedded"
                application.stack.update(environment)

            follower = Follower(
                application,
                self._progress,
                is_served=self._options.serve,
                watch=self._watch,
                take_over=take_over,
            )
            result = self._fetched()
            edition = self._settled_edition(result)
            if edition is None:
                return False
            follower.settle(edition)
            if blocked := self._watch.blocked(application.store.records(edition)):
                self._progress.step("sorting papers on this computer")
                environment["CLASSIFIER"] = "embedded"
                self._watch.spare("classify")
                application.stack.update(environment)
                application.fetch(edition, stored=True, papers=[r.paper.arxiv_id for r in blocked])
                follower.settle(edition)
            if self._plan.translator != "none" and not at_once:
                stack.enter_context(self._translation(edition, environment, model))
                application.fetch(edition, stored=True)
                follower.settle(edition)
            follower.await_affiliations(edition)
            application.sync()
            self._look_back(edition, result, environment)
            return True

    def _environment(self, translator: str) -> dict[str, str]:
        return function_environment(
            self._plan, self._source.environment, site_url=self._site_url, translator=translator
        )

    def _fetched(self) -> Mapping[str, Any]:
        """Fetch's answer about the edition that was asked for or is the newest; from arXiv's archive where
        its feeds do not show that one any more."""
        wanted, note = self._source.edition, self._progress.note
        try:
            result = self._application.fetch(wanted)
        except GoneByError as error:
            note(f"{error}. It is made from arXiv's archive (OAI-PMH) instead, which takes a few minutes.")
            return self._application.backfill(str(wanted))
        if wanted or result.get("edition") or not result.get("expected"):
            return result
        # Feeds are empty on weekends and holidays, and there is nothing else to show yet.
        note(f"{result.get('message')}.")
        for day in newest_edition_days(date.fromisoformat(result["expected"]), _DAYS_BACK):
            edition = day.isoformat()
            note(f"The edition of {edition} is made from arXiv's archive (OAI-PMH) instead.")
            try:
                result = self._application.backfill(edition)
            except LocalError as error:
                note(f"arXiv's archive cannot be read: {error}")
                return {"message": ""}
            if result.get("edition"):
                return result
            note(f"{result.get('message')}.")
        return {"message": ""}

    def _settled_edition(self, result: Mapping[str, Any]) -> str | None:
        """The edition to go on with; None when there is none and none was asked for."""
        wanted, found = self._source.edition, result.get("edition")
        is_there = found and wanted in (None, found) and self._application.store.edition(found)
        if wanted and not is_there:
            raise LocalError(f"edition {wanted} cannot be made: {result.get('message')}")
        if result.get("message"):
            self._progress.note(str(result["message"]))
        return str(found) if is_there else None

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

    def _look_back(self, edition: str, fetched: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        """Note what there is to report, while the application is there to be asked."""
        self._edition = edition
        self._records = records = self._application.store.records(edition)
        self._wrong = failures(records)
        # What became of a paper is in its record; of translation nothing else is lost with a message.
        if dead := self._application.waiting([q for q in DEAD_LETTER_QUEUES if not q.startswith("Matched")]):
            self._wrong.append(f"{counted(dead, 'message', WERE)} given up")
        if problems := fetched.get("problems"):
            self._wrong.append(f"not everything could be read from arXiv: {'; '.join(problems[:3])}")
        stored = self._application.store.edition(edition)
        if stored is None or not stored.is_complete:
            self._wrong.append("the edition is not complete")
        # Papers are published in English then, which is no failure of the run.
        self._advice += [*self._watch.summary(), *self._made_by_others(edition, records)]
        if advice := self._sorted_otherwise(environment):
            self._advice.append(advice)

    def _made_by_others(self, edition: str, records: Sequence[Record]) -> Iterator[str]:
        """What stays as another model has made it, with the command that has it made again."""
        for stage, verb, count in (
            ("classify", "sorted", sorted_by_others),
            ("translate", "translated", translated_by_others),
        ):
            ours = [use.model for use in self._uses if use.stage == stage and use.setting]
            if not ours:
                continue
            for model, number in count(records, ours).items():
                again = self.place.command("reprocess", "--date", edition, "--stage", stage, "--yes")
                papers = counted(number, "paper", WERE)
                yield f"{papers} {verb} by {model}. To have it done again by {ours[0]}: {again}"

    def _sorted_otherwise(self, environment: Mapping[str, str]) -> str | None:
        """What to do about papers that were sorted by another channel file or prompt than this run's."""
        from arxivdaily.use_cases.reprocess import plan as planned

        from infrastructure.operator.reprocess import made_by

        makers = made_by(Settings.from_env(environment), "classify")
        models = {maker.model for maker in makers}
        # Of papers that another model has sorted `_made_by_others` tells.
        records = [r for r in self._records if r.classified_by and r.classified_by.model in models]
        found = planned(self._application.store, self._edition, records, "classify", makers, None)
        if not found.papers:
            return None
        command = self.place.command("reprocess", "--date", self._edition)
        papers = counted(len(found.papers), "paper", WERE)
        return (
            f"{papers} sorted by another channel file or prompt than this run's. "
            f"`{command}` says what sorting them again comes to, and with --yes does it."
        )

    def report(self, console: Console, errors: Console) -> int:
        """Say how it went; the exit status."""
        console.print(summary(self._edition, self._records, self._progress.status.pages))
        for failure in self._wrong:
            errors.print(failure, style="red", markup=False, highlight=False)
        late = awaiting_translation(self._records)
        strict = self._options.strict and late
        for line in late:
            (errors if strict else console).print(line, style="yellow", markup=False, highlight=False)
        if self._wrong or late:
            again = self.place.again(self._edition)
            if self._source.state != self._options.state:  # the sample day, where there was nothing better
                again = state_place(self._options.state, self._options.site).first()
            console.print(f"`{again}` tries again.", markup=False, highlight=False)
        for advice in self._advice:
            console.print(advice, markup=False, highlight=False)
        return 1 if self._wrong else UNTRANSLATED if strict else 0
