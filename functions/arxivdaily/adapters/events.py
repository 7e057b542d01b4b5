"""Events to EventBridge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.errors import TransientError


class EventBridgeEvents:
    """`ports.Events` on an EventBridge bus."""

    def __init__(self, client: Any, bus: str, site_url: str) -> None:
        self._client = client
        self._bus = bus
        self._site_url = site_url

    def edition_published(self, edition: str, counts: Mapping[str, int]) -> None:
        detail = {"edition": edition, "counts": dict(counts), "url": f"{self._site_url}/"}
        with translated_errors(f"announce edition {edition}"):
            answer = self._client.put_events(
                Entries=[
                    {
                        "Source": "arxivdaily",
                        "DetailType": "EditionPublished",
                        "Detail": msgspec.json.encode(detail).decode(),
                        "EventBusName": self._bus,
                    }
                ]
            )
        if answer.get("FailedEntryCount"):
            raise TransientError(
                f"cannot announce edition {edition}: {answer['Entries'][0].get('ErrorCode')}"
            )
