"""The application on this computer: its table's journal to read, the emulator to do something."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from arxivdaily.adapters.dynamodb import answer_of, edition_of, record_of
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record
from arxivdaily.ports import AnswerKey, ClassifyAnswer, TranslateAnswer
from arxivdaily.settings import Settings
from rich.console import Console

from infrastructure.failures import of_database
from infrastructure.local.archive import SAMPLE_FOLDER, SAMPLE_NOTICE, claim, is_sample
from infrastructure.local.journal import read_only
from infrastructure.local.model_use import Choice
from infrastructure.local.progress import Progress
from infrastructure.operator.access import OperatorError, Place, state_place
from infrastructure.operator.local_watch import Watch
from infrastructure.operator.stack import StackApplication

_LONGEST = 1800.0  # seconds for what was asked to be done
_POLL = 0.5  # seconds

Answers = Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]


class JournalReader:
    """`access.Reader` on the journal, without starting anything; also while a run is writing it."""

    def __init__(self, path: Path) -> None:
        """Raises OperatorError where there is no journal."""
        if not path.is_file():
            place, sample = state_place(path.parent), path.parent / SAMPLE_FOLDER
            hint = ""
            if (sample / path.name).is_file():
                hint = f". The sample day is in {sample}: `{state_place(sample).command('status')}`"
            first = place.first()
            raise OperatorError(
                f"nothing is stored in {path.parent}: `{first}` makes the first edition{hint}"
            )
        self._path = path
        try:
            self._connection, self._held = read_only(path)
        except sqlite3.Error as error:
            raise OperatorError(of_database(path, error)) from error

    def _bodies(self, statement: str, *values: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        try:
            for sk, item in self._connection.execute(statement, values):
                yield sk, json.loads(item)
        except sqlite3.Error as error:
            raise OperatorError(of_database(self._path, error)) from error
        except ValueError as error:
            raise OperatorError(f"{self._path} holds something that is no item: {error}") from error

    def _partition(self, pk: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        return self._bodies("SELECT sk, item FROM items WHERE pk = ? ORDER BY sk", pk)

    def edition(self, date: str) -> Edition | None:
        return next((edition for edition in self.editions() if edition.date == date), None)

    def editions(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        newest_first: bool = True,
        limit: int | None = None,
    ) -> Sequence[Edition]:
        found = [edition_of(item) for _, item in self._partition("EDITIONS")]
        found = [
            e for e in found if (after is None or e.date > after) and (before is None or e.date < before)
        ]
        return (found[::-1] if newest_first else found)[:limit]

    def records(self, edition: str) -> Sequence[Record]:
        return [record_of(item["body"]["S"]) for _, item in self._partition(f"RECORDS#{edition}")]

    def earlier(self, arxiv_ids: Collection[str], before: str) -> Mapping[str, Sequence[Record]]:
        found: dict[str, list[Record]] = {}
        for arxiv_id in dict.fromkeys(arxiv_ids):
            statement = "SELECT sk, item FROM items WHERE pk >= 'RECORDS#' AND pk < ? AND sk = ? ORDER BY pk"
            rows = self._bodies(statement, f"RECORDS#{before}", arxiv_id)
            if records := [record_of(item["body"]["S"]) for _, item in rows]:
                found[arxiv_id] = records
        return found

    def answers(self, keys: Collection[AnswerKey]) -> Answers:
        found: dict[AnswerKey, ClassifyAnswer | TranslateAnswer] = {}
        for arxiv_id, version in {(key.arxiv_id, key.version) for key in keys}:
            found |= self.answers_of(arxiv_id, version)
        return {key: found[key] for key in keys if key in found}

    def answers_of(self, arxiv_id: str, version: int) -> Answers:
        rows = self._partition(f"ANSWERS#{arxiv_id}v{version}")
        return dict(answer_of(arxiv_id, version, sk, item["body"]["S"]) for sk, item in rows)

    def close(self) -> None:
        self._held.close()


class LocalState:
    """`access.Readable` on a state folder."""

    def __init__(
        self,
        state: Path,
        environment: Mapping[str, str] | None = None,
        *,
        site: Path | None = None,
        classifier: str = "",
        translator: str = "",
    ) -> None:
        """`site` is where it is published, if the state itself does not know that best; `classifier`
        and `translator` as `local run` takes them, empty for what its last run had."""
        self._state = state
        self._site = site
        self._environment = dict(os.environ if environment is None else environment)
        self._models = (classifier, translator)
        self.name = f"this computer ({state})"

    @cached_property
    def place(self) -> Place:
        return state_place(self._state, self._site)

    @cached_property
    def store(self) -> JournalReader:
        return JournalReader(self._state / "journal.sqlite")

    @property
    def choice(self) -> Choice:
        """Who would sort and who would translate."""
        from infrastructure.local.run_models import choice_of

        return choice_of(self._state, *self._models)

    @cached_property
    def settings(self) -> Settings:
        """As `local run` tells them its functions."""
        from infrastructure.local.run_models import settings_for

        return settings_for(self.choice, self._environment)

    def check_models(self) -> None:
        """Raises UsageError for models that a run would refuse, as far as is known without asking."""
        from infrastructure.local.run_models import settled

        settled(self._state, self.choice, self._environment)

    def name_models(self) -> None:
        """Settle what only an endpoint can say: the name of its one model. Raises UsageError for what a run
        would refuse."""
        from infrastructure.local.run_models import checked

        self._environment = checked(self._state, self.choice, self._environment)
        vars(self).pop("settings", None)

    @property
    def unused(self) -> str | None:
        """What is set about models and would have no effect in a run."""
        from infrastructure.local.model_use import unused

        return unused(self.choice, self._environment)

    def queues(self) -> None:
        """There are none while nothing runs."""

    def close(self) -> None:
        if "store" in vars(self):
            self.store.close()


def environment_of(
    state: Path, environment: Mapping[str, str], choice: Choice | None = None
) -> dict[str, str]:
    """What the functions are given. Pages of the sample day say what they are, here too. Without a `choice`
    no language model is asked."""
    from infrastructure.local.run import Plan, function_environment

    if is_sample(state):
        environment = {**environment, "SITE_NOTICE": environment.get("SITE_NOTICE") or SAMPLE_NOTICE}
    chosen = choice or Plan("embedded", "none", None)
    # The small model of this computer has a server only while `local run` runs.
    translator = "llm" if chosen.translator == "llm" else "none"
    return function_environment(chosen, environment, site_url="http://127.0.0.1:8000", translator=translator)


@contextlib.contextmanager
def running(
    state: Path, site: Path, say: Callable[[str], None], choice: Choice | None = None
) -> Iterator[StackApplication]:
    """The application in the emulator, on what is stored, for as long as this lasts; then until it has
    done what it was asked, and its site is in `site`. Papers are sorted and translated by `choice`; without
    one by the embedded classifier, and left in English.

    Raises LocalError or OperatorError with one clear line.
    """
    from infrastructure.local.deploy import Stack
    from infrastructure.local.emulator import Emulator, locked
    from infrastructure.local.run import ROOT
    from infrastructure.local.site_sync import SiteSync

    if not (state / "journal.sqlite").is_file():
        JournalReader(state / "journal.sqlite")  # says what is missing
    given: Mapping[str, str] = os.environ
    if choice is not None:
        from infrastructure.local.model_use import in_one_line, uses
        from infrastructure.local.run_models import checked, settings_for

        if choice.translator == "embedded":  # its server runs within `local run` alone
            choice = replace(choice, translator="none")
        given = checked(state, choice, os.environ)
        say(in_one_line(choice, uses(choice, settings_for(choice, given))))
    environment = environment_of(state, given, choice)
    limit = choice.limit if choice is not None and choice.translator == "llm" else None
    if limit is not None:
        environment["TRANSLATE_LIMIT"] = str(limit)
    with contextlib.ExitStack() as contexts:
        contexts.enter_context(locked(state))
        claim(site, state)
        emulator = contexts.enter_context(Emulator(state, environment))
        say("starting the application on this computer")
        stack = Stack(emulator, ROOT)
        stack.create(environment)
        bucket = stack.outputs["SiteBucketName"]
        emulator.attach(stack.outputs["TableName"], bucket)
        own = dict(os.environ)
        emulator.adopt()  # for the store
        try:
            sync = SiteSync(emulator.client("s3"), bucket, site.resolve())
            progress = contexts.enter_context(Progress(Console(stderr=True, soft_wrap=True)))
            settings = Settings.from_env(environment)
            watch = Watch(progress, emulator.check, sync)
            application = _Emulated(stack, emulator.client, settings, state_place(state), watch)
            if limit is not None:
                application.limit_to(limit, environment)
            yield application
            settle(application, lambda: application.pause(0))
            sync()
        finally:
            os.environ.clear()
            os.environ.update(own)


class _Emulated(StackApplication):
    """A stack in the emulator, which need not be asked what it was just told."""

    def __init__(
        self, stack: Any, client: Callable[..., Any], settings: Settings, place: Place, watch: Watch
    ) -> None:
        super().__init__(
            "local",
            lambda service: client(service, read_timeout=910.0),
            name=f"this computer ({place.state})",
        )
        self.place = place
        self._known = dict(stack.outputs)
        self._local_settings = settings
        self._deployment = stack
        self._watch = watch
        self._limit: int | None = None
        self._environment: Mapping[str, str] = {}

    def limit_to(self, papers: int, environment: Mapping[str, str]) -> None:
        """Have at most so many papers of an edition translated from now on, beside what is translated of it
        already: as in a run. `environment` is what is deployed."""
        self._limit, self._environment = papers, environment

    def _leave_room(self, edition: str) -> None:
        """Deploy the limit of an edition. The function counts what was translated before, too."""
        if self._limit is None:
            return
        done = sum(record.is_translated_here for record in self.store.records(edition))
        changed = {**self._environment, "TRANSLATE_LIMIT": str(done + self._limit)}
        if changed != self._environment:
            settle(self, lambda: self.pause(0))  # what is under way is of another edition's limit
            self._deployment.update(changed)
            self._environment = changed

    def fetch(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        edition = str(request.get("edition") or "the newest edition")
        if request.get("edition"):
            self._leave_room(edition)
        step = (
            f"reading {edition} from arXiv's archive (OAI-PMH)"
            if request.get("backfill")
            else f"queueing {edition}"
        )
        return self._watch.during(step, edition, lambda: StackApplication.fetch(self, request))

    def render_anew(self, edition: str) -> None:
        self._watch.editions[edition] = None
        super().render_anew(edition)

    def pause(self, seconds: float) -> None:
        self._watch.look(self.store)
        time.sleep(seconds)

    @property
    def _outputs(self) -> Mapping[str, str]:
        return self._known

    @property
    def settings(self) -> Settings:
        return self._local_settings


def settle(application: StackApplication, check: Callable[[], None]) -> None:
    """Wait until no message is under way; affiliations, three seconds a page, are left to `local run`.

    Raises OperatorError if it takes too long, or where messages were given up.
    """
    end = time.monotonic() + _LONGEST
    idle = 0
    while idle < 4:  # a message can be between two queues
        begun = time.monotonic()
        check()
        if time.monotonic() > end:
            raise OperatorError(f"not done after {_LONGEST:.0f} s; what is stored is kept")
        busy = [q for q in application.queues() if q.name != "enrich" and q.waiting + q.in_flight]
        idle = 0 if busy else idle + 1
        time.sleep(max(_POLL, 3 * (time.monotonic() - begun)))  # looking must not become the work
    if given_up := [f"{q.dead} of {q.name}" for q in application.queues() if q.dead]:
        raise OperatorError(f"messages were given up: {', '.join(given_up)}. emulator.log says why")
