"""The Nu HTML checker's word on every page type and on the stylesheet."""

from __future__ import annotations

from pathlib import Path

import site_day
from checkers import check


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
