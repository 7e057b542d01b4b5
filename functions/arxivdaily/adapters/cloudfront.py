"""What CloudFront keeps of the site, taken back where it is out of date."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.adapters.logs import logger
from arxivdaily.adapters.metrics import count_failed_refresh
from arxivdaily.errors import ArxivDailyError
from arxivdaily.ports import Clock

MOST = 15  # paths in one request; an account has 1,000 a month for nothing, and 15 wildcards at once
_INDEX = "index.html"


class CloudFrontEdge:
    """`ports.Edge` on a distribution. What fails is logged and counted, and expires by itself."""

    def __init__(self, client: Any, distribution_id: str, clock: Clock) -> None:
        self._client = client
        self._distribution_id = distribution_id
        self._clock = clock

    def refresh(self, paths: Collection[str]) -> None:
        if not paths:
            return
        found = patterns(paths)
        try:
            with translated_errors(f"invalidate {len(found)} paths of {self._distribution_id}"):
                self._client.create_invalidation(
                    DistributionId=self._distribution_id,
                    InvalidationBatch={
                        "Paths": {"Quantity": len(found), "Items": found},
                        # The same in boto3's own attempts, so that they are one invalidation.
                        "CallerReference": self._clock().isoformat(),
                    },
                )
        except ArxivDailyError as error:
            logger.warning("readers see old pages for some minutes more", error=str(error))
            count_failed_refresh()


def patterns(paths: Collection[str]) -> list[str]:
    """At most `MOST` invalidation paths that cover these objects (`x/index.html`), the narrowest that
    do: each object, or a wildcard for each of their folders (a channel's day), or for each of the
    topmost ones (a channel), or for everything."""
    exact = sorted({address for path in paths for address in _addresses(path)})
    if len(exact) <= MOST:
        return exact
    for depth in (2, 1):
        folded = sorted({found for path in paths for found in _folded(path, depth)})
        if len(folded) <= MOST:
            return folded
    return ["/*"]


def _addresses(path: str) -> tuple[str, ...]:
    """An object is kept under the name that the edge function gives it; AWS asks to name the address
    that readers use as well."""
    address = f"/{path}"
    if path == _INDEX or path.endswith(f"/{_INDEX}"):
        return address, address.removesuffix(_INDEX)
    return (address,)


def _folded(path: str, depth: int) -> tuple[str, ...]:
    folders = path.split("/")[:-1]
    return (f"/{'/'.join(folders[:depth])}/*",) if len(folders) >= depth else _addresses(path)
