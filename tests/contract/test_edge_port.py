"""What every `Edge` promises, on the fake and on CloudFront; and what CloudFront is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from arxivdaily import settings, wiring
from arxivdaily.adapters.cloudfront import MOST, CloudFrontEdge, patterns
from arxivdaily.ports import Edge
from botocore.exceptions import ConnectTimeoutError
from fakes import Clock, RecordingEdge
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

CHANNELS = [f"channel-{number}" for number in range(48)]
DAY = "2026-06-18"


@dataclass
class Subject:
    """An edge, and what it was asked to refresh, a list a request."""

    edge: Edge
    requests: Callable[[], list[list[str]]]


def distribution(client: Any) -> str:
    made = client.create_distribution(
        DistributionConfig={
            "CallerReference": "test",
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "site",
                        "DomainName": "site.s3.us-east-1.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https"},
        }
    )
    return str(made["Distribution"]["Id"])


def invalidations(client: Any, distribution_id: str) -> list[list[str]]:
    """The paths of each invalidation, oldest first."""
    found = client.list_invalidations(DistributionId=distribution_id)["InvalidationList"].get("Items", [])
    answers = [client.get_invalidation(DistributionId=distribution_id, Id=item["Id"]) for item in found]
    return [answer["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] for answer in answers]


@pytest.fixture(params=["recording", "cloudfront"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "recording":
        recording = RecordingEdge()
        yield Subject(recording, lambda: recording.refreshed)
        return
    with mock_aws():
        client = boto3.client("cloudfront")
        made = distribution(client)
        yield Subject(CloudFrontEdge(client, made, Clock()), lambda: invalidations(client, made))


def test_a_refresh_is_one_request_that_covers_what_it_was_given(subject: Subject) -> None:
    paths = [f"{channel}/feed.atom" for channel in CHANNELS[:3]]
    subject.edge.refresh(paths)
    (asked,) = subject.requests()
    assert sorted(path.lstrip("/") for path in asked) == paths


def test_no_paths_are_no_request(subject: Subject) -> None:
    subject.edge.refresh([])
    assert subject.requests() == []


@mock_aws
def test_what_fails_is_counted_and_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    CloudFrontEdge(boto3.client("cloudfront"), "E0MISSING", Clock()).refresh(["index.html"])
    assert '"FailedRefreshes":[1.0]' in capsys.readouterr().out


def test_a_cloudfront_that_does_not_answer_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    class Silent:
        def create_invalidation(self, **_: Any) -> None:
            raise ConnectTimeoutError(endpoint_url="https://cloudfront.amazonaws.com")

    CloudFrontEdge(Silent(), "E1", Clock()).refresh(["index.html"])
    assert "FailedRefreshes" in capsys.readouterr().out


@mock_aws
@pytest.mark.parametrize("name", ["", "E1EXAMPLE"])
def test_render_gets_an_edge_where_there_is_a_distribution(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_DISTRIBUTION_ID", name)
    settings.load_settings.cache_clear()
    wiring.edge.cache_clear()
    try:
        assert (wiring.edge() is not None) == bool(name)
    finally:
        settings.load_settings.cache_clear()
        wiring.edge.cache_clear()


# --- which paths ---------------------------------------------------------------------------


def test_few_objects_are_named_with_the_addresses_that_readers_use() -> None:
    paths = ["index.html", "robots.txt", f"agents/{DAY}/index.html"]
    assert patterns(paths) == [
        "/", f"/agents/{DAY}/", f"/agents/{DAY}/index.html", "/index.html", "/robots.txt",
    ]  # fmt: skip


def test_many_objects_of_a_channels_day_are_its_folder() -> None:
    papers = [f"agents/{DAY}/{number}.json" for number in range(40)]
    assert patterns([*papers, "agents/feed.atom", "feed.atom"]) == [
        f"/agents/{DAY}/*", "/agents/feed.atom", "/feed.atom",
    ]  # fmt: skip


def test_many_objects_of_a_few_channels_are_the_channels() -> None:
    names = ("index.html", "feed.atom", "rss.xml", "feed.json", "archive/index.html")
    paths = [f"{channel}/{name}" for channel in CHANNELS[:9] for name in names]
    assert patterns([*paths, "index.html"]) == ["/", *(f"/{c}/*" for c in CHANNELS[:9]), "/index.html"]


def test_a_whole_edition_is_everything() -> None:
    assert patterns([f"{channel}/index.html" for channel in CHANNELS]) == ["/*"]


PARTS = st.sampled_from(["a", "b", "c", DAY, *CHANNELS[:20], "index.html", "feed.atom"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@given(st.lists(PATHS, min_size=1, max_size=60))
def test_patterns_cover_every_object_and_are_few(paths: Collection[str]) -> None:
    found = patterns(paths)
    assert 1 <= len(found) <= MOST
    assert len(set(found)) == len(found)
    for path in paths:
        assert any(covers(pattern, f"/{path}") for pattern in found), path
        if path.split("/")[-1] == "index.html":  # as readers ask for it
            assert any(covers(pattern, f"/{path}".removesuffix("index.html")) for pattern in found), path


def covers(pattern: str, address: str) -> bool:
    """CloudFront's rule: a star stands for any characters, at the end alone."""
    assert "*" not in pattern[:-1]
    return address.startswith(pattern[:-1]) if pattern.endswith("*") else address == pattern
