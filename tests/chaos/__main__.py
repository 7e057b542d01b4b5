"""The long form: `python -m chaos --seeds 200`; the last line is a JSON summary."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections import Counter
from pathlib import Path

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "chaos",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "AWS_LAMBDA_FUNCTION_NAME": "chaos",
    "SITE_URL": "https://daily.example.org",
    "PYTHONHASHSEED": "0",
}


def main() -> int:
    words = argparse.ArgumentParser(prog="chaos", description=__doc__)
    words.add_argument("--seeds", type=int, default=20, help="how many, from the first on")
    words.add_argument("--first", type=int, default=1, help="the first seed")
    words.add_argument("--papers", type=int, default=0, help="papers of the day; 0 is all of them")
    words.add_argument("--data", type=Path, help="a folder of recorded days")
    words.add_argument("--date", default="2026-06-18", help="the recorded day")
    words.add_argument("--intensity", type=float, default=1.0, help="how often faults come; 0 is a quiet day")
    words.add_argument("--throttled", type=float, default=0.0, help="hours of nothing but throttling")
    words.add_argument("--all-channels", action="store_true", help="the whole channel file, not four of it")
    words.add_argument("--brief", action="store_true", help="fetch is called less often, as in make test")
    words.add_argument("--minutes", type=float, default=0, help="begin no seed after so many; 0: no limit")
    options = words.parse_args()
    from chaos.day import recorded_days, sample_days
    from chaos.stage import simulate

    logging.disable(logging.CRITICAL)
    count = options.papers or 10_000
    days = recorded_days(options.data, options.date, count) if options.data else sample_days(count)
    began = time.monotonic()
    events: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    failed: list[int] = []
    runs = lost = wrong = repaired = papers = calls = 0
    for seed in range(options.first, options.first + options.seeds):
        if options.minutes and time.monotonic() - began > 60 * options.minutes:
            break
        start = time.monotonic()
        try:
            outcome = simulate(
                seed,
                days,
                intensity=options.intensity,
                all_channels=options.all_channels,
                brief=options.brief,
                throttled=options.throttled,
            )
        except KeyboardInterrupt:  # what has been run until now is worth its summary
            break
        runs += 1
        events += outcome.events
        faults += outcome.faults
        repeated += outcome.repeated
        repaired += outcome.repaired
        papers += outcome.papers
        calls += outcome.calls
        wrong += len(outcome.wrong)
        lost += sum(line.startswith("lost") for line in outcome.wrong)
        took = time.monotonic() - start
        print(
            f"seed {seed}: {outcome.trace}, {sum(outcome.faults.values())} faults, {took:.1f} s", flush=True
        )
        if outcome.wrong:
            failed.append(seed)
            for line in outcome.wrong[:20]:
                print(f"  {line}")
            if len(outcome.wrong) > 20:
                print(f"  and {len(outcome.wrong) - 20} more")
            print(f"  again: {_command(options, seed)}", flush=True)
    summary = {
        "seeds": runs,
        "papers": papers,
        "events": dict(events),
        "calls": calls,
        "faults": dict(faults),
        "lost": lost,
        "bought_twice": dict(repeated),
        "repaired": repaired,
        "wrong": wrong,
        "failed_seeds": failed,
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(summary, ensure_ascii=False))
    return 1 if failed else 0


def _command(options: argparse.Namespace, seed: int) -> str:
    data = f" DATA={options.data} DATE={options.date}" if options.data else ""
    papers = f" PAPERS={options.papers}" if options.papers else ""
    words = [
        w for w, given in (("--brief", options.brief), ("--all-channels", options.all_channels)) if given
    ]
    words += [f"--throttled {options.throttled}"] if options.throttled else []
    words += [f"--intensity {options.intensity}"] if options.intensity != 1.0 else []
    more = f' ARGS="{" ".join(words)}"' if words else ""
    return f"make chaos SEEDS=1 FIRST={seed}{papers}{data}{more}"


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in _ENVIRONMENT.items()):
        # Sets of text have the same order in every process only with the same hash seed.
        os.environ.update(_ENVIRONMENT)
        os.execv(sys.executable, [sys.executable, "-m", "chaos", *sys.argv[1:]])  # noqa: S606 - ourselves
    sys.exit(main())
