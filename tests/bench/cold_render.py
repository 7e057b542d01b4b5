"""The site's pages made by a process that has just begun: `python -m bench.cold_render STATE FOLDER`.

It imports what the render function does and nothing of the benchmarks', which would count as ours.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from pathlib import Path

from arxivdaily.ports import SiteObject
from arxivdaily.settings import Settings
from arxivdaily.site import build as building
from arxivdaily.site.state import SiteState


def objects(state: SiteState) -> list[SiteObject]:
    """Pages and feeds, without the assets, which are copied."""
    made = building.build(state, Path(Settings().templates_dir))
    return [item for phase in made[1:] for item in phase.objects]


def write(root: Path, made: Sequence[SiteObject]) -> None:
    for item in made:
        path = root / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item.body)


if __name__ == "__main__":
    # The benchmark has written it a moment ago.
    write(Path(sys.argv[2]), objects(pickle.loads(Path(sys.argv[1]).read_bytes())))  # noqa: S301 # nosec B301
