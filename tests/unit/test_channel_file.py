"""The channel file's loader: what it accepts, and that each mistake is named where it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.adapters.channel_file import content_version, load_catalogue, parse_catalogue
from arxivdaily.errors import ConfigurationError

TOPICS: list[dict[str, Any]] = [
    {"slug": "diffusion-models", "zh": "扩散模型", "en": "Diffusion models", "phrases": ["diffusion model"]},
    {"slug": "editing", "zh": "图像编辑", "en": "Image editing", "phrases": ["image editing"]},
    {"slug": "control", "zh": "可控生成", "en": "Control", "phrases": ["controllable generation"]},
]
CHANNEL: dict[str, Any] = {
    "slug": "image-generation",
    "zh": "图像生成",
    "en": "Image Generation",
    "description": "图像生成与编辑。",
    "description_en": "Generating images.",
    "sources": ["cs.CV", "physics.ao-ph", "quant-ph", "q-bio.BM"],
    "phrases": ["image generation"],
    "exclusions": ["video generation"],
    "topics": TOPICS,
}
VALID: dict[str, Any] = {"groups": [{"slug": "vision", "zh": "视觉", "en": "Vision", "channels": [CHANNEL]}]}


def mistaken(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> list[str]:
    """The problems found after `change(group, channel)` has spoilt a valid file."""
    data = copy.deepcopy(VALID)
    group = data["groups"][0]
    change(group, group["channels"][0])
    with pytest.raises(ConfigurationError) as caught:
        parse_catalogue(data, "v", "channels.toml")
    return str(caught.value).splitlines()


def test_a_valid_file_becomes_a_catalogue() -> None:
    catalogue = parse_catalogue(VALID, "v1", "channels.toml")

    channel = catalogue.get("image-generation")
    assert channel is not None
    assert (catalogue.version, len(catalogue)) == ("v1", 1)
    assert catalogue.group_of(channel).zh == "视觉"
    assert channel.group == "vision"
    assert channel.sources == ("cs.CV", "physics.ao-ph", "quant-ph", "q-bio.BM")
    assert [topic.slug for topic in channel.topics] == ["diffusion-models", "editing", "control"]
    assert channel.exclusions == ("video generation",)


def test_exclusions_may_be_left_out() -> None:
    data = copy.deepcopy(VALID)
    del data["groups"][0]["channels"][0]["exclusions"]
    assert next(iter(parse_catalogue(data, "v", "f"))).exclusions == ()


CHANNEL_PLACE = "channels.toml: channel 'image-generation' (group 'vision'), field "


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("zh", "  ", "zh: empty text"),
        ("en", 7, "en: must be text, not a number"),
        ("description", "字" * 201, "description: 201 characters; at most 200"),
        ("description_en", "two\nlines", "description_en: a line break or control character; write one line"),
        ("sources", [], "sources: empty list"),
        ("sources", "cs.CV", "sources: must be a list of texts, not text"),
        ("sources", ["cs.cv"], "sources[0]: 'cs.cv' is not an arXiv category (like cs.CV or stat.ML)"),
        ("sources", ["cs"], "sources[0]: 'cs' is not an arXiv category (like cs.CV or stat.ML)"),
        ("phrases", ["a b", 3], "phrases[1]: must be text, not a number"),
        ("phrases", ["a b", ""], "phrases[1]: empty text"),
        ("phrases", ["GAN", "gan"], "phrases[1]: duplicate of phrases[0] ('gan')"),
        ("phrases", [f"p{i}" for i in range(31)], "phrases: 31 entries; at most 30"),
        ("topics", TOPICS[:2], "topics: 2 topics; there must be 3 to 8"),
        ("topics", [], "topics: empty list"),
        ("topics", {"slug": "x"}, "topics: must be a list of tables, not a table"),
        ("topics", [*TOPICS, "x"], "topics[3]: must be a table, not text"),
        (
            "topics",
            [*TOPICS, TOPICS[0] | {"zh": "又"}],
            "topics[3].slug: duplicate of topics[0] ('diffusion-models')",
        ),
        ("topics", [*TOPICS, TOPICS[0] | {"slug": "none"}], "topics[3].slug: 'none' is reserved"),
        (
            "topics",
            [*TOPICS, TOPICS[0] | {"slug": "x", "phrase": []}],
            "topics[3].phrase: unknown field; did you mean 'phrases'?",
        ),
    ],
)
def test_each_mistake_names_file_channel_and_field(field: str, value: object, message: str) -> None:
    assert mistaken(lambda _, channel: channel.update({field: value})) == [CHANNEL_PLACE + message]


@pytest.mark.parametrize(
    "field", ["zh", "en", "description", "description_en", "sources", "phrases", "topics"]
)
def test_a_missing_field_is_named(field: str) -> None:
    assert mistaken(lambda _, channel: channel.pop(field)) == [f"{CHANNEL_PLACE}{field}: missing"]


def test_an_unknown_field_suggests_the_near_name() -> None:
    (problem,) = mistaken(lambda _, channel: channel.update(exclusion=[]))
    assert problem == CHANNEL_PLACE + "exclusion: unknown field; did you mean 'exclusions'?"


@pytest.mark.parametrize("slug", ["Image", "a--b", "-a", "a-", "图像", "a/b", "2026", "2026-06-18", "a" * 41])
def test_a_bad_slug_is_refused(slug: str) -> None:
    problems = mistaken(lambda _, channel: channel.update(slug=slug))
    assert any("field slug:" in problem and "is not a slug" in problem for problem in problems)


@pytest.mark.parametrize(
    "slug", ["papers", "ledger", "api", "about", "search", "assets", "feeds", "sitemaps"]
)
def test_folders_of_the_site_itself_are_reserved(slug: str) -> None:
    (problem,) = mistaken(lambda _, channel: channel.update(slug=slug))
    assert problem.endswith(f"field slug: '{slug}' is reserved for the site itself")


def test_a_channel_without_slug_is_found_by_its_position() -> None:
    (problem,) = mistaken(lambda _, channel: channel.pop("slug"))
    assert problem == "channels.toml: channel #1 (group 'vision'), field slug: missing"


def test_duplicate_channel_and_group_slugs_are_found_across_the_file() -> None:
    data = copy.deepcopy(VALID)
    data["groups"].append(copy.deepcopy(data["groups"][0]))
    with pytest.raises(ConfigurationError) as caught:
        parse_catalogue(data, "v", "channels.toml")
    assert str(caught.value).splitlines() == [
        "channels.toml: group #2, field slug: 'vision' is already group #1",
        "channels.toml: channel #1 of group 'vision', field slug: 'image-generation' is already"
        " channel #1 of group 'vision'",
    ]


def test_all_problems_are_listed_at_once() -> None:
    def spoil(group: dict[str, Any], channel: dict[str, Any]) -> None:
        group["zh"] = ""
        channel["sources"] = ["CS.CV"]
        channel["topics"][1]["phrases"] = []

    assert len(mistaken(spoil)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "field groups: missing"),
        ("groups = []", "field groups: empty list"),
        ("groups = 1", "field groups: must be a list of tables, not a number"),
        ('[[groups]]\nslug = a"', "not valid TOML: .*line 2, column 8"),
        ('[[groups]]\nslug = "a', "not valid TOML: .*at the end, line 2"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"^mine.toml.*{message}"):
        load_catalogue(path)


def test_a_file_that_is_not_there_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load_catalogue(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"')
    with pytest.raises(ConfigurationError, match=r"latin.toml: not UTF-8 at byte 5"):
        load_catalogue(tmp_path / "latin.toml")


def test_the_version_follows_the_content_only(tmp_path: Path) -> None:
    first = content_version(VALID)
    assert first == content_version(copy.deepcopy(VALID))
    other = copy.deepcopy(VALID)
    other["groups"][0]["channels"][0]["phrases"].append("text-to-image")
    assert content_version(other) != first
