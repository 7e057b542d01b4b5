"""Why arXiv cannot be reached is said with the host that was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrastructure import web
from infrastructure.local.errors import LocalError
from infrastructure.local.source import announcements

PROXY = "rss.arxiv.org cannot be reached: the proxy http://127.0.0.1:9 of HTTPS_PROXY does not answer"


def unreachable(patch: pytest.MonkeyPatch, reason: str) -> None:
    def probe(*_: object, **__: object) -> str:
        return reason

    patch.setattr(web, "unreachable", probe)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("temporary failure in name resolution", "rss.arxiv.org: temporary failure in name resolution"),
        (PROXY, PROXY),
    ],
)
def test_the_host_is_named_once(
    reason: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unreachable(monkeypatch, reason)
    notes: list[str] = []
    with announcements(tmp_path, "2026-06-18", {}, notes.append):
        pass
    assert notes == [f"arXiv cannot be reached ({said}): working with what is stored."]


def test_an_address_of_ones_own_is_named_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unreachable(monkeypatch, "connection refused")
    own = {"ARXIV_FEED_URL": "http://mirror.example/feeds"}
    with (
        pytest.raises(LocalError, match=r"^cannot reach ARXIV_FEED_URL http://mirror\.example/feeds: conn"),
        announcements(tmp_path, None, own, print),
    ):
        pass
