"""The committed channel file: whole, and with the channel that the site was first shown with."""

from __future__ import annotations

from pathlib import Path

import pytest
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.channels import Catalogue

CHANNELS = Path(__file__).parents[2] / "functions" / "channels.toml"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(CHANNELS)


def test_it_covers_the_field(catalogue: Catalogue) -> None:
    assert len(catalogue) >= 40
    assert 8 <= len(catalogue.groups) <= 10
    computer_science = {c for channel in catalogue for c in channel.sources if c.startswith("cs.")}
    assert len(computer_science) >= 35  # of arXiv's 40 cs categories


def test_image_generation_is_as_the_first_page_showed_it(catalogue: Catalogue) -> None:
    channel = catalogue.get("image-generation")
    assert channel is not None
    assert catalogue.group_of(channel).zh == "视觉与机器人"
    assert channel.zh == "图像生成"
    assert channel.description == "图像生成、文生图、图像编辑、扩散模型和可控生成。"
    assert channel.sources == ("cs.CV", "cs.GR", "cs.MM")
    topic = channel.topic("diffusion-models")
    assert topic is not None
    assert topic.zh == "扩散模型"


def test_names_are_told_apart_by_a_reader(catalogue: Catalogue) -> None:
    names = [channel.zh for channel in catalogue]
    assert len(set(names)) == len(names)
    for channel in catalogue:
        topics = [topic.zh for topic in channel.topics]
        assert len(set(topics)) == len(topics), channel.slug
        assert channel.description.endswith("。"), channel.slug
        assert channel.exclusions, channel.slug
