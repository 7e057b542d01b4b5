"""Two kills of the local run; `make chaos-kill` has fifty."""

from __future__ import annotations

import random
from pathlib import Path

from chaos.kills import LocalRun

from infrastructure.local import sample


def test_a_killed_run_goes_on_and_buys_again_only_what_was_in_flight(tmp_path: Path) -> None:
    papers = sample.load()[:12]
    chance = random.Random("two kills 6")  # after the first call, and after the third of those left
    run = LocalRun(tmp_path, papers, chance)
    story = run.until_complete(2)
    assert story.wrong == []
    assert story.kills == 2
    assert story.kept > 0
    assert {stage for stage, _ in run.service.bought} == {"classify", "translate"}
