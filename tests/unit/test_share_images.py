"""The share images: committed ones up to date, and how they are drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.channels import Catalogue
from arxivdaily.settings import Settings
from arxivdaily.site import share_cards
from arxivdaily.site.share_cards import MANIFEST, SITE, Card, cards
from PIL import Image

from infrastructure import share_images
from infrastructure.share_images import (
    COLOURS,
    FOLDER,
    HEIGHT,
    WIDTH,
    Fonts,
    ShareImageError,
    draw,
    find_fonts,
    fitted,
    manifest,
    paragraph,
    spaced,
    wrap,
    write,
)

_MOST = 20_000  # bytes of an image


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Path(Settings().channels_file))


@pytest.fixture(scope="module")
def drawn(catalogue: Catalogue) -> dict[str, Card]:
    return cards(catalogue)


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    try:
        return find_fonts()
    except ShareImageError as error:
        pytest.skip(str(error))


def test_the_committed_images_show_what_the_channel_file_says(drawn: dict[str, Card]) -> None:
    committed = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    wanted = manifest(drawn)
    outdated = sorted(
        slug for slug in wanted.keys() | committed.keys() if wanted.get(slug) != committed.get(slug)
    )
    assert not outdated, f"share images out of date, run `make share`: {', '.join(outdated)}"


def test_every_image_is_there_and_light_and_no_other_file() -> None:
    committed = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    names = {f"{slug}.png" for slug in committed}
    assert {path.name for path in FOLDER.iterdir()} == names | {MANIFEST}
    for name in names:
        body = (FOLDER / name).read_bytes()
        assert len(body) < _MOST, name
        with Image.open(BytesIO(body)) as image:
            image.load()
            assert (image.format, image.size, image.mode) == ("PNG", (WIDTH, HEIGHT), "P"), name


def test_a_digest_changes_with_every_word_and_with_the_design(
    drawn: dict[str, Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = drawn["image-generation"]
    assert (card.group, card.name, card.english) == ("视觉与机器人", "图像生成", "Image Generation")
    changed = [
        replace(card, group="x"),
        replace(card, name="x"),
        replace(card, english="x"),
        replace(card, description="x"),
    ]
    digests = {one.digest for one in (card, *changed)}
    monkeypatch.setattr(share_cards, "DESIGN", share_cards.DESIGN + 1)
    assert len(digests | {card.digest}) == 6


# ------------------------------------------------------------ text, every character one wide


def test_one_line_where_it_fits() -> None:
    assert wrap("图像生成。", 5, len, 2) == ["图像生成。"]


def test_lines_are_broken_after_a_pause_and_about_equally_long() -> None:
    assert wrap("超分辨率、去噪去模糊、图像压缩、计算成像。", 18, len, 2) == [
        "超分辨率、去噪去模糊、",
        "图像压缩、计算成像。",
    ]


def test_a_phrase_is_broken_where_it_is_longer_than_a_line() -> None:
    assert wrap("一二三四五六七八", 5, len, 2) == ["一二三四", "五六七八"]


@pytest.mark.parametrize("width", range(4, 24))
def test_no_line_begins_with_a_mark_that_closes_or_ends_with_one_that_opens(width: int) -> None:
    text = "视觉-语言（动作）模型，“模仿学习”、导航；《论语》：好！吗？是。完…"
    lines = wrap(text, width, len, 40)
    assert lines
    assert "".join(lines) == text
    for line in lines:
        assert len(line) <= width
        assert line[0] not in "，。、；：？！）》”…-", lines
        assert line[-1] not in "（《“", lines


def test_latin_words_stay_whole_and_spaces_do_not_begin_lines() -> None:
    assert wrap("Text-to-SQL 与 RAG", 11, len, 2) == ["Text-to-SQL", "与 RAG"]
    assert wrap("Text-to-SQL", 10, len, 2) is None


def test_more_lines_than_allowed_are_none() -> None:
    assert wrap("一二三四五六七八九", 4, len, 2) is None
    assert wrap("一二三四五六七八九", 4, len, 3) == ["一二三", "四五六", "七八九"]
    assert wrap("", 4, len, 2) is None


def test_han_and_latin_stand_apart_but_not_from_punctuation() -> None:
    assert spaced("AI安全、KV缓存") == "AI\u200a\u200a安全、KV\u200a\u200a缓存"


def _square(size: int, text: str) -> float:
    return size * len(text)


def test_a_long_text_is_drawn_smaller_until_it_fits() -> None:
    assert fitted("图像生成", 96, 1000, _square) == 96
    assert fitted("图" * 20, 96, 1000, _square) == 50


def test_a_description_takes_the_first_size_that_fits() -> None:
    sizes = ((4, 2), (2, 3))
    assert paragraph("一二三四五六", 12, sizes, _square) == (4, ["一二三", "四五六"])
    assert paragraph("一二三四五六七八九", 12, sizes, _square) == (2, ["一二三四", "五六七八九"])


def test_a_description_too_long_for_any_size_ends_in_an_ellipsis() -> None:
    size, lines = paragraph("一二三、四五六、七八九", 4, ((2, 2), (1, 2)), _square)
    assert size == 1
    assert lines == ["一二三、", "四五六…"]


# ------------------------------------------------------------ fonts and drawing


def test_without_a_font_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(share_images, "_KNOWN_PLACES", ())
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert share_images.main([]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "fonts-noto-cjk" in error


def test_a_file_that_is_no_font_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.ttf"
    path.write_text("not a font")
    with pytest.raises(ShareImageError, match=r"some\.ttf"):
        find_fonts(path, path)


def test_two_runs_draw_the_same_bytes(drawn: dict[str, Card], fonts: Fonts) -> None:
    card = drawn["ml-systems"]  # the longest name
    body = draw(card, fonts)
    assert draw(card, fonts) == body
    with Image.open(BytesIO(body)) as image:
        assert image.size == (WIDTH, HEIGHT)
        used = image.convert("RGB").getcolors()
    assert used
    assert {colour for _, colour in used} == set(COLOURS)


def test_writing_removes_the_images_of_channels_that_are_gone(
    tmp_path: Path, drawn: dict[str, Card], fonts: Fonts
) -> None:
    (tmp_path / "gone.png").write_bytes(b"")
    some = {slug: drawn[slug] for slug in ("hci", SITE)}
    written = write(tmp_path, some, fonts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hci.png", MANIFEST, "site.png"]
    assert written == sum(path.stat().st_size for path in tmp_path.glob("*.png"))
    assert json.loads((tmp_path / MANIFEST).read_text()) == manifest(some)
