"""`arxivdaily cost`, as an operator calls it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from infrastructure.cli import app

LEDGER = {
    "edition": "2026-06-18",
    "announced": 486,
    "cost": {
        "currency": "USD",
        "total": 0.5123,
        "stages": [
            {
                "stage": "classify",
                "model": "m",
                "papers": 325,
                "input_tokens": 144_000,
                "cached_tokens": 90_000,
                "output_tokens": 20_000,
                "cost": 0.5123,
            }
        ],
    },
    "papers": [],
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "2026-06-18.json").write_text(json.dumps(LEDGER))
    return tmp_path


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["cost", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_a_table_for_people(site: Path) -> None:
    status, output = run("--date", "2026-06-18", "--site", str(site))
    assert status == 0
    for figure in ("486 papers announced", "classify", "144,000", "90,000", "20,000", "0.5123", "USD"):
        assert figure in output


def test_json_for_programs_from_an_address(address: str) -> None:
    status, output = run("--date", "2026-06-18", "--site", address, "--json")
    assert status == 0
    assert json.loads(output)["cost"] == LEDGER["cost"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"edition": "x", "announced": 1, "cost": {"stages": 5}}']
)
def test_what_is_not_a_ledger_is_said_with_its_place(site: Path, content: str) -> None:
    (site / "ledger" / "2026-06-18.json").write_text(content)
    status, output = run("--date", "2026-06-18", "--site", str(site))
    assert status == 1
    assert "2026-06-18.json is not a ledger with costs" in output


def test_a_ledger_that_is_not_there(site: Path, address: str) -> None:
    assert run("--date", "2026-06-17", "--site", str(site)) == (
        1,
        f"arxivdaily: {site}/ledger/2026-06-17.json: No such file or directory\n",
    )
    status, output = run("--date", "2026-06-17", "--site", address)
    assert status == 1
    assert "HTTP 404" in output


def test_a_date_that_is_none() -> None:
    assert run("--date", "yesterday")[0] == 2
