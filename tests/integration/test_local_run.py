"""The whole application on one computer: the command, the emulator, template.yaml, the sample day."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.local import sample
from infrastructure.local.processes import free_port
from infrastructure.local.sample_server import SampleArxiv

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 240  # seconds; a run takes 15 on two idle cores


@pytest.fixture(scope="module")
def arxiv() -> Iterator[SampleArxiv]:
    with SampleArxiv() as server:
        yield server


def start(arxiv: SampleArxiv, folder: Path, *options: str) -> subprocess.Popen[str]:
    urls = dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), arxiv.url)
    urls["ARXIV_OAI_URL"] = f"{arxiv.url}/oai"
    words = ["--translator", "none", "--state", str(folder / "state")]
    words += options or ("--date", sample.EDITION, "--no-serve", "--site", str(folder / "site"))
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "infrastructure.cli", "local", "run", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            **urls,
            "ARXIV_REQUEST_INTERVAL": "0",
            "RENDER_WINDOW": "2",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}",
        },
    )


def finish(run: subprocess.Popen[str]) -> str:
    output, _ = run.communicate(timeout=TIMEOUT)
    assert run.returncode == 0, output
    return output


def files(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


def test_the_sample_day_is_published_killed_and_repaired(arxiv: SampleArxiv, tmp_path: Path) -> None:
    """A kill of the run in the middle, then a run that finishes, then one with nothing to do."""
    site = tmp_path / "site"
    killed = start(arxiv, tmp_path)
    deadline = time.monotonic() + TIMEOUT
    while not (site / "index.html").exists():
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    second = finish(start(arxiv, tmp_path))
    assert "stored items" in second
    ledger = json.loads((site / "ledger" / f"{sample.EDITION}.json").read_bytes())
    papers = sample.load()
    assert ledger["announced"] == len(papers)
    assert sorted(p["arxiv_id"] for p in ledger["papers"]) == sorted(p.arxiv_id for p in papers)
    states = Counter(p["state"] for p in ledger["papers"])
    assert states["pending"] == states["failed"] == 0
    assert states["untranslated"] > 30
    channels = {channel for paper in ledger["papers"] for channel in paper["channels"]}
    assert len(channels) >= 15
    for channel in channels:
        assert (site / channel / sample.EDITION / "index.html").is_file()

    published = files(site)
    third = finish(start(arxiv, tmp_path))
    assert "nothing new" in third
    assert files(site) == published


def test_a_first_weekend_and_the_monday_after(arxiv: SampleArxiv, tmp_path: Path) -> None:
    """Nothing is announced and arXiv's archive is out of reach: the sample is shown, and served. While it is,
    Monday's run makes the real edition in the same folder."""
    site, port = tmp_path / "state" / "site", str(free_port())
    with SampleArxiv(papers=()) as weekend:
        serving = start(weekend, tmp_path, "--port", port)
        try:
            assert serving.stdout is not None
            said: list[str] = []
            while not (said and said[-1].startswith("Serving ")):
                said.append(serving.stdout.readline())
                assert said[-1], "".join(said)
            assert any("the sample day of made-up papers" in line for line in said)
            assert "虚构" in (site / "index.html").read_text("utf-8")

            monday = finish(start(arxiv, tmp_path, "--port", port))
            assert f"served on http://127.0.0.1:{port}/ by another process" in monday
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                assert "虚构" not in page.read().decode()
            assert [path.name for path in (site / "ledger").glob("*.json")] == [f"{sample.EDITION}.json"]
        finally:
            serving.send_signal(signal.SIGINT)
            serving.communicate(timeout=TIMEOUT)
    assert serving.returncode == 0

    (tmp_path / "other").mkdir()
    other = start(arxiv, tmp_path / "other", "--no-serve", "--quiet", "--site", str(site))
    output, _ = other.communicate(timeout=TIMEOUT)
    assert (other.returncode, output.count("\n")) == (2, 1)
    assert f"{site} is the site of the archive in {tmp_path / 'state'}" in output
