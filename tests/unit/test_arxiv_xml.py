"""Text and XML from outside: what is cleaned, bounded and refused."""

from __future__ import annotations

import pytest
from arxivdaily.adapters import arxiv_xml as xml
from arxivdaily.errors import TransientError
from hypothesis import given
from hypothesis import strategies as st

ROOT = "{http://www.w3.org/2005/Atom}feed"
OPEN = '<feed xmlns="http://www.w3.org/2005/Atom">'


def entities(levels: int) -> str:
    """Declarations whose last entity stands for 10 ** (levels - 1) times "lol"."""
    values = ["lol", *(f"&e{n};" * 10 for n in range(levels - 1))]
    return "".join(f'<!ENTITY e{n} "{value}">' for n, value in enumerate(values))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the feed is empty"),
        (" \n ", "the feed is empty"),
        ("<!DOCTYPE html><html></html>", "the feed is an HTML page, not XML"),
        ("<html>not a feed</html>", "the feed is an HTML page, not XML"),
        ("Rate exceeded.", "not whole XML: Start tag expected"),
        (OPEN + "\n<entry><title>cut o", r"Premature end of data in tag title line 2 \(line 2, column 20"),
        ('<rss version="2.0"/>', "begins with <rss>, not <feed>"),
        ("<feed/>", "begins with <feed>, not <feed>"),
        (f"<!DOCTYPE feed>{OPEN}</feed>", "document type declaration"),
        (f'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>{OPEN}&x;</feed>', "document type"),
        (f"<!DOCTYPE feed [{entities(12)}]>{OPEN}&e11;</feed>", "document type"),
        (f'<!DOCTYPE feed [{entities(12)}]><feed xmlns="{xml.ATOM[1:-1]}" a="&e11;"/>', "document type"),
        (f"<!-- > --><?a <b?>\n<!DOCTYPE feed [{entities(3)}]>{OPEN}</feed>", "document type"),
        (f"\x00<!DOCTYPE feed [{entities(12)}]>{OPEN}&e11;</feed>", "not whole XML"),
        (f"\ufeff<!DOCTYPE feed [{entities(12)}]>{OPEN}&e11;</feed>", "document type"),
        (OPEN + "<a>" * 1_000, "Premature end"),
        (OPEN + "<a>" * 3_000, "Excessive depth"),
        (OPEN + "<a/>" * (xml.MAX_MARKUP + 1), "angle brackets"),
    ],
)
def test_what_is_not_a_whole_feed_is_refused(body: str, message: str) -> None:
    with pytest.raises(TransientError, match=message):
        xml.parse_root(body.encode(), ROOT, "the feed")


def test_another_encoding_hides_no_document_type() -> None:
    body = f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE feed []>{OPEN}</feed>'.encode("utf-16")
    with pytest.raises(TransientError, match="not whole XML"):
        xml.parse_root(body, ROOT, "the feed")


def test_a_message_is_one_line() -> None:
    with pytest.raises(TransientError) as caught:
        xml.parse_root(f"{OPEN}a\x00\n<b</feed>".encode(), ROOT, "the feed")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("bad", "read"),
    [
        (b"a\x00b", "a b"),
        (b"a\x0bb\x1b[2J", "a b [2J"),
        (b"a\xff\xc3(b", "a\ufffd\ufffd(b"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"a&#0;b&#x1F;&#xD800;&#99999999;", "a\ufffdb\ufffd\ufffd\ufffd"),
        (b"&nbsp;&eacute; &amp; &lt;b", "&nbsp;&eacute; & <b"),
    ],
)
def test_a_forbidden_character_loses_no_announcement(bad: bytes, read: str) -> None:
    root = xml.parse_root(OPEN.encode() + bad + b"</feed>", ROOT, "the feed")
    assert root.text == read


def test_a_text_of_ten_megabytes_loses_no_announcement() -> None:
    root = xml.parse_root(f"{OPEN}<t>{'x ' * 6_000_000}</t></feed>".encode(), ROOT, "the feed")
    cut = xml.clean_paragraphs(root[0].text, xml.MAX_ABSTRACT)
    assert len(cut.encode()) <= xml.MAX_ABSTRACT
    assert cut.endswith("x…")


def test_clean_makes_one_bounded_line_without_control_characters() -> None:
    assert xml.clean("  A\n  title \u2028 of\x85two\x1b[31m lines\u202e ", 100) == "A title of two[31m lines"
    assert xml.clean("x" * 50, 10) == "x" * 7 + "…"
    assert xml.clean("x" * 10, 10) == "x" * 10
    assert xml.clean(None, 10) == ""


def test_clean_keeps_latex_and_joiners() -> None:
    text = r"``Erd\H{o}s'' $a < b$ می\u200cخواهم 90\%"
    assert xml.clean(text, 200) == text


def test_paragraphs_are_kept_and_wrapped_lines_joined() -> None:
    assert xml.clean_paragraphs("  One\nline.\n  Second\nparagraph.\n", 100) == "One line.\nSecond paragraph."


@given(st.text(max_size=300), st.integers(min_value=1, max_value=100))
def test_clean_never_exceeds_its_limit(text: str, limit: int) -> None:
    cleaned = xml.clean(text, limit)
    assert xml.stored_size(cleaned) <= limit
    assert cleaned == cleaned.strip()
    assert "\n" not in cleaned
    assert len(xml.clean_paragraphs(text, limit)) <= limit


def test_categories_are_validated_ordered_and_unique() -> None:
    terms = ["cs.CV", " math-ph ", "cs.CV", "<script>", None, "ACM I.2", "cond-mat.mes-hall", "x" * 60]
    assert xml.clean_categories(terms) == ("cs.CV", "math-ph", "cond-mat.mes-hall")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ana Lee, Bo Wu", ("Ana Lee", "Bo Wu")),
        ("John Smith, Jr., Bo Wu", ("John Smith, Jr.", "Bo Wu")),
        ("José F. Rodrigues-Jr, Bo Wu", ("José F. Rodrigues-Jr", "Bo Wu")),
        ("ALPHA Collaboration, :, G. Aad", ("ALPHA Collaboration", "G. Aad")),
        ("ALPHA Collaboration: G. Aad, B. Wu", ("ALPHA Collaboration", "G. Aad", "B. Wu")),
        ("Ana Lee for the ALPHA Collaboration", ("Ana Lee", "ALPHA Collaboration")),
        (r"A\;B. Lee; C:D Wu", (r"A\;B. Lee", "C:D Wu")),
        ("Ana Lee, and Bo Wu", ("Ana Lee", "Bo Wu")),
        ("Andy Lee, Andrea Wu", ("Andy Lee", "Andrea Wu")),
        ("Ana Lee (Univ. of X, Y), Bo Wu", ("Ana Lee (Univ. of X, Y)", "Bo Wu")),
        ("Ana Lee (X, Bo Wu", ("Ana Lee (X", "Bo Wu")),
        ("Ana Lee), Bo (Wu", ("Ana Lee)", "Bo (Wu")),
        (" Li,, 王小明 ,", ("Li", "王小明")),
        ("Jr., Ana Lee", ("Jr.", "Ana Lee")),
        ("", ()),
        (None, ()),
    ],
)
def test_authors_in_one_string(text: str | None, names: tuple[str, ...]) -> None:
    assert xml.split_authors(text) == names


def test_the_number_of_authors_is_bounded() -> None:
    assert len(xml.clean_authors([f"A {n}" for n in range(xml.MAX_AUTHORS + 10)])) == xml.MAX_AUTHORS
    long = xml.clean_authors([f"{n} " + "\U0001f600" * 70 for n in range(xml.MAX_AUTHORS)])
    assert 200 < len(long) < xml.MAX_NAMES // 280
