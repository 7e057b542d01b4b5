"""What a page weighs on the wire, on a heavy day, with everything it asks for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import checkers
import pytest
import site_weight
from html_page import HtmlPage
from site_day import CHANNEL

KB = 1000
REQUESTS = 4
BROTLI_5 = 2  # column
# Of the page with its stylesheet, script and icon, in bytes of brotli 5: CDNs that compress on the way spend
# about that much time on it.
BUDGETS = {
    f"{CHANNEL}/{site_weight.DATE}/index.html": 60 * KB,  # docs/adr/0012
    f"{CHANNEL}/{site_weight.DATE}/abstracts/index.html": 40 * KB,
    "index.html": 15 * KB,
    "papers/2601.10000/index.html": 12 * KB,
    f"{CHANNEL}/archive/index.html": 10 * KB,
    f"ledger/{site_weight.DATE}/index.html": 45 * KB,
    "feeds/index.html": 12 * KB,
    "about/index.html": 12 * KB,
    "404.html": 8 * KB,
}


def parts(root: Path, page: str) -> list[str]:
    """The page and what a browser asks for with it."""
    asked = [
        link.href.lstrip("/")
        for link in HtmlPage((root / page).read_bytes()).links
        if link.tag in ("script", "img") or {"stylesheet", "icon"} & set(link.rel)
    ]
    return [page, *asked]


def sizes(root: Path, paths: set[str]) -> dict[str, list[int]]:
    """Bytes as they are, with gzip 6, brotli 5 and brotli 11."""
    script = Path(__file__).with_name("sizes.mjs")
    ran = subprocess.run(  # noqa: S603
        [checkers.node(), str(script)],
        input="\n".join(sorted(paths)),
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[int]] = json.loads(ran.stdout)
    return found


def test_pages_stay_within_their_budgets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site_weight.write(tmp_path)
    asked = {page: parts(tmp_path, page) for page in BUDGETS}
    weighed = sizes(tmp_path, {path for all_of in asked.values() for path in all_of})
    columns = ("bytes", "gzip 6", "br 5", "br 11", "+assets", "budget")
    lines = ["".join(f"{name:>9}" for name in columns)]
    heavy = []
    for page, budget in BUDGETS.items():
        total = sum(weighed[path][BROTLI_5] for path in asked[page])
        lines.append("".join(f"{n:>9}" for n in (*weighed[page], total, budget)) + f"  /{page}")
        assert len(asked[page]) <= REQUESTS, asked[page]
        if total > budget:
            heavy.append(page)
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert not heavy
