"""Cold starts in Lambda's runtime, over a bare handler with one boto3 client; and how large packages are."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from aws_resources import create_resources, load_template
from pipeline import sqs_record
from rie import ROOT, Function, build, interpreter

from bench import papers
from bench.application import next_edition_day
from bench.model import model
from infrastructure.local.emulator import Emulator, locked
from infrastructure.local.sample_server import SampleArxiv

RUNS = 5
PAPERS = 2
FUNCTIONS = {
    "classify": "PapersQueue",
    "translate": "MatchedQueue",
    "enrich": "EnrichQueue",
    "render": "RenderQueue",
}
_BARE = """import boto3
def handler(event, context):
    boto3.client("sqs").receive_message(QueueUrl=event["queue"])
    return {}
"""


def run() -> dict[str, Any]:
    """Seconds from a process's start to its first answer, and of a second answer of like work, medians;
    `over_bare` is the ratio of the first, `start_over_bare` of what the first takes beyond the second."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        built = root / "build"
        build(built)
        python = interpreter().without_packages(root / "bare")
        sizes = {
            name: round(_zipped(built / name) / 2**20, 1)
            for name in ("DependenciesLayer", "EmbeddedLayer", "FetchFunction")
        }
        (root / "plain").mkdir()
        (root / "plain" / "app.py").write_text(_BARE)
        with model(None, 0.0) as endpoint, SampleArxiv(()) as arxiv, locked(root / "state"):
            plain = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
            with Emulator(root / "state", plain) as emulator:
                found = _starts(root, built, python, emulator, arxiv, endpoint.url)
    first, second = found.pop("bare")
    return {
        "bare_s": round(first, 3),
        "first_answer_s": {name: round(times[0], 3) for name, times in found.items()},
        "second_answer_s": {name: round(times[1], 3) for name, times in found.items()},
        "over_bare": {name: round(times[0] / first, 2) for name, times in found.items()},
        "start_over_bare": {
            name: round((times[0] - times[1]) / (first - second), 2) for name, times in found.items()
        },
        "zipped_mb": sizes,
        "largest_function_zipped_mb": round(sizes["DependenciesLayer"] + sizes["FetchFunction"], 1),
    }


def _starts(
    root: Path, built: Path, python: Path, emulator: Emulator, arxiv: SampleArxiv, model_url: str
) -> dict[str, tuple[float, float]]:
    before = dict(os.environ)
    environment = {k: v for k, v in emulator.aws_environment({}).items() if v}
    os.environ.update(environment)
    try:
        resources = create_resources({"RenderWindow": "1"})
        settings = {
            **environment,
            **resources.environment(),
            **dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), arxiv.url),
            "ARXIV_REQUEST_INTERVAL": "0",
            "CLASSIFIER": "llm",
            "TRANSLATOR": "llm",
            "LLM_PROVIDER": "openai",
            "LLM_BASE_URL": model_url,
            "LLM_API_KEY": "bench",
            "CLASSIFY_MODEL": "bench",
            "TRANSLATE_MODEL": "bench",
            "RENDER_WINDOW": "1",
            "SITE_URL": "https://daily.example.org",
            "TEMPLATES_DIR": str(ROOT / "templates" / "site"),
            "POWERTOOLS_SERVICE_NAME": "arxivdaily",
        }
        sqs = boto3.client("sqs")
        seconds: dict[str, list[tuple[float, float]]] = {"bare": [], "fetch": []}
        seconds |= {name: [] for name in FUNCTIONS}
        for number in range(RUNS):
            bare = {"queue": resources.queues["ScheduleDeadLetterQueue"]}
            seconds["bare"].append(_pair(root, built, python, "bare", settings, [bare, bare]))
            announcing = [partial(_announce, arxiv, 2 * number), partial(_announce, arxiv, 2 * number + 1)]
            seconds["fetch"].append(_pair(root, built, python, "fetch", settings, [{}, {}], announcing))
            for name, queue in FUNCTIONS.items():
                events = _halves(_received(sqs, resources.queues[queue]))
                seconds[name].append(_pair(root, built, python, name, settings, events))
        return {
            name: (
                statistics.median(first for first, _ in found),
                statistics.median(second for _, second in found),
            )
            for name, found in seconds.items()
        }
    finally:
        os.environ.clear()
        os.environ.update(before)


def _announce(arxiv: SampleArxiv, number: int) -> None:
    arxiv.papers = tuple(papers.day(PAPERS, None, number))
    arxiv.edition = next_edition_day(arxiv.edition)


def _halves(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An event for each of the two editions that messages are about."""
    editions = sorted({json.loads(record["body"])["edition"] for record in records})[-2:]
    return [
        {"Records": [record for record in records if json.loads(record["body"])["edition"] == edition]}
        for edition in editions
    ]


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Messages about two editions or more, taken out of their queue."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        for message in answer.get("Messages", ()):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(sqs_record(message))
        if not answer.get("Messages") and len({json.loads(r["body"])["edition"] for r in found}) > 1:
            return found
        time.sleep(0.1)
    raise SystemExit(f"two editions' messages did not come into {url}")


def _pair(
    root: Path,
    built: Path,
    python: Path,
    name: str,
    settings: Mapping[str, str],
    events: Sequence[Mapping[str, Any]],
    before: Sequence[Callable[[], None]] = (),
) -> tuple[float, float]:
    """From the start of the process to its first answer, and from the second event to its answer."""
    if name == "bare":
        handler, task, timeout = "app.handler", root / "plain", 30
    else:
        properties = load_template()["Resources"][f"{name.capitalize()}Function"]["Properties"]
        handler, timeout = properties["Handler"], properties["Timeout"]
        task = built / f"{name.capitalize()}Function"
    client = ROOT / ".venv-sam" / "awslambdaric" / f"python{interpreter().version}"
    layers = [built / "DependenciesLayer"]
    function = Function(python, handler, task, layers, client, settings, root / f"{name}.log", timeout)
    times = []
    for prepare in before[:1]:
        prepare()
    began = time.perf_counter()
    with function:
        for number, event in enumerate(events):
            if number:
                for prepare in before[1:]:
                    prepare()
                began = time.perf_counter()
            answer = function.invoke(event)
            times.append(time.perf_counter() - began)
            if not isinstance(answer, dict) or "errorType" in answer or answer.get("batchItemFailures"):
                raise SystemExit(f"{name}: {answer}\n{function.log()}")
    return times[0], times[1]


def _zipped(folder: Path) -> int:
    """Bytes as Lambda gets them."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
        return file.tell()
