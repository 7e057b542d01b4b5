"""A day's pages beside Hugo's: the same papers, the same elements on each page, in the same run.

Hugo gets every text converted already (formulas, links, typography), as the front matter of a page each,
and has templates of its own that make what ours make. Ours start from stored records.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from arxivdaily.ports import SiteObject
from arxivdaily.settings import Settings
from arxivdaily.site import build as building
from arxivdaily.site.contexts import SiteContext

from bench import records
from bench.cold_render import objects, write

PAPERS = 500
DATE = "2026-01-15"
RUNS = 7
_PROJECT = Path(__file__).with_name("hugo")


@dataclass(frozen=True, slots=True)
class Took:
    """`processor`: seconds of all cores together."""

    wall: float
    processor: float
    files: int


def run() -> dict[str, Any]:
    """Files a second of ours (cold: a process of its own; warm: the same one again) and of Hugo."""
    cold, hugo, warm = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        project = _project(root / "hugo") if (program := shutil.which("hugo")) else None
        again = _ours(root / "warm")
        (root / "state").write_bytes(pickle.dumps(records.state(DATE, PAPERS)))
        command = [sys.executable, "-m", "bench.cold_render", str(root / "state"), str(root / "cold")]
        for _ in range(RUNS):  # in turn, so that what else the computer does meets all alike
            warm.append(next(again))
            cold.append(_process(command, root / "cold"))
            if project and program:
                theirs = [program, "--quiet", "--source", str(project), "--destination", str(root / "out")]
                hugo.append(_process(theirs, root / "out"))
    found: dict[str, Any] = {
        "papers": PAPERS,
        "warm_files_s": _pace(warm, "wall"),
        "cold_files_s": _pace(cold, "wall"),
        "warm_files_cpu_s": _pace(warm, "processor"),
        "cold_files_cpu_s": _pace(cold, "processor"),
    }
    if hugo:
        found |= {"hugo_files_s": _pace(hugo, "wall"), "hugo_files_cpu_s": _pace(hugo, "processor")}
        for kind in ("warm", "cold"):
            ours = warm if kind == "warm" else cold
            found[f"{kind}_over_hugo"] = _ratio(ours, hugo, "wall")
            found[f"{kind}_over_hugo_cpu"] = _ratio(ours, hugo, "processor")
    return found


def _ratio(ours: Sequence[Took], theirs: Sequence[Took], by: str) -> float:
    """Files a second of ours over theirs, the median of runs that followed each other."""
    pairs = zip(ours, theirs, strict=True)
    paces = [(one.files / getattr(one, by)) / (other.files / getattr(other, by)) for one, other in pairs]
    return float(round(statistics.median(paces), 2))


def _pace(runs: Sequence[Took], by: str) -> float:
    paces: list[float] = [took.files / getattr(took, by) for took in runs]
    return round(statistics.median(paces))


def _ours(root: Path) -> Iterator[Took]:
    """Again and again in this process; the first time, which fills what it keeps, is left out."""
    state = records.state(DATE, PAPERS)
    for number in count():
        shutil.rmtree(root, ignore_errors=True)
        began, spent = time.perf_counter(), time.process_time()
        made = objects(state)
        write(root, made)
        took = Took(time.perf_counter() - began, time.process_time() - spent, len(made))
        if number:
            yield took


def _process(command: Sequence[str], written: Path) -> Took:
    """A program from its start to its end, and the files it wrote."""
    shutil.rmtree(written, ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, check=True, env=os.environ)  # noqa: S603
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Took(wall, processor, sum(path.is_file() for path in written.rglob("*")))


# --- Hugo ------------------------------------------------------------------------------------


def _project(root: Path) -> Path:
    """Hugo's templates with a content file for each page that ours have for papers and channels."""
    shutil.copytree(_PROJECT, root)
    state = records.state(DATE, PAPERS)
    pages: list[tuple[str, str, object]] = []

    sites: list[object] = []

    class Kept(building._Builder):
        def _site(self, static: dict[str, SiteObject]) -> SiteContext:
            sites.append(made := super()._site(static))
            return made

        def _page(self, path: str, template: str, context: object) -> SiteObject:
            pages.append((path, template, context))
            return super()._page(path, template, context)

    with mock.patch.object(building, "_Builder", Kept):
        building.build(state, Path(Settings().templates_dir))
    site = _plain(sites[0])
    for path, template, context in pages:
        if template in ("paper", "channel"):
            section = root / "content" / f"{template}s"
            section.mkdir(parents=True, exist_ok=True)
            matter = {"page": _plain(context), "site": site, "url": path, "title": path}
            if template == "paper":
                matter["outputs"] = ["HTML"]
            name = path.strip("/").replace("/", "-")
            (section / f"{name}.html").write_text(json.dumps(matter, ensure_ascii=False) + "\n", "utf-8")
    return root


def _plain(value: object) -> Any:
    """Dataclasses as maps; properties are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
