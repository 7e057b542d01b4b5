"""Which inference profile of the default model, Amazon Nova 2 Lite, can be called from which region.

From "Supported Regions and models for inference profiles" in Bedrock's user guide and the model's card,
November 2026. The model has no id of its own in any region. `template.yaml` says the same in its mapping
and rules; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MODEL: Final = "amazon.nova-2-lite-v1:0"
# Where a profile of the region's own geography exists, it goes before `global`, which could be called too.
SOURCE_REGIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "us": ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1"),
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "jp": ("ap-northeast-1",),
    "global": (
        "ap-east-2", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
        "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "eu-west-2", "il-central-1",
        "me-central-1",
    ),
}  # fmt: skip
GEOGRAPHIES: Final = frozenset({"us", "us-gov", "ca", "eu", "apac", "jp", "au", "in", "global"})
"""What the id of a system-defined profile begins with, before the model's own id."""


def prefix_of(region: str) -> str:
    """The geography of the default model's profile in a region; empty where it has none."""
    return next((prefix for prefix, regions in SOURCE_REGIONS.items() if region in regions), "")


def behind(model: str) -> str:
    """The model's own id: of `eu.amazon.nova-2-lite-v1:0` what follows the geography."""
    geography, _, rest = model.partition(".")
    return rest if geography in GEOGRAPHIES else model
