"""Functions that read text from outside, and texts that make a careless one slow, long ones and short ones.

Long texts show what grows with a power of the length; short ones what doubles with every few characters.
"""

from __future__ import annotations

import html
import importlib
import inspect
import json
import pkgutil
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from types import FrameType

import arxivdaily
from arxivdaily.adapters import arxiv_api, arxiv_oai
from arxivdaily.adapters import arxiv_xml as xml
from arxivdaily.adapters.arxiv_feed import parse_feed
from arxivdaily.adapters.echoes import without_echo
from arxivdaily.adapters.latexml import read_author_block
from arxivdaily.adapters.latexml.tokens import labels_of
from arxivdaily.adapters.sqs import decode_keys, decode_render_request
from arxivdaily.classification import phrases
from arxivdaily.classification.llm import _plain, entries_of, matches_of
from arxivdaily.classification.prompt import shorten
from arxivdaily.domain import comments, injection, institution_names, links, withdrawals
from arxivdaily.domain.additions import additions
from arxivdaily.domain.institutions import from_lines
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import PastVersion
from arxivdaily.errors import ArxivDailyError
from arxivdaily.model_calls import has_thoughts, is_json_object, json_object
from arxivdaily.ports import Prompt
from arxivdaily.site import citations, feeds, inert_tex, labels, latex, reasons, revisions, views
from arxivdaily.site.citation_names import names_of
from arxivdaily.translation import alignment, gate
from arxivdaily.translation.by_sentence import clauses, mask, sentences, unmask
from arxivdaily.translation.glossary import load_glossary
from arxivdaily.translation.normalise import normalise
from arxivdaily.translation.prompt import translation_prompt
from fakes import paper
from hostile import expressions
from site_samples import CATALOGUE

SIZE = 120_000  # characters
SHORT_LIMIT = 3  # seconds of processor time for a text of at most `SHORT` characters
SHORT = 600
MANY = 3_000  # short texts for each function where there is time
LIMIT = 10  # seconds of processor time after which a call hangs; a linear function needs well under one

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


# What a function may want to see before it looks closer, and behind it.
_LEADS = (
    "",
    "",
    "Ada Example ",
    "Accepted to ",
    "CVPR 2026 ",
    "University of ",
    "A study. ",
    "$",
    "12 pages, ",
    "中文",
    "2024 -",
)
_TAILS = ("", "!", "\x00", " CVPR 2026", "$", "}", " University of Kettle", "中", ".")
_TEX = (
    "\\frac{", "\\textcolor{", "\\mathrm{\\frac{", "\\sideset{}{}", "\\begin{pmatrix}1&", "\\sqrt[", "\\cite[a][", "\\left(",
    "\\emph{", "\\textbf{\\emph{", "\\begin{a}", "\\verb", "^", "a\\over ", "\\not", "\\displaystyle ", "\\[", "\\hbox{$", "x^{",
    "\\\\[", "\\'{", "\\sqrt", "{}[", "\\url{", "\\href{a}{",
)  # fmt: skip
# Texts that were slow once, each with what it was.
ONCE_SLOW = {
    "arguments without an end": "\\frac{" * 22,
    "the same in a formula": "$" + "\\frac{" * 22 + "$",
    "arguments without an end inside one another": "\\textbf{\\textcolor{" * 20,
    "years before a venue": "Accepted to 2024 -" + "/" * 40 + "x CVPR",
    "digits behind a name": "Ada Example " + "1" * 40 + "!",
    "matrices in matrices": "$" + "\\begin{pmatrix}x&x&x&x&" * 10 + "x" + "\\end{pmatrix}" * 10 + "$",
    "an operator twice": "$" + "\\sideset{}{}" * 40 + "x$",
}


def short_texts(name: str, count: int) -> Iterator[tuple[str, str]]:
    """`ONCE_SLOW`, then `count` texts of up to `SHORT` characters, chosen by the function's name: pieces of
    expressions, of LaTeX and of `texts`, each again and again, between beginnings and ends."""
    yield from ONCE_SLOW.items()
    chance = random.Random(f"short {name}")
    attacks = expressions.all_attacks()
    for _ in range(count):
        times = chance.choice((5, 12, 24, 40, 200))
        match chance.randrange(4):
            case 0:
                attack = chance.choice(attacks)
                text = attack.beginning + attack.repeated * times + attack.end
            case 1:
                text = chance.choice(_TEX) * times
            case 2:
                text = "".join(chance.choices((*_TEX, *_BEGINNINGS), k=2)) * times
            case _:
                text = chance.choice(_BEGINNINGS) * times
        text = chance.choice(_LEADS) + text[:SHORT] + chance.choice(_TAILS)
        yield f"{text[:80]!r}… of {len(text)}", text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\x00", "")


def _metadata(text: str) -> object:
    shown = _escaped(text)
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"><entry>'
        f"<id>http://arxiv.org/abs/2601.00001v1</id><title>{shown}</title><summary>{shown}</summary>"
        f"<author><name>{shown}</name><arxiv:affiliation>{shown}</arxiv:affiliation></author>"
        f'<arxiv:comment>{shown}</arxiv:comment><arxiv:journal_ref>{shown}</arxiv:journal_ref><category term="cs.CV"/>'
        '<arxiv:primary_category term="cs.CV"/></entry></feed>'
    )
    return arxiv_api.parse_metadata(body.encode())


def _history(text: str) -> object:
    shown = _escaped(text)
    fields = "".join(
        f"<{name}>{shown}</{name}>" for name in ("title", "authors", "comments", "abstract", "doi")
    )
    body = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header/><metadata>'
        '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2601.00001</id><version version="v1"><date>Thu, 1 Jan '
        f"2026 10:00:00 GMT</date></version>{fields}<categories>cs.CV</categories></arXivRaw></metadata></record>"
        f"<resumptionToken>{shown}</resumptionToken></ListRecords></OAI-PMH>"
    )
    return arxiv_oai.parse_page(body.encode())


def _document(*authors: str, after: str = "") -> object:
    inside = "".join(f'<span class="ltx_creator ltx_role_author">{author}</span>' for author in authors)
    body = f'<html><body><article class="ltx_document"><div class="ltx_authors">{inside}</div>{after}</article></body></html>'
    return read_author_block(body.encode("utf-8", "replace"), ("Ada Example", "Bo Sample"))


def _everywhere(text: str) -> object:
    """A page with the text as a line, a mark, a formula, an affiliation, a note and a paragraph."""
    shown = html.escape(text)
    note = f'<span class="ltx_note ltx_role_footnote"><span class="ltx_note_content">{shown}</span></span>'
    contact = "".join(
        f'<span class="ltx_contact ltx_role_{role}">{shown}</span>' for role in ("affiliation", "thanks")
    )
    name = f'<span class="ltx_personname">Ada Example<sup>{shown}</sup><math alttext="{shown}"></math>{note}</span>'
    return _document(
        name + contact, "<span class='ltx_personname'>Bo Sample</span>", after=f'<p class="ltx_p">{shown}</p>'
    )


def _icml(text: str) -> object:
    shown = html.escape(text)
    author, place = (f'<span class="ltx_ERROR">\\{name}</span>' for name in ("icmlauthor", "icmlaffiliation"))
    return _document(after=f'<p class="ltx_p">{author}Ada Example{shown} {place}a{shown}</p>')


def _numbered(text: str) -> tuple[str, str]:
    """An abstract of a thousand different numbers, each with the text behind it, and an answer with none of
    them in its place."""
    numbers = [f"{number}{text}" for number in range(1_000, 2_000)]
    return "A study of " + " ".join(numbers), "我们研究了事物。" + " ".join(reversed(numbers[1:]))


@cache
def _before() -> PastVersion:
    one = _source()
    return PastVersion(
        "2026-01-14", 1, one.title, one.abstract, one.comment, datetime(2026, 1, 14, tzinfo=UTC)
    )


def _of_paper(text: str) -> Paper:
    return replace(
        _source(), title=text[:2_000], abstract=text[:8_000], comment=text[:4_000], authors=(text[:300],)
    )


def _feed(text: str) -> object:
    shown = _escaped(text)
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
    "a reason": reasons.in_chinese,
    "venue": comments.venue,
    "pages": lambda t: (comments.pages(t), comments.figures(t)),
    "withdrawn": lambda t: withdrawals.is_withdrawn(t, t),
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
    "names": lambda t: names_of((t,)),
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
    "gate of many numbers": lambda t: list(gate.check_text("abstract", *_numbered(t[:6]))),
    "gate summary": lambda t: gate.check(_source(), "研究", "研究", "研究事物并提高其效果" + t[:800]),
    "sentences": lambda t: sentences(t[:8_000]),
    "mask": lambda t: mask(t[:8_000]),
    "glossary": lambda t: load_glossary().found_in(t[:10_000]),
    "metadata": _metadata,
    "history": _history,
    "page with it everywhere": _everywhere,
    "icml page": _icml,
    "labels": lambda t: labels_of(t[:2_000]),
    "institution's key": lambda t: institution_names.lookup_key(t[:2_000]),
    "institution's words": lambda t: (
        institution_names.is_acronym(t[:2_000]),
        institution_names.has_chinese(t),
    ),
    "formulas": lambda t: list(latex.formulas(t)),
    "chinese": lambda t: views.chinese(t),
    "feed": lambda t: (feeds.as_html(t[:20_000]), feeds.rss_title(t[:4_000])),
    "marked": lambda t: revisions.marked(t[:2_000], t[1:2_000] + "x"),
    "marked against another": lambda t: revisions.marked("A made-up study of 3 kettles", t[:4_000]),
    "change": lambda t: revisions.change(_before(), _of_paper(t)),
    "paper's labels": lambda t: (
        labels.is_withdrawn(_of_paper(t)),
        labels.flags(_of_paper(t)),
        views.resources(_of_paper(t)),
    ),
    "bibtex file": lambda t: citations.bibtex_file([(_of_paper(t), "2026")] * 3),
    "english sentences": lambda t: alignment.english_sentences(t[:8_000]),
    "chinese sentences": lambda t: alignment.chinese_sentences(t[:16_000]),
    "anchors": lambda t: alignment.anchors_of(t[:8_000]),
    "clauses": lambda t: clauses(t[:8_000]),
    "unmask": lambda t: unmask(*mask(t[:8_000])),
    "translation prompt": lambda t: translation_prompt(_of_paper(t)),
    "phrases": lambda t: phrases.occurrences(["diffusion model", "model"], t[:10_000]),
    "words": lambda t: phrases.normalise(t[:10_000]),
    "answer": lambda t: (is_json_object(t), has_thoughts(t)),
    "echo": lambda t: without_echo(t[:2_000], Prompt("answer", "s", t[:4_000], {"type": "object"}, 100)),
    "render request": decode_render_request,
    "matches": lambda t: matches_of(
        [{"channel": t, "topic": 0, "score": 90, "reason": t[:4_000]}], CATALOGUE, 50
    ),
    "entries": lambda t: entries_of({"papers": [{"arxiv_id": t, "matches": []}]}, ["2601.00001"]),
    "message": decode_keys,
    "message of papers": lambda t: decode_keys(json.dumps({"edition": t, "papers": [[t, 1]]})),
}


# Public functions with a text or a paper among their parameters that read nothing that strangers wrote, by
# the beginning of their names: identifiers that were checked, dates, the operator's words, our own tables.
NOT_FROM_OUTSIDE = (
    "adapters.arxiv_oai.set_of", "adapters.institution_file.",
    "adapters.openai_compatible.in_the_clear", "adapters.openai_compatible.keeps_secrets",
    "adapters.openai_compatible.shown_address",
    "classification.embedded.reason", "classification.learned.load_learned",
    "classification.prompt.random_labels", "domain.governor.", "domain.papers.sort_key",
    "domain.places.phrases", "domain.records.", "domain.repairs.", "domain.revisions.revised", "domain.taxonomy.expand",
    "site.build.build", "site.calendar.", "site.dates.", "site.feeds.entry_tag", "site.feeds.feed_tag",
    "site.objects.", "site.revisions.before", "site.urls.", "site.views.by_score", "site.views.listed_in_order",
    "site.views.updates_in_order",
)  # fmt: skip
_READERS = ("domain", "translation", "classification", "site", "model_calls", "adapters.arxiv", "adapters.latexml",
            "adapters.institution_file", "adapters.sqs", "adapters.openai", "adapters.bedrock", "adapters.echoes")  # fmt: skip
_EXAMPLES = (
    "Accepted to CVPR 2026 (Oral), 12 pages, 3 figures. Code: https://github.com/a/b $x^2$ \\emph{a} 10 ms",
    "University of Kettle, Teaville, and Bo Sample are with Kettle Labs. The authors are with the University of Tea.",
    '{"papers": []} <b>中文，好。</b> (A) 5 million x',
)


def unread() -> tuple[str, ...]:
    """Public functions that take a text or a paper and that none of `FUNCTIONS` runs."""
    run = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            run.add(frame.f_code)

    sys.setprofile(note)
    try:
        for function in FUNCTIONS.values():
            for text in _EXAMPLES:
                with suppress(ArxivDailyError, ValueError):
                    function(text)
    finally:
        sys.setprofile(None)
    found = []
    for info in pkgutil.walk_packages(arxivdaily.__path__, "arxivdaily."):
        if not info.name.removeprefix("arxivdaily.").startswith(_READERS):
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            known = inspect.unwrap(value) if callable(value) else None
            if name.startswith("_") or not inspect.isfunction(known) or known.__module__ != info.name:
                continue
            takes = " ".join(str(p.annotation) for p in inspect.signature(known).parameters.values())
            if re.search(r"\b(?:str|bytes|Token|Paper)\b", takes) and known.__code__ not in run:
                found.append(f"{info.name}.{name}".removeprefix("arxivdaily."))
    return tuple(found)


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


def seconds_for(function: Callable[[str], object], text: str, longest: float | None = None) -> float:
    """How long a call takes; errors of the typed kinds are answers too."""
    began = time.perf_counter()
    with limit(longest or LIMIT), suppress(ArxivDailyError, ValueError):
        function(text)
    return time.perf_counter() - began


def main(*names: str) -> int:
    """Print calls that take long, and how much longer twice the text takes; of all functions, or of some.
    1 if any hangs."""
    hangs = 0
    worst: dict[str, tuple[float, str]] = {}
    for name, function in FUNCTIONS.items():
        if names and name not in names:
            continue
        for label, text in short_texts(name, MANY):
            try:
                seconds_for(function, text, SHORT_LIMIT)
            except HangingError:
                hangs += 1
                print(f"{name}: {label} hangs")
        for label, text in texts():
            try:
                took = seconds_for(function, text)
            except HangingError:
                hangs += 1
                print(f"{name}: {label} hangs")
                worst[name] = (LIMIT, label)
                continue
            worst[name] = max(worst.get(name, (0.0, "")), (took, label))
            if took > 0.5:
                twice = seconds_for(function, text + text)
                print(f"{name}: {label} {took:.2f} s, twice the text {twice / took:.1f} times as long")
    for name, (took, label) in sorted(worst.items(), key=lambda item: -item[1][0]):
        print(f"{name:28} {took:6.3f} s  {label}")
    return min(hangs, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
