"""`arxivdaily local run`: the application of `template.yaml` on one computer, from feed to site."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.institution_file import load_institutions
from arxivdaily.errors import ConfigurationError
from arxivdaily.pricing import parse_budget, parse_prices
from arxivdaily.settings import Settings
from arxivdaily.translation.glossary import load_glossary
from rich.console import Console

from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator, aws_environment, locked
from infrastructure.local.errors import LocalError, UsageError
from infrastructure.local.instruct_model import (
    INSTRUCT_MODEL,
    MODEL_ID,
    ModelServer,
    ModelUnavailableError,
    cache_directory,
    obtain,
)
from infrastructure.local.journal import Journal
from infrastructure.local.progress import Progress, Status, is_failure, summary
from infrastructure.local.sample import EDITION as SAMPLE_EDITION
from infrastructure.local.server import SiteServer
from infrastructure.local.site_sync import SiteSync
from infrastructure.words import WERE, counted

if TYPE_CHECKING:
    from arxivdaily.domain.records import Record
    from arxivdaily.ports import PaperStore

_T = TypeVar("_T")

ROOT = Path(__file__).resolve().parents[2]
# Papers that the small model translates by default. On two cores a call takes 25 s, and the gate asks
# for about every second paper again: four papers keep a first run, download included, below 6 min.
EMBEDDED_LIMIT = 4
_REACH_TIMEOUT = 5.0  # seconds to find out whether arXiv can be reached
_FETCH_TIMEOUT = 960.0  # seconds; the function's own limit is 900
_POLL = 1.0  # seconds between two looks, at least
_STALLED_AFTER = 900.0  # seconds without any change before the run gives up
_CRASHED_AFTER = 60.0  # the same after a function crashed: its messages are hidden for half an hour and more
# Publishing does not wait for affiliations: with --no-serve a run ends so many seconds after its
# edition is complete, even if arXiv's pages (three seconds each) have not all been read.
_FIRST_LOOKUPS = 120.0
_REPEATED_LOOKUPS = 10.0  # the same where only pages that were missing before are looked for again
_MODEL_QUEUES = ("PapersQueueUrl", "MatchedQueueUrl")
_ENRICH_QUEUE = ("EnrichQueueUrl",)
_RENDER_QUEUE = ("RenderQueueUrl",)
_DEAD_LETTER_QUEUES = (
    "PapersDeadLetterQueueUrl",
    "MatchedDeadLetterQueueUrl",
    "EnrichDeadLetterQueueUrl",
    "RenderDeadLetterQueueUrl",
)

# One computer has few cores and one reader, who wants to see pages soon. What the user sets wins.
_TUNING = {
    "CLASSIFY_CONCURRENCY": "2",
    "TRANSLATE_CONCURRENCY": "2",
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
SAMPLE_FOLDER = "sample"  # of the state folder
SAMPLE_NOTICE = "样例：这里的论文、作者与机构都是虚构的。"
_EMBEDDED_TRANSLATION = {
    "TRANSLATE_MODEL": MODEL_ID,
    "TRANSLATE_STYLE": "sentences",
    "TRANSLATE_BATCH_SIZE": "2",  # so that the site shows each few papers as they come
    "LLM_CONCURRENCY": "1",
    "LLM_TIMEOUT": "240",  # seconds: the other invocation's paper may be in front
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


@dataclass(frozen=True, slots=True)
class Plan:
    """Which models are used. `limit` is the number of papers to translate in this run, None: all."""

    classifier: str
    translator: str
    limit: int | None


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
    if "llm" in (options.classifier, translator):
        _check_endpoint(environment)
    return Plan(options.classifier, translator, limit)


def _check_endpoint(environment: Mapping[str, str]) -> None:
    if _provider(environment) == "openai":
        if not environment.get("LLM_BASE_URL"):
            raise UsageError(
                "LLM_PROVIDER is openai: set LLM_BASE_URL to the endpoint (ends in /v1 for most)"
            )
    elif not environment.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"):
        raise UsageError(
            "a language model was asked for: set LLM_BASE_URL (and LLM_API_KEY) for an OpenAI-compatible "
            "endpoint; Amazon Bedrock needs AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_BEARER_TOKEN_BEDROCK "
            "here, because functions on one computer do not get your AWS credentials"
        )


def _provider(environment: Mapping[str, str]) -> str:
    return environment.get("LLM_PROVIDER") or ("openai" if environment.get("LLM_BASE_URL") else "bedrock")


def function_environment(
    chosen: Plan, environment: Mapping[str, str], *, site_url: str, translator: str
) -> dict[str, str]:
    """The environment that the deployment and the functions see."""
    return {
        **_TUNING,
        **{name: value for name, value in environment.items() if value},
        "CLASSIFIER": chosen.classifier,
        "TRANSLATOR": translator,
        "TRANSLATE_LIMIT": "0",
        "LLM_PROVIDER": _provider(environment),
        "SITE_URL": environment.get("SITE_URL") or site_url,
        "TEMPLATES_DIR": environment.get("TEMPLATES_DIR") or str(ROOT / "templates" / "site"),
        "SCHEDULE_STATE": "DISABLED",
        **_NO_NESTED_STACKS,
    }


def run(options: Options, console: Console, environment: Mapping[str, str] | None = None) -> int:
    """Produce an edition and serve the site; the exit status.

    Raises LocalError or UsageError with one clear line.
    """
    environment = dict(os.environ if environment is None else environment)
    chosen = plan(options, environment)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    options.site.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(options.state))
        server = stack.enter_context(SiteServer(options.site, options.port)) if options.serve else None
        site_url = server.url if server else f"http://127.0.0.1:{options.port}"
        if server:
            console.print(f"The site is served on {server.url}/ and fills as work goes on.", highlight=False)
        with Progress(console) as progress, _arxiv(options, environment, progress) as source:
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


@dataclass(frozen=True, slots=True)
class Source:
    """Where announcements come from, and the state that goes with it."""

    environment: Mapping[str, str]
    state: Path
    edition: str | None


@contextlib.contextmanager
def _arxiv(options: Options, environment: Mapping[str, str], progress: Progress) -> Iterator[Source]:
    """arXiv, or the sample day where arXiv cannot be reached and nothing real is stored yet."""
    feed_url = Settings.from_env(environment).arxiv_feed_url
    reason = unreachable(feed_url)
    real = Source(environment, options.state, options.edition)
    if reason is None:
        yield real
        return
    if environment.get("ARXIV_FEED_URL"):
        raise LocalError(f"cannot reach ARXIV_FEED_URL {feed_url}: {reason}")
    if options.edition not in (None, SAMPLE_EDITION) or _has_items(options.state):
        progress.note(f"arXiv cannot be reached ({reason}): working with what is stored.")
        yield real
        return
    from infrastructure.local.sample_server import SampleArxiv

    progress.note(f"arXiv cannot be reached ({reason}): using the sample day of made-up papers.")
    # A state of its own: made-up papers must not turn up in tomorrow's archive of real ones.
    with SampleArxiv() as sample:
        urls = dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), sample.url)
        urls |= {"ARXIV_OAI_URL": f"{sample.url}/oai", "ARXIV_REQUEST_INTERVAL": "0"}
        urls |= {"SITE_NOTICE": environment.get("SITE_NOTICE") or SAMPLE_NOTICE}
        yield Source({**environment, **urls}, options.state / SAMPLE_FOLDER, SAMPLE_EDITION)


def unreachable(url: str) -> str | None:
    """Why a server does not answer; None if it does, with whatever status."""
    request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": "arxivdaily"})
    try:
        with urllib.request.urlopen(request, timeout=_REACH_TIMEOUT):  # nosec B310 # the user's own setting
            return None
    except urllib.error.HTTPError:
        return None
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__


def _has_items(state: Path) -> bool:
    path = state / "journal.sqlite"
    if not path.is_file():
        return False
    with Journal(path) as journal:
        return next(journal.items(), None) is not None


class _Run:
    """One run: the emulator, the stack, and the way of one edition through it."""

    def __init__(
        self, options: Options, chosen: Plan, source: Source, progress: Progress, site_url: str
    ) -> None:
        self._options = options
        self._plan = chosen
        self._source = source
        self._progress = progress
        self._site_url = site_url
        self._status = Status()
        self._store: PaperStore
        self._emulator: Emulator
        self._stack: Stack
        self._sync: SiteSync

    def make(self, console: Console) -> int:
        """Bring the edition to its end; the exit status."""
        self._source.state.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            model = _in_background(self._obtain_model) if self._plan.translator == "embedded" else None
            # With a limit the best matches of the whole edition are chosen, and the small model
            # needs every core: both wait until the edition stands in English.
            at_once = self._plan.translator == "llm" and self._plan.limit is None
            environment = self._environment("llm" if at_once else "none")
            self._show("starting the emulator")
            self._emulator = stack.enter_context(Emulator(self._source.state, environment))
            self._deploy(environment)
            result = self._fetch(self._source.edition)
            edition = self._settled_edition(result)
            if edition is None:
                return 0
            self._settle(edition)
            if self._plan.translator != "none" and not at_once:
                stack.enter_context(self._translation(edition, environment, model))
                self._fetch(edition, stored=True)
                self._settle(edition)
            self._await_affiliations(edition)
            self._sync()
            return self._report(console, edition, result)

    # --- steps -------------------------------------------------------------------------------

    def _environment(self, translator: str) -> dict[str, str]:
        return function_environment(
            self._plan, self._source.environment, site_url=self._site_url, translator=translator
        )

    def _deploy(self, environment: Mapping[str, str]) -> None:
        self._show("deploying template.yaml")
        self._stack = Stack(self._emulator, ROOT)
        self._stack.create(environment)
        outputs = self._stack.outputs
        self._show("restoring what is stored")
        restored = self._emulator.attach(outputs["TableName"], outputs["SiteBucketName"])
        if restored.items:
            self._progress.note(
                f"{restored.items:,} stored items and {restored.objects:,} published files are back."
            )
        # The store makes its clients from the environment, which must not be the user's own.
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(aws_environment(self._emulator.endpoint, os.environ))
        from arxivdaily.adapters.dynamodb import DynamoPaperStore

        self._store = DynamoPaperStore(outputs["TableName"])
        self._sync = SiteSync(
            self._emulator.client("s3"), outputs["SiteBucketName"], self._options.site.resolve()
        )
        self._sqs = self._emulator.client("sqs")
        self._sync()

    def _fetch(self, edition: str | None, *, stored: bool = False) -> dict[str, Any]:
        """Invoke the fetch function; LocalError with its message if it fails.

        `stored`: for what an edition has left, without asking arXiv again.
        """
        self._show("queueing what is left" if stored else "reading arXiv's announcement")
        client = self._emulator.client("lambda", read_timeout=_FETCH_TIMEOUT)
        answer = _in_background(
            lambda: client.invoke(
                FunctionName=self._stack.outputs["FetchFunctionName"],
                Payload=json.dumps({"edition": edition, "retry": True, "stored": stored}).encode(),
            )
        )
        while not answer.done():
            self._emulator.check()
            time.sleep(0.1)
        response = answer.result()
        body = json.loads(response["Payload"].read() or b"null")
        if response.get("FunctionError"):
            raise LocalError(f"fetching failed: {_first_line(body)}")
        for problem in body.get("problems", ()):
            self._progress.note(f"could not be read: {problem}")
        return dict(body)

    def _settled_edition(self, result: Mapping[str, Any]) -> str | None:
        """The edition to go on with; None when there is none and none was asked for."""
        wanted, found = self._source.edition, result.get("edition")
        self._progress.note(str(result.get("message", "")))
        if found and (wanted in (None, found)) and self._store.edition(found):
            return str(found)
        if wanted:
            raise LocalError(f"edition {wanted} cannot be made: {result.get('message')}")
        return None

    def _settle(self, edition: str) -> None:
        """Wait until the edition is complete and published, showing how it goes."""
        seen: object = None
        changed = time.monotonic()
        idle = 0
        crashes: set[str] = set()
        while True:
            self._emulator.check()
            for crash in self._emulator.function_failures():
                if crash not in crashes:
                    self._progress.note(f"{crash} (see {self._emulator.log})")
                    crashes.add(crash)
            begun = time.monotonic()
            looking = self._waiting(_ENRICH_QUEUE)
            rendering = self._waiting(_RENDER_QUEUE)
            waiting = self._waiting(_MODEL_QUEUES)
            if not looking:  # while affiliations come in, there is always a render under way
                waiting += rendering
            records = self._store.records(edition)
            stored = self._store.edition(edition)
            complete = stored is not None and stored.is_complete
            synced = self._sync()
            self._status = replace(self._status, edition=edition, pages=synced.total).with_records(records)
            self._show("complete" if complete and not waiting else "working")
            if not waiting and complete:
                return
            # A message can be between two queues; long after that nobody will move it any more.
            idle = 0 if waiting or looking or rendering else idle + 1
            if idle > 10:
                self._progress.note("Nothing is under way, but the edition is not complete.")
                return
            now = (waiting, looking, synced, tuple(record.revision for record in records))
            if now != seen:
                seen, changed = now, time.monotonic()
            elif time.monotonic() - changed > (limit := _CRASHED_AFTER if crashes else _STALLED_AFTER):
                raise LocalError(
                    f"nothing has changed for {limit:.0f} s; what is stored is kept, and running again "
                    "goes on from there"
                )
            spent = time.monotonic() - begun
            time.sleep(max(_POLL, 3 * spent))  # looking must not become the work

    def _await_affiliations(self, edition: str) -> None:
        """Wait for what arXiv's pages say of the authors: the first time, and where the site is served
        meanwhile, to the end, else for a while; what is left is looked up by the next run."""
        records = self._store.records(edition)
        first = any(record.awaits_affiliations for record in records)
        patience = _FIRST_LOOKUPS if first else _REPEATED_LOOKUPS
        began = changed = time.monotonic()
        seen: object = None
        while looking := self._waiting((*_ENRICH_QUEUE, *_RENDER_QUEUE)):
            self._emulator.check()
            records = self._store.records(edition)
            synced = self._sync()
            self._status = replace(self._status, pages=synced.total).with_records(records)
            self._show("published; reading who wrote the papers")
            if (now := (looking, synced, sum(record.revision for record in records))) != seen:
                seen, changed = now, time.monotonic()
            to_the_end = self._options.serve and first
            waited = time.monotonic() - (changed if to_the_end else began)
            if waited > (_STALLED_AFTER if to_the_end else patience):
                left = sum(record.awaits_affiliations for record in records)
                if left:
                    self._progress.note(
                        f"The affiliations of {left} papers are still to be looked up; the next run goes on."
                    )
                return
            time.sleep(_POLL)

    @contextlib.contextmanager
    def _translation(
        self, edition: str, environment: Mapping[str, str], model: Future[Path] | None
    ) -> Iterator[None]:
        """Give the deployed application its translator, for as long as this lasts."""
        records = self._store.records(edition)
        done = sum(record.is_translated_here for record in records)
        missing = sum(record.lacks_words and record.translation is None for record in records)
        if not missing:
            yield
            return
        with contextlib.ExitStack() as stack:
            settings = {"TRANSLATOR": "llm", "TRANSLATE_LIMIT": str(done + (self._plan.limit or missing))}
            if model is not None:
                try:
                    base_url = stack.enter_context(self._model_server(model)).base_url
                except ModelUnavailableError as error:
                    self._progress.note(f"The site stays in English: {error}")
                    yield
                    return
                settings |= {**_EMBEDDED_TRANSLATION, "TRANSLATE_BASE_URL": base_url}
            self._show("deploying the translator")
            self._stack.update({**environment, **settings})
            yield

    def _obtain_model(self) -> Path:
        def received(count: int) -> None:
            self._progress.downloaded(count, INSTRUCT_MODEL.size)

        return obtain(INSTRUCT_MODEL, cache_directory(self._source.environment), progress=received)

    def _model_server(self, model: Future[Path]) -> ModelServer:
        self._show("waiting for the translation model")
        while not model.done():
            self._emulator.check()
            self._show(self._status.step)
            time.sleep(0.2)
        path = model.result()
        self._show("loading the translation model")
        return ModelServer(path, self._source.state / "model.log")

    # --- looking -----------------------------------------------------------------------------

    def _show(self, step: str) -> None:
        self._status = replace(self._status, step=step)
        self._progress.show(self._status)

    def _waiting(self, queues: Sequence[str]) -> int:
        """Messages in these queues: visible, delayed or being worked on."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        total = 0
        for queue in queues:
            answer = self._sqs.get_queue_attributes(QueueUrl=self._stack.outputs[queue], AttributeNames=names)
            total += sum(int(answer["Attributes"].get(name, 0)) for name in names)
        return total

    def _report(self, console: Console, edition: str, fetched: Mapping[str, Any]) -> int:
        records = self._store.records(edition)
        console.print(summary(edition, records, self._status.pages))
        failures = self._failures(records)
        if dead := self._waiting(_DEAD_LETTER_QUEUES):
            failures.append(f"{counted(dead, 'message', WERE)} given up")
        if fetched.get("problems"):
            failures.append("not everything could be read from arXiv")
        stored = self._store.edition(edition)
        if stored is None or not stored.is_complete:
            failures.append("the edition is not complete")
        for failure in failures:
            console.print(failure, style="red", markup=False, highlight=False)
        if failures:
            console.print("Run the same command again to retry.", highlight=False)
        return 1 if failures else 0

    @staticmethod
    def _failures(records: Sequence[Record]) -> list[str]:
        failed = [record for record in records if is_failure(record)]
        shown = [
            f"{record.paper.versioned_id}: {record.state}: {_first_line(record.reason)}"
            for record in failed[:5]
        ]
        if len(failed) > len(shown):
            shown.append(f"and {len(failed) - len(shown)} more: see /ledger/{failed[0].edition}/")
        return shown


def _in_background(work: Callable[[], _T]) -> Future[_T]:
    """Start `work` in a thread that does not keep a finished run waiting."""
    future: Future[_T] = Future()

    def target() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=target, daemon=True).start()
    return future


def _first_line(body: object) -> str:
    text = str(body.get("errorMessage") or body) if isinstance(body, dict) else str(body)
    return re.sub(r"\s+", " ", text)[:500]
