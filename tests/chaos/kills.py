"""Kill and resume: the local run, all its processes killed at random moments, until its edition is complete.

`python -m chaos.kills --kills 50`; the last line is a JSON summary. A model service on loopback counts good
answers by paper, and knows which it has sent. In flight at a kill is what has not been sent, or only a moment
before: that alone may be bought again. The table's journal has the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arxivdaily import wiring
from arxivdaily.domain.papers import Paper
from chaos.kernel import Process
from chaos.loopback import Loopback, Reply
from chaos.models import Models, Question

from infrastructure.local import sample
from infrastructure.local.sample_server import SampleArxiv

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 300.0  # seconds; a run takes 15 on two idle cores
_STORING = 0.5  # seconds that an answer may be on its way into the journal
_LATENCY = (0.1, 0.4, 1.0)  # seconds of a call, so that many are in flight


class CountingService:
    """Good answers, each after a while, counted by stage and paper as soon as they are asked for."""

    def __init__(self, papers: Sequence[Paper], chance: random.Random) -> None:
        self._models = Models(papers, [channel.slug for channel in wiring.catalogue()])
        self._chance = chance
        self._lock = threading.Lock()
        self._nobody = Process("local", 0, 0.0)
        self.bought: Counter[Question] = Counter()
        self.calls = 0
        # Good answers that were asked for, and when each was handed to the connection; 0 for not yet.
        self._replies: list[tuple[Sequence[Question], list[float]]] = []
        self.server = Loopback(self._answer)

    def _answer(self, method: str, path: str, body: bytes) -> Reply:
        stage, papers = self._models.about(json.loads(body), self._nobody)
        with self._lock:
            reply, good = self._models.answer(stage, papers, "")
            questions = [(stage, paper.versioned_id) for paper in good]
            self.bought.update(questions)
            sent = [0.0]
            self._replies.append((questions, sent))
            self.calls += 1
            wait = self._chance.choice(_LATENCY)
        time.sleep(wait)
        sent[0] = time.monotonic()
        return reply

    def in_flight(self, killed: float) -> Counter[Question]:
        """Good answers asked for since the last kill that cannot have been stored at this one."""
        with self._lock:
            replies, self._replies = self._replies, []
        return Counter(
            question
            for questions, sent in replies
            if not sent[0] or sent[0] > killed - _STORING
            for question in questions
        )


@dataclass
class Story:
    """What became of an edition. `lost`: good answers in flight when a run was killed. `kept`: answers
    that the journal had at the last kill."""

    kills: int = 0
    runs: int = 0
    kept: int = 0
    lost: Counter[Question] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class LocalRun:
    """The command, its state in a folder, until its edition is complete."""

    def __init__(self, folder: Path, papers: Sequence[Paper], chance: random.Random) -> None:
        self._folder = folder
        self._papers = papers
        self._chance = chance
        # Its own: the order of its calls is nobody's choice.
        self.service = CountingService(papers, random.Random(chance.random()))
        self.story = Story()

    def until_complete(self, kills: int) -> Story:
        """Start, kill and start again, at most `kills` times, and then let it finish."""
        with SampleArxiv(self._papers) as arxiv, self.service.server as server:
            for _ in range(kills):
                if self._killed(arxiv.url, server.url):
                    break
            else:
                self._finish(arxiv.url, server.url)
        self._judge()
        return self.story

    def _killed(self, arxiv: str, service: str) -> bool:
        """One run that is killed; whether it was faster."""
        run = self._start(arxiv, service)
        # So many calls into its work and a moment more; or early, while it starts.
        target = self.service.calls + self._chance.choice((0, 1, 2, 3, 5, 8, 13))
        moment = self._chance.uniform(0.0, 1.5)
        patience = self._chance.uniform(0.5, 8.0) if target == self.service.calls else TIMEOUT
        end = time.monotonic() + patience
        while self.service.calls < target or target == self.service.calls:
            if run.poll() is not None:
                self._ended(run)
                return True
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        time.sleep(moment)
        killed = time.monotonic()
        run.send_signal(signal.SIGKILL)
        run.communicate()
        if run.returncode == 0:
            return True
        self.story.kills += 1
        self._wait_for_the_dead()
        stored = _stored_answers(self._folder / "state" / "journal.sqlite")
        flying = self.service.in_flight(killed)
        self.story.lost.update({question: n for question, n in flying.items() if question not in stored})
        self.story.kept = len(stored)
        return False

    def _finish(self, arxiv: str, service: str) -> None:
        self._ended(self._start(arxiv, service))

    def _ended(self, run: subprocess.Popen[str]) -> None:
        output, _ = run.communicate(timeout=TIMEOUT)
        if run.returncode != 0:
            self.story.wrong.append(f"the run ended with {run.returncode}: {output[-2000:]}")

    def _wait_for_the_dead(self) -> None:
        """The emulator and the functions die with the command, each a moment after its parent."""
        end = time.monotonic() + 30
        while time.monotonic() < end and any(_works_in(self._folder, found) for found in _processes()):
            time.sleep(0.1)
        time.sleep(max(_LATENCY) + 0.2)  # calls that they had begun are counted by now

    def _judge(self) -> None:
        wrong = self.story.wrong
        for question, count in self.service.bought.items():
            if count > 1 + self.story.lost[question]:
                wrong.append(f"{question} was bought {count} times, lost {self.story.lost[question]} times")
        path = self._folder / "site" / "ledger" / f"{sample.EDITION}.json"
        ledger = json.loads(path.read_bytes())["papers"] if path.exists() else []
        if sorted(p["arxiv_id"] for p in ledger) != sorted(p.arxiv_id for p in self._papers):
            wrong.append(f"the ledger has {len(ledger)} of {len(self._papers)} papers")
        states = Counter(paper["state"] for paper in ledger)
        if set(states) - {"published", "unmatched", "revision"}:
            wrong.append(f"not everything came to a good end: {dict(states)}")

    def _start(self, arxiv: str, service: str) -> subprocess.Popen[str]:
        self.story.runs += 1
        words = ["--date", sample.EDITION, "--classifier", "llm", "--translator", "llm", "--no-serve"]
        words += ["--state", str(self._folder / "state"), "--site", str(self._folder / "site")]
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "infrastructure.cli", "local", "run", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            env={
                **os.environ,
                **dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), arxiv),
                "ARXIV_REQUEST_INTERVAL": "0",
                "LLM_BASE_URL": f"{service}/v1",
                "CLASSIFY_MODEL": "model",
                "TRANSLATE_MODEL": "model",
                "CLASSIFY_GROUP": "4",
                "RENDER_WINDOW": "2",
                "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}",
            },
        )


def _processes() -> list[Path]:
    """Of this computer, where they can be listed (Linux)."""
    proc = Path("/proc")
    return [path for path in proc.iterdir() if path.name.isdigit()] if proc.is_dir() else []


def _works_in(folder: Path, process: Path) -> bool:
    try:
        return (process / "cwd").resolve(strict=True).is_relative_to(folder.resolve())
    except OSError:  # it has ended, or is somebody else's
        return False


def _stored_answers(journal: Path) -> set[Question]:
    if not journal.exists():
        return set()
    with sqlite3.connect(journal) as connection:
        rows = connection.execute("SELECT pk, sk FROM items WHERE pk LIKE 'ANSWERS#%'").fetchall()
    connection.close()
    return {(sk.split("#")[0], pk.removeprefix("ANSWERS#")) for pk, sk in rows}


def main() -> int:
    words = argparse.ArgumentParser(prog="chaos.kills", description=__doc__)
    words.add_argument("--kills", type=int, default=50)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--papers", type=int, default=40, help="of the sample day")
    options = words.parse_args()
    chance = random.Random(f"kills {options.seed}")
    kills = runs = editions = calls = repeated = in_flight = 0
    wrong: list[str] = []
    began = time.monotonic()
    while kills < options.kills:
        with tempfile.TemporaryDirectory(prefix="arxivdaily-kills-") as folder:
            run = LocalRun(Path(folder), sample.load()[: options.papers], chance)
            story = run.until_complete(min(options.kills - kills, chance.choice((5, 10, 20))))
        again = sum(run.service.bought.values()) - len(run.service.bought)
        print(f"edition {editions + 1}: {story.kills} kills, {again} repeated", flush=True)
        kills, runs, editions = kills + story.kills, runs + story.runs, editions + 1
        calls, repeated = calls + run.service.calls, repeated + again
        in_flight += sum(story.lost.values())
        wrong += story.wrong
        for line in story.wrong:
            print(f"  {line}", flush=True)
    summary = {
        "kills": kills,
        "editions": editions,
        "runs": runs,
        "model_calls": calls,
        "answers_in_flight_at_a_kill": in_flight,
        "answers_bought_again": repeated,
        "wrong": wrong,
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(summary, ensure_ascii=False))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
