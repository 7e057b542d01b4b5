"""`make share`: the images that messengers and social sites show beside a shared link (og:image).

    python -m infrastructure.share_images [--font FILE] [--bold FILE]

draws one for each channel of the channel file, and one for pages without a channel, into the site's
static files. They are committed, so that neither a deployment nor a test needs the font; the
manifest beside them says which words were drawn. The same Pillow, zlib and font give the same bytes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings
from arxivdaily.site.share_cards import MANIFEST, Card, cards
from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).parents[1] / "templates" / "site" / "static" / "share"

WIDTH, HEIGHT = 1200, 630
_LEFT, _RIGHT = 96, WIDTH - 96

_PAPER, _INK, _QUIET = (0xFD, 0xFC, 0xFA), (0x1D, 0x1B, 0x18), (0x6B, 0x66, 0x5E)
_RULE, _ACCENT = (0xE3, 0xDE, 0xD6), (0x9C, 0x32, 0x20)
Colour = tuple[int, int, int]
Measure = Callable[[int, str], float]  # the width of a text at a size


def _edges(colour: Colour, steps: int) -> list[Colour]:
    """The shades from paper to a colour that the edges of its letters have."""
    return [
        (
            _PAPER[0] + (colour[0] - _PAPER[0]) * step // steps,
            _PAPER[1] + (colour[1] - _PAPER[1]) * step // steps,
            _PAPER[2] + (colour[2] - _PAPER[2]) * step // steps,
        )
        for step in range(1, steps + 1)
    ]


# At most 16. With more edges a letter looks hardly better, and the file is larger.
COLOURS = (_PAPER, _RULE, _ACCENT, *_edges(_INK, 3), *_edges(_QUIET, 2))

# A description's size in pixels and the most lines it may have; the first that fits is taken.
_DESCRIPTION_SIZES = ((36, 2), (32, 2), (26, 3), (22, 3))
_DESCRIPTION_WIDTH = 760

_FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC")
_KNOWN_PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-{style}.ttc",  # Debian, Ubuntu
    "/usr/share/fonts/noto-cjk/NotoSansCJK-{style}.ttc",  # Arch
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-{style}.ttc",  # Fedora
)
_MOST_FACES = 32  # of a collection
_FIND_TIMEOUT = 20  # seconds

_HAN = r"\u3400-\u9fff\uf900-\ufaff"
_LATIN = "A-Za-z0-9"
_NARROW = "\u200a\u200a"  # an eighth of an em, between Han and Latin
_MEETING = re.compile(f"(?<=[{_HAN}])(?=[{_LATIN}])|(?<=[{_LATIN}])(?=[{_HAN}])")
# No line begins with one of these, or ends with one of those.
_CLOSING = r"，。、；：？！）》〉」』】〕”’…—·,.;:?!)\]}%\-"
_OPENING = r"（《〈「『【〔“‘(\[{"
_UNIT = re.compile(rf"\s*[{_OPENING}]*(?:[!-~]+|[^\s])[{_CLOSING}]*")
_PAUSES = "，。、；："
# What it costs to break within a phrase, in squares of a line's missing part: more than any but the
# most uneven lines.
_WITHIN_PHRASE = 0.3


class ShareImageError(Exception):
    """The images cannot be drawn; the message is one clear line."""


def manifest(drawn: dict[str, Card]) -> dict[str, str]:
    """The digest of each image by its name, as the committed file has it."""
    return {slug: card.digest for slug, card in sorted(drawn.items())}


# ------------------------------------------------------------ text


def spaced(text: str) -> str:
    """Chinese and Latin a little apart, as the site's style sheet sets them (`text-autospace`)."""
    return _MEETING.sub(_NARROW, text)


def wrap(text: str, width: float, measure: Callable[[str], float], most: int) -> list[str] | None:
    """As few lines as possible, about equally long and broken after a pause where that can be.

    None where more lines than `most` would be needed. Latin words stay whole, punctuation stays
    with what it belongs to.
    """
    units = _UNIT.findall(text)
    total = sum(measure(unit.strip()) for unit in units)

    @cache
    def best(begin: int, count: int, mean: float) -> tuple[float, list[str]]:
        """What it costs to set the units from `begin` on in `count` lines, and the lines."""
        if count == 0:
            return (0 if begin == len(units) else math.inf), []
        found: tuple[float, list[str]] = (math.inf, [])
        for end in range(begin + 1, len(units) + 1):
            line = "".join(units[begin:end]).strip()
            if (length := measure(line)) > width:
                break
            cost, rest = best(end, count - 1, mean)
            cost += ((length - mean) / width) ** 2
            if rest and line[-1] not in _PAUSES:
                cost += _WITHIN_PHRASE
            if cost < found[0]:
                found = (cost, [line, *rest])
        return found

    if total <= most * width:
        for count in range(1, most + 1):
            if lines := best(0, count, total / count)[1]:
                return lines
    return None


def fitted(text: str, size: int, width: float, measure: Measure) -> int:
    """The size, or the largest below it at which the text is no wider than `width`."""
    while size > 1 and measure(size, text) > width:
        size -= 1
    return size


def paragraph(
    text: str, width: float, sizes: Sequence[tuple[int, int]], measure: Measure
) -> tuple[int, list[str]]:
    """Size and lines of a description; one too long for the last size ends in an ellipsis."""
    for size, most in sizes:
        if lines := wrap(text, width, partial(measure, size), most):
            return size, lines
    units = _UNIT.findall(text)
    while units:
        units.pop()
        shorter = "".join(units).rstrip(_PAUSES) + "…"
        if lines := wrap(shorter, width, partial(measure, size), most):
            return size, lines
    return size, []


# ------------------------------------------------------------ fonts


@dataclass(frozen=True, slots=True)
class Face:
    """A font of a file that may hold several."""

    path: Path
    index: int

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        return _font(self.path, self.index, size)

    def length(self, size: int, text: str) -> float:
        return self.at(size).getlength(text)


@dataclass(frozen=True, slots=True)
class Fonts:
    regular: Face
    bold: Face


@cache
def _font(path: Path, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index)


def find_fonts(regular: Path | None = None, bold: Path | None = None) -> Fonts:
    """The given files, or Noto Sans CJK SC where this computer has it."""
    return Fonts(
        _given(regular) if regular else _installed("Regular"), _given(bold) if bold else _installed("Bold")
    )


def _given(path: Path) -> Face:
    """A file's face for simplified Chinese; the first where none is named so."""
    faces = _faces(path)
    if not faces:
        raise ShareImageError(f"{path}: not a font that can be read")
    simplified = [index for index, (family, _) in enumerate(faces) if family in _FAMILIES]
    return Face(path, simplified[0] if simplified else 0)


def _installed(style: str) -> Face:
    places = [Path(place.format(style=style)) for place in _KNOWN_PLACES]
    for path in places + _fontconfig(style):
        for index, (family, found) in enumerate(_faces(path)):
            if family in _FAMILIES and found == style:
                return Face(path, index)
    raise ShareImageError(
        f"Noto Sans CJK SC {style} is not on this computer: install it (Debian and Ubuntu:"
        " fonts-noto-cjk), or name a Chinese font with --font FILE and --bold FILE"
    )


def _fontconfig(style: str) -> list[Path]:
    """What fontconfig would take for each family, which may be anything."""
    program = shutil.which("fc-match")
    if not program:
        return []
    found = []
    for family in _FAMILIES:
        command = [program, "--format", "%{file}", f"{family}:style={style}"]
        try:
            answer = subprocess.run(  # nosec B603 # fixed words and our own constants, no shell
                command, check=True, capture_output=True, text=True, timeout=_FIND_TIMEOUT
            )
        except (OSError, subprocess.SubprocessError):
            continue
        found.append(Path(answer.stdout))
    return found


@cache
def _faces(path: Path) -> tuple[tuple[str | None, str | None], ...]:
    """Family and style of each face; none where the file cannot be read."""
    faces = []
    for index in range(_MOST_FACES):
        try:
            faces.append(ImageFont.truetype(path, 16, index=index).getname())
        except OSError:
            break
    return tuple(faces)


# ------------------------------------------------------------ drawing


def draw(card: Card, fonts: Fonts) -> bytes:
    """A card as a PNG."""
    page = _Page(Image.new("RGB", (WIDTH, HEIGHT), _PAPER))
    page.rule(0, _ACCENT, thickness=6, right=_LEFT + 56)
    end = page.line(card.brand, fonts.bold, 30, _INK, baseline=92)
    page.line(card.subtitle, fonts.regular, 24, _QUIET, baseline=92, left=end + 16)
    size = fitted(spaced(card.name), 96, _RIGHT - _LEFT, fonts.bold.length)
    page.line(card.group, fonts.regular, 30, _QUIET, baseline=282 - round(size * 0.875))
    page.line(card.name, fonts.bold, size, _INK, baseline=308)
    page.line(card.english, fonts.regular, 32, _QUIET, baseline=366)
    size, lines = paragraph(
        spaced(card.description), _DESCRIPTION_WIDTH, _DESCRIPTION_SIZES, fonts.regular.length
    )
    for number, text in enumerate(lines):
        page.line(text, fonts.regular, size, _INK, baseline=440 + round(number * size * 1.5))
    page.rule(542, _RULE, thickness=2, right=_RIGHT)
    page.line(card.footer, fonts.regular, 24, _QUIET, baseline=584)
    return page.png()


class _Page:
    def __init__(self, image: Image.Image) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)

    def rule(self, top: int, colour: Colour, *, thickness: int, right: int) -> None:
        self._draw.rectangle((_LEFT, top, right - 1, top + thickness - 1), fill=colour)

    def line(
        self, text: str, face: Face, size: int, colour: Colour, *, baseline: int, left: int = _LEFT
    ) -> int:
        """Draw one line, smaller where it would be too wide; returns where it ends.

        Its ink begins at the margin: what a font leaves beside a large character would look indented.
        """
        if not text:
            return left
        text = spaced(text)
        font = face.at(fitted(text, size, _RIGHT - left, face.length))
        start, _, end, _ = font.getbbox(text, anchor="ls")
        ink = start + (font.getmask(text).getbbox() or (0,))[0]
        self._draw.text((left - ink, baseline), text, font=font, fill=colour, anchor="ls")
        return round(left - ink + end)

    def png(self) -> bytes:
        """Few colours, 4 bits a pixel, by Python's zlib: a seventh less than what Pillow writes."""
        reduced = self._image.quantize(palette=_palette(), dither=Image.Dither.NONE)
        packed = reduced.tobytes("raw", "P;4")
        rows = b"".join(b"\0" + packed[at : at + WIDTH // 2] for at in range(0, len(packed), WIDTH // 2))
        return b"".join(
            (
                b"\x89PNG\r\n\x1a\n",
                _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 4, 3, 0, 0, 0)),
                _chunk(b"PLTE", bytes(itertools.chain(*COLOURS))),
                _chunk(b"IDAT", zlib.compress(rows, 9)),
                _chunk(b"IEND", b""),
            )
        )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@cache
def _palette() -> Image.Image:
    """As Pillow takes it: an image that has it."""
    image = Image.new("P", (1, 1))
    image.putpalette(list(itertools.chain(*COLOURS)))
    return image


# ------------------------------------------------------------ command


def write(folder: Path, drawn: dict[str, Card], fonts: Fonts) -> int:
    """Draw every image and remove what no channel has any more; the manifest last. Returns bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for slug, card in drawn.items():
        written += (folder / f"{slug}.png").write_bytes(draw(card, fonts))
    for path in folder.glob("*.png"):
        if path.stem not in drawn:
            path.unlink()
    text = json.dumps(manifest(drawn), indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make share", description="Draw the channels' share images.")
    parser.add_argument(
        "--font", type=Path, metavar="FILE", help="a Chinese font (default: Noto Sans CJK SC)"
    )
    parser.add_argument("--bold", type=Path, metavar="FILE", help="its bold weight")
    options = parser.parse_args(arguments)
    try:
        drawn = cards(load_catalogue(Path(Settings.from_env(os.environ).channels_file)))
        written = write(FOLDER, drawn, find_fonts(options.font, options.bold))
    except (ShareImageError, ConfigurationError) as error:
        print(f"make share: {error}", file=sys.stderr)
        return 1
    print(f"{len(drawn)} images, {written / 1000:.0f} KB: {FOLDER.relative_to(FOLDER.parents[3])}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
