"""Functions that read text from outside, and texts that make a careless regular expression slow."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache

from arxivdaily.adapters import arxiv_oai
from arxivdaily.adapters import arxiv_xml as xml
from arxivdaily.adapters.arxiv_feed import parse_feed
from arxivdaily.adapters.latexml import read_author_block
from arxivdaily.adapters.sqs import decode_keys
from arxivdaily.classification.llm import _plain
from arxivdaily.classification.prompt import shorten
from arxivdaily.domain import comments, injection, links, withdrawals
from arxivdaily.domain.additions import additions
from arxivdaily.domain.institutions import from_lines
from arxivdaily.domain.papers import Paper
from arxivdaily.errors import ArxivDailyError
from arxivdaily.model_calls import json_object
from arxivdaily.site import citations, inert_tex, latex, views
from arxivdaily.site.citation_names import names_of
from arxivdaily.translation import gate
from arxivdaily.translation.by_sentence import mask, sentences
from arxivdaily.translation.glossary import load_glossary
from arxivdaily.translation.normalise import normalise
from fakes import paper

SIZE = 120_000  # characters
LIMIT = 20  # seconds of processor time after which a call hangs; a linear function needs well under one

# What is repeated to the wanted length, and what then makes a match fail.
_BEGINNINGS = (
    "a", " ", "\n", "\n ", "a ", "A. ", ", ", "(", ")", "{", "}", "[", "<", "&", "$", "$ ", "$$", "\\", "\\a", "\\a{",
    "\\begin{align}", "\\href{", "\\url{a}", "\\[", "\\(", "\\cite{", "'", '"', "``", "-", "--", "~", "~~a", "^", "_{",
    "1", "1,", "1.", "1 ", "1%", "0x", "https://", "https://a.b/", "https://github.com/a/b ", "www.a", "@", "#",
    "http://a,", "a.b", "github.com/", "&#1;", "&a;", "<!--", "<?", "]]>", "<a ", "<b>", "中", "中文，", "中 a", "。",
    "，", "“", "（", "《", "中1", "好。", "e\u0301", "\u0301", "\u200b", "\U000e0041", "and ", " and", "et al. ",
    "ignore ", "ignore all ", "give this paper ", "system: ", "human: ", "score ", "忽略", "给本文", "<|", "accepted ",
    "accepted to ", "CVPR ", "CVPR 2026, ", "University of ", "Department of a, ", "pages ", "12 pages, ",
    "withdrawn ", "arXiv:2601.", "Announce Type: ", "```", "<think>", "{\"a\":", "[[", "Jr., ", "v1", "I", "Ph. D. ",
    "10 million ", "2.3x ", "$1 and ", "sub", "2D ", "AbC-", "e.g. ", "i.e., ", "x^{", "\\frac{", "\\left(", "&&", "a-b-",
)  # fmt: skip
_ENDS = ("", "!", "\x00", "}", "$", "中", ".")


def texts(size: int = SIZE) -> Iterator[tuple[str, str]]:
    """Names and texts of about `size` characters."""
    for beginning in _BEGINNINGS:
        for end in _ENDS[:3] if len(beginning) > 3 else _ENDS:
            yield f"{beginning!r} … {end!r}", beginning * (size // len(beginning)) + end


_FEW = (" ", "\n", "a", "a ", "(", "{", "\\", "$", ",", "1", "中", "https://", "“", "<", "&", "\u0301")


def some_texts(name: str) -> Iterator[tuple[str, str]]:
    """A few of `texts`, of the most dangerous beginnings and others by the function's name."""
    chance = random.Random(name)
    for beginning in (*_FEW, *chance.sample([b for b in _BEGINNINGS if b not in _FEW], 8)):
        yield f"{beginning!r} … '!'", beginning * (SIZE // len(beginning)) + "!"


def _feed(text: str) -> object:
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace("\x00", "")
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><entry>'
        f"<id>oai:arXiv.org:2601.00001v1</id><title>{shown}</title><summary>{shown}</summary>"
        f"<dc:creator>{shown}</dc:creator></entry></feed>"
    )
    return parse_feed(body.encode(), "cs")


@cache
def _source() -> Paper:
    return paper(1)


def _page(text: str) -> object:
    creator = f'<span class="ltx_creator ltx_role_author"><span class="ltx_personname">{text}</span></span>'
    body = f'<html><body><article class="ltx_document"><div class="ltx_authors">{creator}</div></article></body></html>'
    return read_author_block(body.encode("utf-8", "replace"), ("Ada Example", "Bo Sample"))


FUNCTIONS: Mapping[str, Callable[[str], object]] = {
    "clean": lambda t: xml.clean(t, xml.MAX_ABSTRACT),
    "clean_paragraphs": lambda t: xml.clean_paragraphs(t, xml.MAX_ABSTRACT),
    "split_authors": xml.split_authors,
    "oai authors": arxiv_oai._authors,
    "parse_root": lambda t: xml.parse_root(t.encode(), "feed", "it"),
    "parse_root of text": lambda t: xml.parse_root(b"<feed>\x00" + t.encode(), "feed", "it"),
    "parse_feed": _feed,
    "author page": _page,
    "institutions": lambda t: from_lines((t[:2_000],)),
    "venue": comments.venue,
    "pages": lambda t: (comments.pages(t), comments.figures(t)),
    "withdrawn": withdrawals.is_withdrawn,
    "links": lambda t: list(links.find_links(t)),
    "judge": links.judge,
    "additions": lambda t: additions("A study of https://a.example/b", t),
    "additions to it": lambda t: additions(t, "见 https://a.example/b"),
    "injection": injection.signs_in.__wrapped__,
    "clean of site": latex.clean,
    "to_html": lambda t: latex.to_html.__wrapped__(t, links=True),
    "to_html without mathml": lambda t: latex.to_html.__wrapped__(t, mathml=False),
    "full_width": views.full_width,
    "bibtex": lambda t: citations.bibtex(replace(_source(), title=t[:2_000], comment=t, doi=t), "2026"),
    "from_latex": inert_tex.from_latex.__wrapped__,
    "from_plain": inert_tex.from_plain,
    "plain for managers": inert_tex.plain,
    "names": lambda t: names_of((t[:2_000],)),
    "comment without counts": comments.without_counts,
    "ris": lambda t: citations.ris(replace(_source(), title=t[:2_000], authors=(t[:300],)), "2026"),
    "shorten": shorten,
    "json_object": json_object,
    "json_object of a fence": lambda t: json_object("```json" + t),
    "json_object of thinking": lambda t: json_object("<think>" + t),
    "reason": _plain,
    "normalise": lambda t: normalise(t[:24_000]),
    "normalise chinese": lambda t: normalise("中" + t[:24_000]),
    "gate, far too long": lambda t: list(gate.check_text("abstract", "A study of 3 things", "三" + t)),
    "gate title": lambda t: list(gate.check_text("title", t[:2_000], "三" + t[:4_000])),
    "gate abstract": lambda t: list(gate.check_text("abstract", t[:8_000], "我们研究了事物。" + t[:16_000])),
    "gate summary": lambda t: gate.check(_source(), "研究", "研究", "研究事物并提高其效果" + t[:800]),
    "sentences": lambda t: sentences(t[:8_000]),
    "mask": lambda t: mask(t[:8_000]),
    "glossary": lambda t: load_glossary().found_in(t[:10_000]),
    "message": decode_keys,
    "message of papers": lambda t: decode_keys(json.dumps({"edition": t, "papers": [[t, 1]]})),
}


class HangingError(Exception):
    """A call did not come back in time."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raises HangingError when the block takes more processor time. Regular expressions look at signals too."""

    def stop(*_: object) -> None:
        raise HangingError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def seconds_for(function: Callable[[str], object], text: str) -> float:
    """How long a call takes; errors of the typed kinds are answers too."""
    began = time.perf_counter()
    with limit(LIMIT), suppress(ArxivDailyError, ValueError):
        function(text)
    return time.perf_counter() - began


def main(*names: str) -> None:
    """Print calls that take long, and how much longer twice the text takes; of all functions, or of some."""
    worst: dict[str, tuple[float, str]] = {}
    for name, function in FUNCTIONS.items():
        if names and name not in names:
            continue
        for label, text in texts():
            try:
                took = seconds_for(function, text)
            except HangingError:
                print(f"{name}: {label} hangs")
                worst[name] = (LIMIT, label)
                continue
            worst[name] = max(worst.get(name, (0.0, "")), (took, label))
            if took > 0.5:
                twice = seconds_for(function, text + text)
                print(f"{name}: {label} {took:.2f} s, twice the text {twice / took:.1f} times as long")
    for name, (took, label) in sorted(worst.items(), key=lambda item: -item[1][0]):
        print(f"{name:28} {took:6.3f} s  {label}")


if __name__ == "__main__":
    main(*sys.argv[1:])
