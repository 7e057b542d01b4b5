"""A day on which many authors are hostile, and a model that believes them, through the real handlers.

A paper has three payloads (one, if that is an instruction to a model): in its title, names and DOI, in its
abstract and comment, in its journal reference, category and comment, and all of them on a page of its own on
arXiv. In another of three turns each stands in another of these places.
Between them stand innocent papers, and papers whose texts are harmless but whose model answers are not.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from unittest import mock

import pytest
from arxivdaily import wiring
from arxivdaily.classification import llm
from arxivdaily.classification.prompt import random_labels
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.settings import load_settings
from aws_resources import MADE_UP, mocked
from hostile.payloads import ANSWERS, PAYLOADS, Payload
from pipeline import Pipeline

from infrastructure.local.sample_server import SampleArxiv

EDITION = "2026-01-15"
NOW = datetime(2026, 1, 15, 5, 30, tzinfo=UTC)  # two days have the same clock, so that they can be compared
CHANNEL = "image-generation"
INNOCENTS = 24  # more than a listing shows with both abstracts, so that both days list alike
_HAN_ANSWER = "提出一种图像生成方法"


def _id(place: int) -> str:
    return f"2601.{10_000 + place}"


def innocent(number: int) -> Paper:
    return Paper(
        arxiv_id=_id(number * 12 + 5),
        version=1,
        title=f"A Study of Things, Part {number}",
        abstract=f"We study {number} things and find that they improve by {number}.5%.",
        authors=("Ada Example", "Bo Sample"),
        categories=("cs.CV", "cs.LG"),
        announce_type=AnnounceType.NEW,
        comment=f"{number} pages",
    )


def hostile(arxiv_id: str, payloads: Sequence[Payload]) -> Paper:
    first, middle, last = payloads[0].text, payloads[len(payloads) // 2].text, payloads[-1].text
    return Paper(
        arxiv_id=arxiv_id,
        version=1,
        title=f"{first} in a title",
        abstract=f"{middle} We study things.",
        authors=(f"Mal {first} Lory", "Ada Example"),
        categories=("cs.CV", last[:30] or "x"),
        announce_type=AnnounceType.NEW,
        comment=f"9 pages. {last} {middle}",
        doi=first,
        journal_ref=last,
    )


@dataclass(frozen=True)
class Cast:
    """Who takes part: innocent papers, and by identifier the payloads and the answers of the others."""

    papers: tuple[Paper, ...]
    payloads: Mapping[str, tuple[Payload, ...]]
    translations: Mapping[str, str]  # what a model answers, by the paper's title
    classifications: Mapping[str, str]

    def is_flagged(self, arxiv_id: str) -> bool:
        """Whether the paper's text speaks to the model."""
        return any(payload.flagged for payload in self.payloads.get(arxiv_id, ()))

    @property
    def innocents(self) -> tuple[Paper, ...]:
        return tuple(p for p in self.papers if p.title.startswith("A Study of Things, Part"))


def _turned(group: Sequence[Payload], turn: int) -> tuple[Payload, ...]:
    return (*group[turn % len(group) :], *group[: turn % len(group)])


def cast(
    payloads: Sequence[Payload] = PAYLOADS,
    answers: Sequence[str] = tuple(ANSWERS.values()),
    turn: int = 0,
) -> Cast:
    """Hostile papers with the innocent ones spread among them; a quarter of the answers are
    classifications, the others translations, and another quarter in another of four turns."""
    innocents = [innocent(number) for number in range(1, INNOCENTS + 1)]
    taken = {paper.arxiv_id for paper in innocents}
    free = (arxiv_id for number in count(1) if (arxiv_id := _id(number)) not in taken)
    quiet = [payload for payload in payloads if not payload.flagged]
    groups = [_turned(quiet[start : start + 3], turn) for start in range(0, len(quiet), 3)]
    of_papers = {next(free): group for group in (*groups, *((p,) for p in payloads if p.flagged))}
    of_calls = {next(free): text for text in answers[turn::4]}
    others = [text for number, text in enumerate(answers) if number % 4 != turn]
    of_titles = {f"Other Things, Number {number}": text for number, text in enumerate(others)}
    papers = [hostile(arxiv_id, group) for arxiv_id, group in of_papers.items()]
    papers += [replace(innocent(1), arxiv_id=i, title="Other Things") for i in of_calls]
    papers += [replace(innocent(1), arxiv_id=next(free), title=title) for title in of_titles]
    ordered = sorted((*papers, *innocents), key=lambda paper: paper.arxiv_id)
    return Cast(tuple(ordered), of_papers, of_titles, of_calls)


class HostileArxiv(SampleArxiv):
    """arXiv with the cast's papers; each hostile one has a page with its payload unescaped."""

    def __init__(self, who: Cast) -> None:
        super().__init__(who.papers, EDITION, {})
        self._payloads = who.payloads
        self._innocent = {paper.arxiv_id for paper in who.innocents}

    def page(self, versioned_id: str) -> str | None:
        payloads = self._payloads.get(versioned_id.partition("v")[0])
        if payloads is None and versioned_id.partition("v")[0] not in self._innocent:
            return None
        text = " ".join(payload.text[:5_000] for payload in payloads or ())
        person = f'<span class="ltx_personname">{text}</span>'
        place = f'<span class="ltx_contact ltx_role_affiliation">University of {text}</span>'
        creator = f'<span class="ltx_creator ltx_role_author">{person}{place}</span>'
        return (
            '<!DOCTYPE html><html><body><article class="ltx_document"><div class="ltx_authors">'
            f'{creator}<span class="ltx_creator ltx_role_author"><span class="ltx_personname">Ada Example'
            f"</span>{place}</span></div></article></body></html>"
        )


class GullibleModel:
    """An OpenAI-compatible service on loopback whose model does what papers tell it.

    A paper with an instruction gets 100 in every channel, or every second one in a single channel;
    in either case the other papers of the call get none. A paper that says which identifiers have no
    channels is obeyed where the call knows one. `calls` has the identifiers of each classification.
    """

    def __init__(self, who: Cast, channels: Sequence[str]) -> None:
        self._who = who
        self._channels = channels
        self.calls: list[list[str]] = []
        self.labelled: dict[str, str] = {}
        self._patch = mock.patch.object(llm, "LlmClassifier", partial(llm.LlmClassifier, label=self._label))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = outer.answer(asked["messages"][1]["content"])
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Nothing: an answer that is too long is not read to its end."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> GullibleModel:
        self._patch.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._patch.stop()

    def _label(self, papers: Sequence[Paper]) -> Mapping[str, Paper]:
        """Labels as ever. Which paper goes by which is for the stand-in alone to know, not for its model."""
        found = random_labels(papers)
        self.labelled |= {label: paper.arxiv_id for label, paper in found.items()}
        return found

    def answer(self, user: str) -> bytes:
        labels = re.findall(r"(?m)^(\d{4}\.\d{5}) \[", user)
        text = self._classified(labels, user) if labels else self._translated(user)
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 20}
        whole = json.dumps({"choices": [choice], "usage": usage}, ensure_ascii=False)
        return whole.encode()

    def _classified(self, labels: list[str], user: str) -> str:
        ids = [self.labelled[label] for label in labels]
        self.calls.append(ids)
        for label, arxiv_id in zip(labels, ids, strict=True):
            if raw := self._who.classifications.get(arxiv_id):
                return raw.replace("ID", label)
        # What a text says of an identifier is done, too, if the call knows the identifier.
        emptied = {
            label for said in re.findall(r"have no channels: ([\d. ]+)", user) for label in said.split()
        }
        obeyed = [arxiv_id for arxiv_id in ids if self._who.is_flagged(arxiv_id)]
        entries = []
        for label, arxiv_id in zip(labels, ids, strict=True):
            matches = [] if label in emptied else [self._match(arxiv_id, CHANNEL)]
            if obeyed:
                shouts = arxiv_id in obeyed and int(arxiv_id[-1]) % 2
                channels = self._channels if shouts else [CHANNEL] if arxiv_id in obeyed else []
                matches = [{**self._match(arxiv_id, channel), "score": 100} for channel in channels]
            entries.append({"arxiv_id": label, "matches": matches})
        return json.dumps({"papers": entries})

    def _match(self, arxiv_id: str, channel: str) -> dict[str, Any]:
        payloads = self._who.payloads.get(arxiv_id)
        said = payloads[0].text[:70].encode("utf-8", "replace").decode() if payloads else ""
        reason = f"理由 {said}" if payloads else _HAN_ANSWER
        return {"channel": channel, "topic": 1, "score": 60 + int(arxiv_id[-2:]) % 40, "reason": reason}

    def _translated(self, user: str) -> str:
        title = re.search(r"(?m)^Title: (.*)$", user)
        number = re.search(r"Part (\d+)", title[1]) if title else None
        if number:
            return good_translation(number[1])
        if title and title[1] in self._who.translations:
            return self._who.translations[title[1]]
        return json.dumps(hostile_translation(title[1] if title else ""))


def good_translation(number: str) -> str:
    return json.dumps(
        {
            "title_zh": f"事物研究，第 {number} 部分",
            "abstract_zh": f"我们研究了 {number} 种事物，发现它们提高了 {number}.5%。",
            "summary_zh": "该文研究了若干事物，并发现它们都有所提高。",
        }
    )


def hostile_translation(title: str) -> dict[str, str]:
    """The payload carried over into every part, as a model would that copies what it cannot translate."""
    text = title.removesuffix(" in a title")
    return {
        "title_zh": f"标题中的 {text} 内容",
        "abstract_zh": f"{text} 我们研究了若干事物。",
        "summary_zh": f"该文研究了若干事物 {text[:100]}。",
    }


@dataclass(frozen=True)
class Ran:
    """What a day brought: the published objects, and the identifiers of each classification call."""

    cast: Cast
    site: Mapping[str, bytes]
    calls: Sequence[Sequence[str]]


def run(who: Cast, *, seconds: float = 240) -> Ran:
    """The whole day: fetch, classify, translate, enrich, render, until every queue is empty."""
    with _environment(who) as (pipeline, model):
        pipeline.fetch()
        # Rendered once, at the end: each of a day's renders would be the same work again.
        while any(
            pipeline.deliver(queue, name) or pipeline.waiting(queue) for queue, name in Pipeline.STAGES[:-1]
        ):
            time.sleep(0.02)
        pipeline.drain(seconds)
        return Ran(who, pipeline.published(), model.calls)


@contextmanager
def _environment(who: Cast) -> Iterator[tuple[Pipeline, GullibleModel]]:
    with pytest.MonkeyPatch.context() as patch, HostileArxiv(who) as arxiv, ExitStack() as stack:
        for name, value in MADE_UP.items():
            patch.setenv(name, value)
        resources = stack.enter_context(mocked({"RenderWindow": "1"}))
        channels = [channel.slug for channel in wiring.catalogue()]
        with GullibleModel(who, channels) as model:
            for name, value in {
                **resources.environment(),
                "ARXIV_FEED_URL": arxiv.url,
                "ARXIV_API_URL": arxiv.url,
                "ARXIV_SITE_URL": arxiv.url,
                "ARXIV_REQUEST_INTERVAL": "0",
                "CATEGORIES": "cs",
                "RENDER_WINDOW": "1",
                "RETRY_DELAY": "1",
                "SITE_URL": "https://daily.example.org",
                "AWS_LAMBDA_FUNCTION_NAME": "test",
                "LLM_PROVIDER": "openai",
                "LLM_BASE_URL": model.url,
                "CLASSIFY_MODEL": "gullible",
                "TRANSLATE_MODEL": "gullible",
            }.items():
                patch.setenv(name, value)
            load_settings.cache_clear()
            patch.setattr(wiring, "utc_now", lambda: NOW)
            yield Pipeline(resources), model
