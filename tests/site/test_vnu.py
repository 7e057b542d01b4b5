"""The Nu HTML checker's word on every page type and on the stylesheet."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import checkers
import site_day

# What the checker may say without failing the test, and why. Nothing at present.
ALLOWED: dict[str, str] = {}


def check(*files: Path) -> list[str]:
    """Its errors and warnings; those without a file's name are about the checker itself."""
    jar = checkers.module("vnu-jar/build/dist/vnu.jar")
    # A heap that suits two cores and a few files; the serial collector starts fastest.
    java = [checkers.java(), "-Xmx512m", "-XX:+UseSerialGC", "-jar", str(jar)]
    ran = subprocess.run(  # noqa: S603
        [*java, "--format", "json", "--stdout", "--exit-zero-always", "--also-check-css", *map(str, files)],
        capture_output=True,
        check=True,
        timeout=120,
    )
    messages: list[dict[str, Any]] = json.loads(ran.stdout)["messages"]
    return [told(m) for m in messages if not any(words in m["message"] for words in ALLOWED)]


def told(message: dict[str, Any]) -> str:
    place = f"{message.get('url', '')}:{message.get('lastLine', '')}"
    return f"{place}: {message['message']} {message.get('extract', '')}"


def files(root: Path) -> list[Path]:
    pages = [root / (path.lstrip("/") + "index.html") for path in site_day.PAGES.values()]
    return [*(page for page in pages if page.is_file()), root / "404.html", *(root / "assets").glob("*.css")]


def test_the_checker_finds_nothing(site_root: Path) -> None:
    checked = files(site_root)
    assert len(checked) == len(site_day.PAGES) + 1  # the page that is missing is 404.html
    assert check(*checked) == []


def test_the_checker_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><html lang=zh-Hans><title>x</title><p id=a><p id=a>")
    (tmp_path / "style.css").write_text("p { colour: red }")
    messages = check(*tmp_path.iterdir())
    assert any("Duplicate ID" in message for message in messages)
    assert any("colour" in message for message in messages)
