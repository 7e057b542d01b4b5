"""A model service that answers well, or badly in a known way, and remembers what was bought."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arxivdaily.classification.prompt import shorten
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Extent
from arxivdaily.translation import gate
from arxivdaily.use_cases.saving import ALWAYS
from chaos.chinese import chinese
from chaos.kernel import Process
from chaos.loopback import Reply

SUMMARY = "本文研究一个问题，提出简单有效的方法，并在实验中加以验证。"
REASON = "研究该频道的问题"
TITLE = "translate/title"  # the stage of a question about a title alone
_BLOCK = re.compile(r"^(\S+) \[[^\]]*\]\nTitle: (.*)\nAbstract: (.*)$", re.MULTILINE)
_TITLE = re.compile(r"^Title: (.*)$", re.MULTILINE)
_ABSTRACT = re.compile(r"^Abstract: (.*)$", re.MULTILINE)

Question = tuple[str, str]  # stage, versioned identifier


@dataclass
class Purchase:
    """A good answer about one paper. `stored`: it is in the table, by itself or with its paper's record."""

    question: Question
    process: Process
    at: float
    stored: bool = False
    refused: int = 0  # how often its write was tried and certainly failed
    unsaved: bool = False  # so did that of its record

    def is_lost(self, now: float) -> bool:
        """Whether it is excusable that it was lost: its process ended (which one that stalls learns when it
        wakes), or no try to keep it was left."""
        is_over = bool(self.process.ended) or now >= self.process.deadline
        return is_over or (self.refused > ALWAYS and self.unsaved)


@dataclass(frozen=True)
class Payment:
    """What a process has been told that an answer cost, good or bad."""

    question: Question
    process: Process
    tokens: int


class Ledger:
    """Good answers in the order in which they were paid for, and those that ought not to have been."""

    def __init__(self) -> None:
        self.purchases: dict[Question, list[Purchase]] = {}
        self.wrong: list[str] = []
        self.repeated: Counter[str] = Counter()
        self.tokens: Counter[Question] = Counter()  # of all answers; parts of a stage are the stage's
        self._payments: list[Payment] = []
        self._unsaved: set[tuple[str, int]] = set()  # records whose last write by a process was refused

    def answered(self, question: Question, process: Process, tokens: int, *, told: bool) -> None:
        """The service was paid for an answer. `told`: the answer says what it cost."""
        stage, versioned_id = question
        self.tokens[stage.partition("/")[0], versioned_id] += tokens
        if told:
            self._payments.append(Payment(question, process, tokens))

    def due(self) -> Counter[Question]:
        """Tokens that records must have: what was told to processes that lived to write it down, and
        whose writes of it were not refused."""
        due: Counter[Question] = Counter()
        for payment in self._payments:
            stage, versioned_id = payment.question
            if not (payment.process.ended or self._is_unwritten(payment)):
                due[stage.partition("/")[0], versioned_id] += payment.tokens
        return due

    def _is_unwritten(self, payment: Payment) -> bool:
        arxiv_id = payment.question[1].rpartition("v")[0]
        return (arxiv_id, payment.process.number) in self._unsaved or any(
            purchase.process is payment.process and purchase.refused and not purchase.stored
            for purchase in self.purchases.get(payment.question, ())
        )

    def record(self, arxiv_id: str, process: Process, *, is_saved: bool) -> None:
        """A process has written a paper's record, or was refused."""
        if is_saved:
            self._unsaved.discard((arxiv_id, process.number))
        else:
            self._unsaved.add((arxiv_id, process.number))

    def bought(self, question: Question, process: Process, now: float) -> None:
        before = self.purchases.setdefault(question, [])
        for old in before:
            if old.stored:
                self.wrong.append(
                    f"{question} was bought at {old.at:.0f}, stored, and bought again at {now:.0f}"
                )
            elif not old.is_lost(now):
                self.wrong.append(f"{question} was bought at {old.at:.0f} and at {now:.0f}, lost by nothing")
        if before:
            last = before[-1]
            how = last.process.ended or ("timeout" if now >= last.process.deadline else "")
            why = f"the process was {how}" if how else "its writes were refused"
            self.repeated[why] += 1
        before.append(Purchase(question, process, now))

    def stored(self, question: Question, process: Process) -> None:
        for purchase in self.purchases.get(question, ()):
            if purchase.process is process:
                purchase.stored = True

    def refused(self, question: Question, process: Process) -> None:
        for purchase in self.purchases.get(question, ()):
            if purchase.process is process and not purchase.stored:
                purchase.refused += 1

    def unsaved(self, question: Question, process: Process) -> None:
        for purchase in self.purchases.get(question, ()):
            if purchase.process is process and not purchase.stored:
                purchase.unsaved = True


class Models:
    """Answers by a fixed rule: the same paper always goes into the same channels, in the same words."""

    def __init__(self, papers: Iterable[Paper], channels: Sequence[str]) -> None:
        self._channels = list(channels[:4])
        self._by_text: dict[tuple[str, str], list[Paper]] = {}
        self._by_shown: dict[tuple[str, str], str] = {}  # what a classification shows; the identifier
        self._versions: dict[str, list[Paper]] = {}
        for paper in papers:
            title, abstract = (" ".join(text.split()) for text in (paper.title, paper.abstract))
            self._by_text.setdefault((title, abstract), []).append(paper)
            known = self._by_shown.setdefault((shorten(title, 300), shorten(abstract)), paper.arxiv_id)
            assert known == paper.arxiv_id, "papers are told apart by what they say"
            self._versions.setdefault(paper.arxiv_id, []).append(paper)
        self.stubborn: dict[str, bool] = {}
        self.refused = ""  # the paper that is not translated while there are faults

    def matches(self, paper: Paper) -> list[dict[str, Any]]:
        """None for two papers in five, else one channel, or two."""
        number = int(hashlib.sha256(paper.arxiv_id.encode()).hexdigest(), 16)
        count = (0, 0, 1, 1, 2)[number % 5]
        slugs = [self._channels[(number // 7 + i) % len(self._channels)] for i in range(count)]
        return [
            {"channel": slug, "topic": number % 3, "score": 60 + number % 40, "reason": REASON}
            for slug in dict.fromkeys(slugs)
        ]

    def refuse_one(self, chance: random.Random, first: Sequence[Paper]) -> None:
        """One paper of the first day, in one course of events of two, is refused until the faults are over:
        what the second day has published of it then changes again."""
        known = [p for p in first if len(self._versions[p.arxiv_id]) == 1]
        known = [p for p in known if self.matches(p) and not self.is_stubborn(p)]
        if known and chance.random() < 0.5:
            self.refused = chance.choice(known).versioned_id

    def is_stubborn(self, paper: Paper) -> bool:
        """Whether the gate refuses what is the best answer here."""
        known = self.stubborn.get(paper.versioned_id)
        if known is None:
            title, abstract = chinese(paper.title, ending=""), chinese(paper.abstract)
            known = bool(gate.check(paper, title, abstract, SUMMARY))
            self.stubborn[paper.versioned_id] = known
        return known

    def about(self, request: Mapping[str, Any], process: Process) -> tuple[str, dict[str, Paper]]:
        """The stage and the papers of a request, by what it calls them. Versions may share their words:
        then it is about the one that the process works on."""
        user = request["messages"][1]["content"]
        shown = {found[1]: self._by_shown[found[2], found[3]] for found in _BLOCK.finditer(user)}
        if shown:
            return "classify", {
                label: _worked_on(self._versions[arxiv_id], process) for label, arxiv_id in shown.items()
            }
        title, abstract = _TITLE.search(user), _ABSTRACT.search(user)
        assert title, f"not a question of ours: {user[:200]}"
        if abstract is None:  # of an update whose title alone has changed
            same = [p for (words, _), papers in self._by_text.items() if words == title[1] for p in papers]
            return TITLE, {"": _worked_on(same, process)}
        return "translate", {"": _worked_on(self._by_text[title[1], abstract[1]], process)}

    def answer(self, stage: str, papers: Mapping[str, Paper], fault: str) -> tuple[Reply, list[Paper]]:
        """The service's reply, and the papers about which it is a good answer."""
        if early := _REFUSALS.get(fault):
            return early, []
        if stage == "classify":
            text, good = self._classification(papers, fault)
        else:
            text, good = self._translation(papers[""], fault, stage == TITLE)
        reason = "stop"
        if fault == "malformed":
            text, good = text[:-1] + ",]", []
        elif fault == "truncated":
            text, good, reason = text[: len(text) // 2], [], "length"
        elif fault == "refusal":
            text, good = "抱歉，我无法协助处理该请求。", []
        usage = {"prompt_tokens": 100 * len(papers), "completion_tokens": 10 * len(papers)}
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if fault == "withheld":
            message, good, reason = {"role": "assistant", "content": ""}, [], "content_filter"
        body = {"choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": usage}
        if fault == "not a completion":
            body, good = {"choices": []}, []
        encoded = json.dumps(body, ensure_ascii=False).encode()
        return Reply(200, encoded, {"Content-Type": "application/json"}, _BROKEN.get(fault, "")), (
            [] if fault in _BROKEN else good
        )

    def _classification(self, papers: Mapping[str, Paper], fault: str) -> tuple[str, list[Paper]]:
        good = list(papers.values())
        entries = [{"arxiv_id": label, "matches": self.matches(paper)} for label, paper in papers.items()]
        if fault == "wrong ids":
            entries[0]["arxiv_id"] = "9901.00001"
            good = good[1:]
        elif fault == "missing papers":
            entries, good = entries[: len(entries) // 2], good[: len(entries) // 2]
        elif fault in ("wrong language", "lost formulas"):
            # A paper without a channel has no reason that could be wrong.
            bad = {"channel": "no-such-channel", "topic": 0, "score": 80, "reason": "It fits the channel."}
            for entry in entries[:2]:
                entry["matches"] = [bad]
            good = good[2:]
        return json.dumps({"papers": entries}, ensure_ascii=False), good

    def _translation(self, paper: Paper, fault: str, title_only: bool) -> tuple[str, list[Paper]]:
        texts = {
            "title_zh": chinese(paper.title, ending=""),
            "abstract_zh": chinese(paper.abstract),
            "summary_zh": SUMMARY,
        }
        if fault and title_only:
            texts["title_zh"] = paper.title
        elif fault in ("wrong language", "wrong ids"):
            texts["abstract_zh"] = paper.abstract
        elif fault == "lost formulas":
            texts["abstract_zh"] = re.sub(r"\$[^$]*\$|\d", "", texts["abstract_zh"])
        elif fault == "missing papers":
            texts["abstract_zh"] = ""
        title, abstract, summary = texts.values()
        if title_only:
            texts = {"title_zh": title}
            bad = bool(gate.check(paper, title, "", "", Extent.TITLE))
        else:
            bad = bool(gate.check(paper, title, abstract, summary)) if fault else self.is_stubborn(paper)
        return json.dumps(texts, ensure_ascii=False), [] if bad else [paper]


def _worked_on(versions: Sequence[Paper], process: Process) -> Paper:
    return next((paper for paper in versions if paper.versioned_id in process.about), versions[-1])


def _said(status: int, words: str, **headers: str) -> Reply:
    body = json.dumps({"error": {"message": words}}).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


_REFUSALS = {
    "throttle": _said(429, "slow down"),
    "throttle with wait": _said(429, "slow down", Retry_After="20"),
    "server error": _said(503, "overloaded"),
}
_BROKEN = {"reset": "reset", "hang": "hang", "cut connection": "cut"}
