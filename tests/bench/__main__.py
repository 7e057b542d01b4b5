"""`make bench`: every figure, a JSON summary on the last line, and docs/performance.md.

    python -m bench [DATA] [--only NAME …] [--report FILE]

Papers are the project's own, multiplied. With DATA, laid out like the recorded data of the project's
engineers, a recorded day's go through the pipeline and the embedded classifier too.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench import archive, backfill, cold_start, costs, embedded, enrichment, pipeline, rendering
from bench.report import TARGETS, markdown, rows

ROOT = Path(__file__).resolve().parents[2]
WIDE = pipeline.Width(invocations=5, calls=10, batch=40)
TENS = pipeline.Width(invocations=2, calls=10)  # as the template has it, and as `make run` does it
NARROW = pipeline.Width(invocations=2, calls=4, batch=100)


def figures(data: Path | None) -> dict[str, Callable[[], dict[str, Any]]]:
    """What is measured, by name, in the order of the report."""
    found: dict[str, Callable[[], dict[str, Any]]] = {
        # The project's own papers are all wanted by a channel: the most that so many can ask for.
        "pipeline": partial(pipeline.run, WIDE, 3),
        "pipeline_narrow": partial(pipeline.run, NARROW, 1),
        "pipeline_tens": partial(pipeline.run, TENS, 2),
    }
    if data:
        found["pipeline_recorded"] = partial(pipeline.run, WIDE, 2, data)
    return found | {
        "embedded": partial(embedded.run, data),
        "rendering": rendering.run,
        "archive": archive.run,
        "cold_start": cold_start.run,
        "costs": costs.run,
        "backfill": backfill.run,
        "enrichment": enrichment.run,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, help="folder of recorded data")
    parser.add_argument("--only", nargs="*", default=None, metavar="NAME", help="some figures, and no report")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "performance.md")
    options = parser.parse_args()
    known = figures(options.data)
    if wrong := set(options.only or ()) - set(known):
        parser.error(f"no figure is called {', '.join(sorted(wrong))}; there are {', '.join(known)}")
    found: dict[str, Mapping[str, Any]] = {}
    failed = False
    for name, measure in known.items():
        if options.only and name not in options.only:
            continue
        began, busy = time.monotonic(), os.getloadavg()[0]
        try:
            found[name] = {**measure(), "took_s": round(time.monotonic() - began, 1), "load": round(busy, 1)}
        except (Exception, SystemExit) as error:  # the other figures are worth having
            traceback.print_exc()
            found[name] = {"error": str(error)}
            failed = True
        print(f"{name}: {json.dumps(found[name], ensure_ascii=False)}", flush=True)
    for target, row in zip(TARGETS, rows(found), strict=True):
        if row is not None:
            bound = f"at {'least' if target.is_least else 'most'} {target.most:g}"
            print(f"{target.what}: {row.value:g} ({bound}{'' if row.reached else ', missed'})")
    if not options.only and not failed:
        options.report.write_text(markdown(found, options.data is not None), encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
