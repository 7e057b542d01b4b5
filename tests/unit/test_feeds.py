"""The feeds as feed readers see them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
import site_samples as samples
from arxivdaily.site import feeds
from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    return {path: item.body for path, item in samples.site().items()}


@pytest.mark.parametrize("name", ["feed.atom", "rss.xml"])
@pytest.mark.parametrize("channel", [channel.slug for channel in samples.CATALOGUE])
def test_feeds_parse_without_complaint(built: dict[str, bytes], channel: str, name: str) -> None:
    parsed = feedparser.parse(built[f"{channel}/{name}"])
    assert parsed.bozo is False
    expected = sum(record.match_for(channel) is not None for record in samples.day())
    assert len(parsed.entries) == expected
    assert parsed.feed.title.endswith("· arXivDaily")


def test_the_three_formats_say_the_same(built: dict[str, bytes]) -> None:
    atom = feedparser.parse(built["image-generation/feed.atom"])
    rss = feedparser.parse(built["image-generation/rss.xml"])
    items = json.loads(built["image-generation/feed.json"])["items"]
    assert [e.id for e in atom.entries] == [e.id for e in rss.entries] == [i["id"] for i in items]
    assert [e.link for e in atom.entries] == [e.link for e in rss.entries] == [i["url"] for i in items]
    assert [e.title for e in atom.entries] == [e.title for e in rss.entries] == [i["title"] for i in items]
    contents = [entry.content[-1].value for entry in atom.entries]
    assert contents == [entry.content[-1].value for entry in rss.entries]
    assert all("英文摘要" in content for content in contents)


def test_entries_stand_in_the_page_s_order_with_permanent_ids(built: dict[str, bytes]) -> None:
    root = etree.fromstring(built["image-generation/feed.atom"])
    ids = [element.text for element in root.iterfind(f"{_ATOM}entry/{_ATOM}id")]
    numbers = ["00003", "00002", "00001", "00010", "00011"]
    assert ids == [f"tag:daily.example.org,2026:papers/2603.{n}/image-generation" for n in numbers]


def test_an_id_does_not_change_with_version_or_edition() -> None:
    match = samples.match("robotics", 50)
    first = samples.record(samples.paper("2603.00001"), match)
    revised = samples.record(samples.paper("2603.00001", version=4, title="New"), match)
    tags = set()
    for record in (first, revised):
        feed = json.loads(samples.site(samples.state([record]))["robotics/feed.json"].body)
        tags.add(feed["items"][0]["id"])
    assert len(tags) == 1


def test_updated_moves_only_with_content(built: dict[str, bytes]) -> None:
    root = etree.fromstring(built["image-generation/feed.atom"])
    assert root.findtext(f"{_ATOM}updated") == "2026-03-05T06:30:00Z"
    later = datetime(2026, 3, 6, 1, 2, 3, tzinfo=UTC)
    records = [
        replace(record, changed=later) if record.paper.arxiv_id == "2603.00001" else record
        for record in samples.day()
    ]
    changed = etree.fromstring(samples.site(samples.state(records))["image-generation/feed.atom"].body)
    assert changed.findtext(f"{_ATOM}updated") == "2026-03-06T01:02:03Z"
    assert (
        samples.site(samples.state(records))["time-series/feed.atom"].body == built["time-series/feed.atom"]
    )


def test_an_empty_feed_is_as_old_as_the_archive(built: dict[str, bytes]) -> None:
    root = etree.fromstring(built["time-series/feed.atom"])
    assert root.findtext(f"{_ATOM}updated") == "2025-11-03T05:00:00Z"


def test_formulas_are_readable_without_mathml(built: dict[str, bytes]) -> None:
    for name in ("feed.atom", "rss.xml", "feed.json"):
        body = built[f"image-generation/{name}"].decode()
        assert "math" not in body
        assert "ℓ_2" in body


def test_window_holds_one_entry_a_paper_and_a_hundred_at_most() -> None:
    state = samples.state()
    old = samples.edition("2026-03-04")
    match = samples.match("robotics", 90)
    many = [samples.record(samples.paper(f"2603.{n:05}"), match, edition=old.date) for n in range(5, 155)]
    window = replace(state, recent=(*state.recent, (old, many)))
    items = json.loads(samples.site(window)["robotics/feed.json"].body)["items"]
    ids = [item["id"] for item in items]
    assert len(ids) == len(set(ids)) == feeds.MAX_ENTRIES
    assert ids[0].endswith("2603.00005/robotics")  # this edition's papers first


def test_a_channel_s_newest_edition_is_whole_however_long() -> None:
    match = samples.match("robotics", 90)
    records = [samples.record(samples.paper(f"2603.{n:05}"), match) for n in range(1, 173)]
    earlier = [samples.record(samples.paper("2602.00001"), match, edition="2026-03-04")]
    state = replace(samples.state(records), recent=())
    state = replace(state, recent=((state.edition, records), (samples.edition("2026-03-04"), earlier)))
    built = samples.site(state)
    wanted = {f"tag:daily.example.org,2026:papers/2603.{n:05}/robotics" for n in range(1, 173)}
    assert {item["id"] for item in json.loads(built["robotics/feed.json"].body)["items"]} == wanted
    for name in ("feed.atom", "rss.xml"):
        assert {entry.id for entry in feedparser.parse(built[f"robotics/{name}"].body).entries} == wanted
    assert len(json.loads(built["feed.json"].body)["items"]) == feeds.MAX_ENTRIES


def test_hostile_text_cannot_break_a_feed() -> None:
    nasty = "]]><script>&\x00\x0b\ud800</title>\u202e"
    record = samples.record(
        samples.paper("2603.00001", title=nasty, authors=(nasty,), abstract=nasty, comment=nasty),
        samples.match("robotics", 50, reason=nasty),
        words=samples.translation(title=nasty, abstract=nasty, summary=nasty),
    )
    built = samples.site(samples.state([record]))
    for name in ("feed.atom", "rss.xml"):
        parsed = feedparser.parse(built[f"robotics/{name}"].body)
        assert parsed.bozo is False
        root = etree.fromstring(built[f"robotics/{name}"].body)
        content = "".join(str(text) for text in root.itertext())
        assert "<script" not in content.replace("]]><script>&", "")  # a title is text, a content is HTML
    item = json.loads(built["robotics/feed.json"].body)["items"][0]
    assert "<script" not in item["content_html"]
    assert "&lt;script&gt;" in item["content_html"]


def test_opml_names_every_feed(built: dict[str, bytes]) -> None:
    root = etree.fromstring(built["feeds.opml"])
    groups = root.findall("body/outline")
    assert [group.get("text") for group in groups] == ["视觉与机器人", "机器学习"]
    feeds_ = [outline.get("xmlUrl") for outline in root.iterfind("body/outline/outline")]
    assert feeds_ == [f"{samples.SITE_URL}/{channel.slug}/feed.atom" for channel in samples.CATALOGUE]


def test_a_group_has_an_opml_of_its_own(built: dict[str, bytes]) -> None:
    root = etree.fromstring(built["feeds/vision.opml"])
    names = [outline.get("text") for outline in root.iterfind("body/outline/outline")]
    assert names == ["图像生成", "机器人"]


def test_a_day_is_archived_whole_and_leads_to_the_day_before(built: dict[str, bytes]) -> None:
    body = built[f"image-generation/{samples.DATE}/feed.atom"]
    root = etree.fromstring(body)
    assert root.find("{http://purl.org/syndication/history/1.0}archive") is not None
    links = {link.get("rel"): link.get("href") for link in root.iterfind(f"{_ATOM}link")}
    assert links["current"] == f"{samples.SITE_URL}/image-generation/feed.atom"
    assert links["prev-archive"] == f"{samples.SITE_URL}/image-generation/2026-03-04/feed.atom"
    current = etree.fromstring(built["image-generation/feed.atom"])
    (back,) = (x.get("href") for x in current.iterfind(f"{_ATOM}link") if x.get("rel") == "prev-archive")
    assert back == links["self"]
    ids = [[e.text for e in tree.iterfind(f"{_ATOM}entry/{_ATOM}id")] for tree in (root, current)]
    assert ids[0] == ids[1]
    assert feedparser.parse(body).bozo is False


def test_the_site_s_own_feed_has_the_strongest_papers_each_once(built: dict[str, bytes]) -> None:
    parsed = feedparser.parse(built["feed.atom"])
    assert parsed.bozo is False
    ids = [entry.id for entry in parsed.entries]
    assert len(ids) == len(set(ids)) == sum(record.is_shown for record in samples.day())
    assert ids[0] == "tag:daily.example.org,2026:papers/2603.00003"
    assert feedparser.parse(built["rss.xml"]).bozo is False
    home = built["index.html"].decode()
    assert 'type="application/atom+xml" title="全站（Atom）" href="/feed.atom"' in home
