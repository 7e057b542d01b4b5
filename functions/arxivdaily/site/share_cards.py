"""The words of the share images (og:image). `make share` draws them; a build shows an image only while
its words are still those of the channel file (docs/adr/0013)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass

from arxivdaily.domain.channels import Catalogue

MANIFEST = "manifest.json"  # beside the images: the digest of each by its name
SITE = "site"  # the image of pages without a channel; no channel may have this slug
DESIGN = 1  # to be raised with every change of how the words are drawn

_BRAND, _SUBTITLE, _FOOTER = "arXivDaily", "arXiv每日学术速递", "周一至周五更新"


@dataclass(frozen=True, slots=True)
class Card:
    """The words of one image, all of them."""

    brand: str
    subtitle: str
    group: str
    name: str
    english: str
    description: str
    footer: str

    @property
    def digest(self) -> str:
        """12 hex digits that change with the words or the design."""
        drawn = json.dumps([DESIGN, *astuple(self)], ensure_ascii=False)
        return hashlib.sha256(drawn.encode()).hexdigest()[:12]


def cards(catalogue: Catalogue) -> dict[str, Card]:
    """What is drawn, by the images' names."""
    made = {
        channel.slug: Card(
            _BRAND,
            _SUBTITLE,
            catalogue.group_of(channel).zh,
            channel.zh,
            channel.en,
            channel.description,
            _FOOTER,
        )
        for channel in catalogue
    }
    made[SITE] = Card(
        _BRAND,
        "",
        "计算机科学新论文",
        _SUBTITLE,
        "New computer science papers, every weekday",
        "中文标题、一句话总结与中英文摘要，按频道整理，供中文读者早晨浏览。",
        _FOOTER,
    )
    return made
