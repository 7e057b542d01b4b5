"""arXiv on loopback, with its faults."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

from arxivdaily.adapters import http
from chaos.loopback import Loopback, Pause, Pool, Reply

from infrastructure.local.sample_server import SampleArxiv

if TYPE_CHECKING:
    from chaos.world import World

_ATOM = {"Content-Type": "application/atom+xml; charset=utf-8"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_NOT_A_FEED = b"<!DOCTYPE html><html><body>We are down for maintenance.</body></html>"
_FEED_ONLY = ("empty feed", "stale batch")


class ArxivBoundary:
    """What the world's day is, in arXiv's formats; `with` patches time and pool of our client."""

    def __init__(self, world: World) -> None:
        self._world = world
        places = {
            p.versioned_id: [["University of Chaos"] for _ in p.authors]
            for d in world.days
            for p in d.papers[::2]
        }
        self._days = [SampleArxiv(day.papers, day.edition, places) for day in world.days]
        self._server = Loopback(self._answer)
        self._fault = ""
        self._patches: list[Any] = []

    def environment(self) -> dict[str, str]:
        return {
            **dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), self._server.url),
            "ARXIV_REQUEST_INTERVAL": "3",
            "CATEGORIES": "cs,stat.ML,eess.AS,eess.IV,eess.SP",
        }

    def __enter__(self) -> None:
        kernel, world = self._world.kernel, self._world
        self._server.__enter__()
        pool = Pool(kernel.sleep, self._before)
        client = {"pool": pool, "monotonic": lambda: kernel.now, "now": world.now, "sleep": kernel.sleep}
        retrying = {"sleep": kernel.sleep, "jitter": world.chance.random}
        assert http.HttpClient.__init__.__kwdefaults__
        assert http.retrying.__kwdefaults__
        self._patches = [
            mock.patch.dict(http.HttpClient.__init__.__kwdefaults__, client),
            mock.patch.dict(http.retrying.__kwdefaults__, retrying),
        ]
        for patch in self._patches:
            patch.start()

    def __exit__(self, *_: object) -> None:
        for patch in self._patches:
            patch.stop()
        self._server.__exit__(None, None, None)

    def _before(self, method: str, url: str, body: bytes) -> Pause:
        world = self._world
        task = world.kernel.current()
        assert task
        assert task.process
        if world.begin(task.process):
            task.process.die("killed")  # its answer finds nobody
        path = urlsplit(url).path
        fault = world.faults.draw("arxiv", world.kernel.now)
        if fault in _FEED_ONLY and not path.startswith("/atom/"):
            fault = "503"
        self._fault = fault
        if fault:
            world.faults.count("arxiv", fault)
        world.note(f"{task.process.name} GET {path} {fault}")
        slow = world.chance.choice((20.0, 100.0, 400.0)) if fault == "slow" else 0.0
        return Pause(world.chance.expovariate(2), slow)

    def _answer(self, method: str, target: str, body: bytes) -> Reply:
        fault = self._fault
        if fault == "reset":
            return Reply(200, b"", broken="reset")
        if fault.startswith(("503", "429")):
            wait = {"503 with wait": {"Retry-After": "40"}, "429": {"Retry-After": "70"}}.get(fault, {})
            return Reply(int(fault[:3]), b"later", wait)
        if fault == "wrong type":
            return Reply(200, _NOT_A_FEED, _HTML)
        reply = self._good(target)
        if fault == "truncated":
            # Half a document that looks whole to HTTP; the cut connection is the other half of the cases.
            whole = self._world.chance.random() < 0.5
            return (
                Reply(200, reply.body[: len(reply.body) // 2], _ATOM)
                if whole
                else Reply(200, reply.body, _ATOM, "cut")
            )
        if fault == "empty body":
            return Reply(200, b"", _ATOM)
        return reply

    def _good(self, target: str) -> Reply:
        parts = urlsplit(target)
        path, today = unquote(parts.path), self._today()
        if path.startswith("/atom/"):
            spec = path.removeprefix("/atom/")
            if self._fault == "empty feed" or today is None:
                day: SampleArxiv = SampleArxiv((), self._days[0].edition.isoformat(), {})
            else:
                day = self._days[0] if self._fault == "stale batch" else today
            return Reply(200, day.feed(spec).encode(), _ATOM)
        if path == "/api/query":
            query = parse_qs(parts.query)
            ids, start, size = (query.get(name, ["0"])[0] for name in ("id_list", "start", "max_results"))
            merged = {p.arxiv_id: p for day in self._days if day.edition <= self._date() for p in day.papers}
            status, text = SampleArxiv(tuple(merged.values()), self._days[1].edition.isoformat(), {}).query(
                ids, int(start), int(size)
            )
            return Reply(status, text.encode(), _ATOM)
        for day in self._days:
            if page := day.page(path.removeprefix("/html/")):
                return Reply(200, page.encode(), _HTML)
        return Reply(404, b"Not found")

    def _date(self) -> date:
        from arxivdaily.domain.calendar import eastern_date

        return eastern_date(self._world.now())

    def _today(self) -> SampleArxiv | None:
        """The newest day whose feed is out."""
        return next((day for day in reversed(self._days) if day.edition <= self._date()), None)
