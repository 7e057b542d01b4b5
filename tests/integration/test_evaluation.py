"""`make eval` as a developer without recorded data runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from arxivdaily.site import quality

from infrastructure.evaluation.__main__ import main


def test_the_projects_own_sets_give_a_report_and_a_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLM_PROVIDER", raising=False)
    report = tmp_path / "quality.md"
    assert main(["--report", str(report), "--figures", str(tmp_path / quality.FILE)]) == 0
    assert quality.load(tmp_path).formulas.formulas > 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["embedded"]["mean_average_precision"] > 0.8
    assert summary["embedded"]["sets"]["own"]["papers"] == 40
    assert summary["gate"]["own"]["good_refused"] == 0
    assert summary["gate"]["own"]["caught_rate"] > 0.95
    assert summary["formulas"]["converted_rate"] == 1
    assert summary["llm"] is None
    text = report.read_text(encoding="utf-8")
    assert text.startswith("# Quality\n")
    assert "| own | 40 |" in text


def test_data_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "papers_x.jsonl").write_text("{")
    assert main([str(tmp_path), "--report", str(tmp_path / "r.md")]) == 2
    assert "papers_x.jsonl, line 1: not JSON" in capsys.readouterr().err
