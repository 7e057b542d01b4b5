"""A month of missed editions made at once, and what memory the functions keep meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from arxivdaily.domain.calendar import announced_at
from arxivdaily.domain.papers import Paper

from bench import papers
from bench.application import FUNCTIONS, Application, deployed, next_edition_day, unsettled
from bench.model import model
from infrastructure.local.run import Plan
from infrastructure.local.sample_server import SampleArxiv
from infrastructure.operator.pacing import wait_for_room

FIRST = date(2026, 2, 1)  # its editions follow
EDITIONS = 20  # a month has as many
PAPERS = 20  # of an edition
_HEAD_START = 5.0  # seconds of the month before today's papers are announced
_LIMIT = 240.0  # seconds


def month() -> list[str]:
    found = [next_edition_day(FIRST)]
    while len(found) < EDITIONS:
        found.append(next_edition_day(found[-1]))
    return [day.isoformat() for day in found]


class _Archive(ThreadingHTTPServer):
    """OAI-PMH for a month's papers."""

    daemon_threads = True

    def __init__(self, announced: dict[str, list[Paper]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.announced = announced
        self.url = f"http://127.0.0.1:{self.server_address[1]}/oai"

    def listed(self, day: str, name: str) -> str:
        found = [paper for paper in self.announced.get(day, ()) if name == "cs"]
        if not found:
            return "<error code='noRecordsMatch'>none</error>"
        return f"<ListRecords>{''.join(self._record(day, paper) for paper in found)}</ListRecords>"

    @staticmethod
    def _record(day: str, paper: Paper) -> str:
        submitted = format_datetime(announced_at(date.fromisoformat(day)) - timedelta(days=1))
        return (
            f"<record><header><identifier>oai:arXiv.org:{paper.arxiv_id}</identifier>"
            f"<datestamp>{day}</datestamp><setSpec>cs:cs:CV</setSpec></header><metadata>"
            f"<arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'><id>{paper.arxiv_id}</id>"
            f"<submitter>A</submitter><version version='v1'><date>{submitted}</date></version>"
            f"<title>{escape(paper.title)}</title><authors>{escape(', '.join(paper.authors))}</authors>"
            f"<categories>{' '.join(paper.categories)}</categories>"
            f"<abstract>{escape(paper.abstract)}</abstract></arXivRaw></metadata></record>"
        )


class _Handler(BaseHTTPRequestHandler):
    server: _Archive

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        inside = self.server.listed(query.get("from", ""), query.get("set", ""))
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            "<responseDate>2026-06-20T12:00:00Z</responseDate><request verb='ListRecords'>x</request>"
            f"{inside}"
            "</OAI-PMH>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _archive(announced: dict[str, list[Paper]]) -> Iterator[_Archive]:
    with _Archive(announced) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run() -> dict[str, Any]:
    """Papers a second over the month while a day's own edition is made, and memory by function."""
    announced = {
        day: [replace(paper, categories=("cs.CV",)) for paper in papers.day(PAPERS, None, number + 1)]
        for number, day in enumerate(month())
    }
    with model(None, 0.0) as endpoint, SampleArxiv(()) as arxiv, _archive(announced) as archive:
        arxiv.edition = date.fromisoformat(month()[-1]) + timedelta(days=30)
        settings = {
            "ARXIV_OAI_URL": archive.url,
            "LLM_PROVIDER": "openai",
            "LLM_BASE_URL": endpoint.url,
            "LLM_API_KEY": "bench",
            "CLASSIFY_MODEL": "bench",
            "TRANSLATE_MODEL": "bench",
            "RENDER_WINDOW": "1",
        }
        with deployed(arxiv, settings, Plan("llm", "llm", None)) as application:
            _today, alone = application.edition(papers.day(PAPERS, None, 0))
            at_first = _memory(application)
            began = time.monotonic()
            with ThreadPoolExecutor(1) as pool:
                filling = pool.submit(_fill, application, month())
                time.sleep(_HEAD_START)
                meanwhile = application.edition(papers.day(PAPERS, None, EDITIONS + 1))[1]
                filling.result()
            _until_done(application, began)
            seconds = time.monotonic() - began
            at_last = _memory(application)
            left = sum(unsettled(application.records(day)) for day in month())
    count = EDITIONS * PAPERS
    return {
        "editions": EDITIONS,
        "papers": count,
        "papers_s": round(count / seconds, 1),
        "left": left,
        "today_alone_s": round(alone.published, 1),
        "today_meanwhile_s": round(meanwhile.published, 1),
        "today_over_alone": round(meanwhile.published / alone.published, 2),
        "peak_mb": {name: round(peak / 2**20) for name, (_now, peak) in sorted(at_last.items())},
        "growth": {name: round(at_last[name][0] / at_first[name][0], 2) for name in sorted(at_first)},
    }


def _fill(application: Application, days: list[str]) -> None:
    """What `arxivdaily backfill` does."""
    from arxivdaily.adapters.dynamodb import DynamoPaperStore

    store = DynamoPaperStore(application.stack.outputs["TableName"])
    for number, day in enumerate(days):
        wait_for_room(store, days[:number], days[number:], print)
        answer = _backfill(application, day)
        if answer.get("outcome") != "created":
            raise SystemExit(f"backfill: {answer}")


def _backfill(application: Application, day: str) -> dict[str, Any]:
    client = application.emulator.client("lambda", read_timeout=_LIMIT)
    answer = client.invoke(
        FunctionName=application.stack.outputs["FetchFunctionName"],
        Payload=json.dumps({"edition": day, "backfill": True}).encode(),
    )
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


def _until_done(application: Application, began: float) -> None:
    from arxivdaily.adapters.dynamodb import DynamoPaperStore

    store = DynamoPaperStore(application.stack.outputs["TableName"])
    while not all((found := store.edition(day)) and found.is_complete for day in month()):
        if time.monotonic() - began > _LIMIT:
            raise SystemExit(f"a month was not filled in within {_LIMIT:.0f} s")
        time.sleep(0.5)


def _memory(application: Application) -> dict[str, tuple[int, int]]:
    """The largest process of each function, in bytes: now, and at its peak."""
    found: dict[str, tuple[int, int]] = {}
    for process in application.processes():
        now, peak = found.get(process.name, (0, 0))
        found[process.name] = (max(now, process.memory), max(peak, process.peak))
    return {name: found[name] for name in (*FUNCTIONS, "emulator") if name in found}
