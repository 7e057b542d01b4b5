"""Feeds, answers, pages and messages that are broken in every way, through the code that reads them.

`python tests/hostile/fuzz.py 10000 [seed]` prints what came of them; a failure names the input's number
and seed, which make it again. Each input may end in a typed error or in something whole: nothing else is
raised, nothing is stored by half, nothing takes longer than `growth.LIMIT` seconds.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import urllib3
from arxivdaily.adapters.arxiv import Arxiv
from arxivdaily.adapters.arxiv_oai import ArxivOai
from arxivdaily.adapters.bedrock import _completion
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.http import HttpClient
from arxivdaily.adapters.latexml import read_author_block
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.adapters.sqs import decode_keys, decode_lookups, decode_render_request
from arxivdaily.classification.llm import LlmClassifier
from arxivdaily.classification.prompt import MAX_MATCHES
from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.papers import Paper, parse_arxiv_id
from arxivdaily.domain.records import Record, State
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.model_calls import Patience
from arxivdaily.ports import Prompt
from arxivdaily.settings import Settings
from arxivdaily.site import citations, latex, views
from arxivdaily.translation import gate
from arxivdaily.translation.glossary import load_glossary
from arxivdaily.translation.translator import LlmTranslator
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.fetch import FetchEdition, FetchRequest
from arxivdaily.use_cases.translate import TranslatePapers
from fakes import Clock, MemoryPaperStore, RecordingMessages, by_identifier, match, paper, record
from hostile import growth
from hostile.payloads import ANSWERS, PAYLOADS
from lxml import etree

from infrastructure.local import sample
from infrastructure.local.sample_server import SampleArxiv

ITEM = 400_000  # bytes of an item of the table
_PAGES = Path(__file__).resolve().parents[1] / "data" / "latexml"

_PROMPT = Prompt("answer", "s", "u", {"type": "object"}, 100)
_TEXTS = [payload.text[:2_000].encode("utf-8", "surrogateescape") for payload in PAYLOADS]
_TOKENS = [
    b"<", b">", b"&", b'"', b"]]>", b"<entry>", b"</entry>", b"<id>", b"\x00", b"\xff", b"\xef\xbb\xbf", b"&#0;", b"-1",
    b"9" * 400, b"1e999", b"NaN", b"null", b"true", b"[", b"]", b"{", b"}", b",", b":", b"\\", b"\\ud800", b"\n", b"v0",
    b"2601.00001v1", b"2026-13-45T99:99:99Z", b"0000-00-00", b"9999-12-31T23:59:59-23:59", b"replace-cross", b"xmlns=",
    b"Thu, 01 Jan 0001 00:00:00 +9999", b"Thu, 01 Jan 99999 00:00:00 +99999999999", b"<!DOCTYPE x>", b"v99999",
]  # fmt: skip


class Mutator:
    """Breaks bytes by chance, the same way for the same seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def mutated(self, data: bytes, others: Sequence[bytes]) -> bytes:
        for _ in range(self.random.choice((1, 1, 2, 3, 8))):
            data = self._once(data, others)
        return data[:400_000]

    def _once(self, data: bytes, others: Sequence[bytes]) -> bytes:
        chance = self.random
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 1, 4, 40, 400)))
        kind = chance.randrange(9)
        piece = data[start:end]
        if kind == 0:
            piece = b""
        elif kind == 1:
            piece = bytes(chance.randrange(256) for _ in piece)
        elif kind == 2:
            piece = piece * chance.choice((2, 3, 50, 500))
        elif kind == 3:
            piece += chance.choice(_TOKENS)
        elif kind == 4:
            piece = chance.choice(_TEXTS)
        elif kind == 5:
            piece += self._slice(chance.choice(others))
        elif kind == 6:
            return data[:start]
        elif kind == 7:
            piece = chance.choice(_TOKENS) * chance.choice((1, 10, 1_000))
        else:
            piece = self._slice(data)
        return data[:start] + piece + data[end:]

    def _slice(self, data: bytes) -> bytes:
        start = self.random.randrange(len(data) + 1)
        return data[start : start + self.random.choice((10, 100, 1_000, 10_000))]

    def text(self) -> str:
        """A text of a few payloads and tokens, broken."""
        pieces = [self.random.choice((*_TEXTS, *_TOKENS)) for _ in range(self.random.randrange(1, 4))]
        return self.mutated(b" ".join(pieces), _TEXTS).decode("utf-8", "replace")

    def value(self, depth: int = 0) -> Any:
        """A JSON value of any shape."""
        chance = self.random
        kind = chance.randrange(9 if depth < 4 else 6)
        if kind < 2:
            return chance.choice(
                (
                    None,
                    True,
                    False,
                    0,
                    -1,
                    60,
                    99,
                    100,
                    101,
                    10**30,
                    1.5,
                    -0.0,
                    1e300,
                    float("nan"),
                    float("inf"),
                )
            )
        if kind < 6:
            return chance.choice(
                ("", "llm-agent", "image-generation", "2606.00001", "中文", self.text()[:300])
            )
        if kind == 6:
            return [self.value(depth + 1) for _ in range(chance.randrange(5))]
        names = ("papers", "arxiv_id", "matches", "channel", "topic", "score", "reason", "title_zh", "abstract_zh",
                 "summary_zh", "choices", "message", "content", "usage", "edition", "again", "anew")  # fmt: skip
        return {chance.choice(names): self.value(depth + 1) for _ in range(chance.randrange(6))}


# --- the subjects --------------------------------------------------------------------------

Subject = Callable[[Mutator], str]  # what came of an input, in a word


@dataclass
class Web:
    """`HttpClient` that answers from a dictionary by the beginning of the path."""

    bodies: Mapping[str, bytes]

    def get(self, url: str, **_: object) -> Any:
        for beginning, body in self.bodies.items():
            if beginning in url:
                return SimpleNamespace(url=url, status=200, body=body, validators=None)
        raise PermanentError(f"GET {url}: HTTP 404")


def http(bodies: Mapping[str, bytes]) -> HttpClient:
    return Web(bodies)  # type: ignore[return-value]


@cache
def announcement() -> tuple[bytes, bytes, tuple[bytes, ...]]:
    """A feed, an answer of the API for its papers, and other documents."""
    papers = sample.load()[:6]
    arxiv = SampleArxiv(papers)
    _, answer = arxiv.query(",".join(p.arxiv_id for p in papers), 0, 100)
    empty = SampleArxiv(()).feed("cs")
    return arxiv.feed("cs").encode(), answer.encode(), (empty.encode(), arxiv.query("x", 0, 1)[1].encode())


_OAI = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>{}</ListRecords></OAI-PMH>"""
_RAW = """<record><header><identifier>oai:arXiv.org:{id}</identifier></header><metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{id}</id><version version="v1">
<date>Wed, 14 Jan 2026 09:00:00 GMT</date></version><title>A Title</title>
<authors>Ada Example (X), and Bo Sample (Univ. (Y))</authors><categories>cs.CV cs.LG</categories>
<comments>9 pages</comments><abstract>An abstract.</abstract></arXivRaw></metadata></record>"""


def fetching(
    feed: bytes, answer: bytes, store: MemoryPaperStore, messages: RecordingMessages
) -> FetchEdition:
    """The use case over an arXiv that answers so."""
    return FetchEdition(
        Arxiv(Settings(), http({"/atom/": feed, "/api/query": answer}), retry=lambda call: call()),
        store,
        messages,
        Dispatcher(store, messages, translates=True, limit=0),
        Clock(),
        categories=("cs",),
        process_revisions=False,
        translates=True,
        translate_limit=0,
    )


def fetched(feed: bytes, answer: bytes) -> MemoryPaperStore:
    """What is stored of an announcement."""
    store = MemoryPaperStore()
    fetching(feed, answer, store, RecordingMessages())(FetchRequest())
    return store


def feed_and_metadata(mutator: Mutator) -> str:
    """A broken feed, a broken answer of the API or both, through the use case: all or nothing."""
    feed, answer, others = announcement()
    which = mutator.random.randrange(3)
    if which != 1:
        feed = mutator.mutated(feed, (answer, *others))
    if which != 0:
        answer = mutator.mutated(answer, (feed, *others))
    store, messages = MemoryPaperStore(), RecordingMessages()
    fetch = fetching(feed, answer, store, messages)
    try:
        result = fetch(FetchRequest())
    except ArxivDailyError:
        assert not store.editions(), "an edition of a feed that cannot be read"
        assert not messages.classify
        return "refused"
    editions = store.editions()
    assert len(editions) == (1 if result.announced else len(editions)) <= 1
    for edition in editions:
        records = store.records(edition.date)
        assert len(records) == result.announced
        for one in records:
            check_record(one)
        again = fetch(FetchRequest())
        assert [r.paper for r in store.records(edition.date)] == [r.paper for r in records], "fetched twice"
        assert again.announced == result.announced
        pending = {r.key for r in records if r.state is State.PENDING}
        assert pending == set(messages.classify), "a paper on nobody's way"
    return "whole" if editions and not result.problems else "partly" if editions else "empty"


def history(mutator: Mutator) -> str:
    """A broken page of OAI-PMH."""
    records = "".join(_RAW.format(id=f"2601.0000{n}") for n in range(1, 4))
    body = mutator.mutated(_OAI.format(records).encode(), announcement()[2])
    oai = ArxivOai(Settings(), http({"verb=": body}), retry=lambda call: call())
    try:
        found = oai.changed_on("2026-01-15", ("cs",))
    except ArxivDailyError:
        return "refused"
    for archived in found.papers:
        metadata = archived.metadata
        parse_arxiv_id(metadata.arxiv_id)
        assert metadata.title
        assert metadata.categories
        assert archived.versions
        msgspec.json.encode(metadata)
    return "whole" if not found.problems else "partly"


@cache
def pages() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(_PAGES.glob("*.html"))[:12])


def author_page(mutator: Mutator) -> str:
    """A broken page of arXiv."""
    body = mutator.mutated(mutator.random.choice(pages()), pages())
    authors = ("Ada Example", "Bo Sample", mutator.text()[:80])
    try:
        block = read_author_block(body, authors)
    except PermanentError:
        return "refused"
    assert all(0 <= n < len(block.institutions) for numbers in block.of_authors for n in numbers)
    assert len(msgspec.json.encode(block)) < ITEM // 2
    return "whole" if block.institutions else "empty"


@cache
def catalogue() -> Catalogue:
    return load_catalogue(Path(Settings().channels_file))


def service(mutator: Mutator, text: str) -> OpenAiModel:
    """A real adapter whose service answers `text`, mostly in the protocol's form."""
    answer: Any = {
        "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    }
    kind = mutator.random.randrange(6)
    if kind == 0:
        answer["usage"] = mutator.value()
    elif kind == 1:
        answer["choices"] = mutator.value()
    raw = json.dumps(answer).encode()
    if kind == 2:
        raw = mutator.mutated(raw, _TEXTS)
    status = mutator.random.choice((200,) * 12 + (500, 429, 400, 404, 302))
    after = {"Retry-After": mutator.random.choice(("", "1", "x", "-5", "9" * 400, mutator.text()[:60]))}

    class Pool:
        def request(self, *_: object, **__: object) -> Any:
            return urllib3.HTTPResponse(io.BytesIO(raw), status=status, headers=after, preload_content=False)

    model = OpenAiModel("http://host/v1", str, "fuzzed")
    model._pool = Pool()  # type: ignore[assignment]
    return model


def answer_text(mutator: Mutator, honest: object) -> str:
    """What a model says: something honest that is broken, something of the corpus, or anything."""
    kind = mutator.random.randrange(4)
    if kind == 0:
        return json.dumps(honest, ensure_ascii=False)
    if kind == 1:
        return mutator.random.choice(list(ANSWERS.values()))[:250_000].replace("ID", "2606.00001")
    if kind == 2:
        return json.dumps(mutator.value())
    raw = json.dumps(honest, ensure_ascii=False).encode()
    return mutator.mutated(raw, [text.encode() for text in ANSWERS.values()]).decode("utf-8", "replace")


def classification(mutator: Mutator) -> str:
    """A model's classification of three papers, through adapter, classifier and use case."""
    papers = [record(n) for n in (1, 2, 3)]
    honest = {
        "papers": [
            {
                "arxiv_id": r.paper.arxiv_id,
                "matches": [
                    {
                        "channel": "llm-agent",
                        "topic": 1,
                        "score": 90,
                        "reason": f"提出方法{mutator.text()[:60]}",
                    }
                ],
            }
            for r in papers
        ]
    }
    store, messages = MemoryPaperStore(), RecordingMessages()
    store.add_records(papers)
    model = service(mutator, answer_text(mutator, honest))
    classifier = LlmClassifier(
        model, catalogue(), patience=Patience(tries=1), concurrency=1, label=by_identifier
    )
    dispatcher = Dispatcher(store, messages, translates=True, limit=0)
    classify = ClassifyPapers(store, messages, classifier, dispatcher, Clock(), group=3)
    errors = classify([r.key for r in papers])
    after = store.records(papers[0].edition)
    for one in after:
        check_record(one)
        waits = one.state is State.PENDING and one.matches is None
        assert waits == (one.key in errors), "an error of a paper that is done, or none of one that is not"
        assert (one.key in messages.translate) == one.awaits_translation
        for found in one.matches or ():
            channel = catalogue().get(found.channel)
            assert channel is not None
            assert found.topic is None or channel.topic(found.topic)
            assert 0 <= found.score <= 100
            assert len(found.reason) <= 80
        assert len(one.matches or ()) <= MAX_MATCHES
    return "+".join(sorted({"matched" if one.awaits_translation else one.state.value for one in after}))


def translation(mutator: Mutator) -> str:
    """A model's translation, through adapter, translator, gate and use case."""
    title, abstract = (
        "A study of 3 things",
        "We study $x^2$ in 3 things at https://a.example/b and improve by 5%.",
    )
    if mutator.random.randrange(2):
        title, abstract = mutator.text()[:300] or "x", mutator.text()[:3_000] or "x"
    honest = {
        "title_zh": "三种事物的研究",
        "abstract_zh": "我们在 3 种事物中研究 $x^2$（https://a.example/b），提高了 5%。",
        "summary_zh": "该文研究了事物并有所提高。",
    }
    waiting = record(1, paper=paper(1, title=title, abstract=abstract), matches=(match(),))
    store, messages = MemoryPaperStore(), RecordingMessages()
    store.add_records([waiting])
    model = service(mutator, answer_text(mutator, honest))
    translator = LlmTranslator(model, load_glossary(), patience=Patience(tries=1))
    errors = TranslatePapers(store, messages, translator, Clock(), concurrency=1)([waiting.key])
    (after,) = store.records(waiting.edition)
    check_record(after)
    assert (after.state is State.PENDING) == (after.key in errors)
    assert (after.translation is not None) == (after.state is State.PUBLISHED)
    if after.translation:
        said = after.translation
        assert gate.check(after.paper, said.title, said.abstract, said.summary) == ()
    return after.state.value


def converse(mutator: Mutator) -> str:
    """Bedrock's answer, which boto3 has parsed."""
    content = mutator.random.choice(
        ([{"toolUse": {"name": "x", "input": mutator.value()}}], [{"text": mutator.text()}], mutator.value())
    )
    answer = {"output": {"message": {"content": content}}, "usage": mutator.value(), "stopReason": "x"}
    if mutator.random.randrange(3) == 0:
        answer[mutator.random.choice(list(answer))] = mutator.value()
    try:
        completion = _completion(answer, "x")
    except ArxivDailyError:
        return "refused"
    msgspec.json.encode(completion.usage)
    assert isinstance(completion.text, str)
    return "whole"


def message(mutator: Mutator) -> str:
    """A queue's message."""
    honest = (
        '{"edition":"2026-01-15","papers":[["2601.00001",1],["cs/0601001",2]]}',
        '{"edition":"2026-01-15"}',
    )
    kind = mutator.random.randrange(3)
    text = json.dumps(mutator.value()) if kind == 0 else mutator.random.choice(honest)
    body = mutator.mutated(text.encode(), _TEXTS).decode("utf-8", "replace") if kind else text
    outcomes = []
    for decode in (decode_keys, decode_lookups, decode_render_request):
        try:
            found = decode(body)
        except PermanentError:
            outcomes.append("refused")
        else:
            assert found
            outcomes.append("whole")
    return max(outcomes)


def shown(mutator: Mutator) -> str:
    """A text on the site: phrasing content that is whole, and citations that nothing breaks out of."""
    text = mutator.text()
    for links in (False, True):
        html = str(latex.to_html(text, links=links))
        etree.fromstring(f"<p>{html}</p>")
    plain = latex.to_plain(text)
    etree.fromstring("<p/>").text = plain
    str(views.chinese(text))
    one = replace(paper(1), title=text, authors=(text[:200], "Ada Example"), comment=text, doi=text)
    assert citations.bibtex(one, "2026").count("\n}\n") == 1
    record_of = citations.ris(one, "2026")
    assert all(line[2:6] == "  - " for line in record_of.split("\r\n") if line)
    return "whole"


def check_record(one: Record) -> None:
    """What every stored record is: it fits its item and comes back as it was."""
    body = msgspec.json.encode(one)
    assert len(body) < ITEM
    assert msgspec.json.decode(body, type=Record) == one
    parse_arxiv_id(one.paper.versioned_id)
    check_paper(one.paper)


def check_paper(one: Paper) -> None:
    assert one.title
    assert one.categories
    for text in (one.title, one.abstract, one.comment or "", *one.authors, *one.categories):
        assert not any(ord(c) < 32 and c != "\n" for c in text) or one.arxiv_id.startswith("2606."), (
            "a control"
        )


SUBJECTS: Mapping[str, Subject] = {
    "feed": feed_and_metadata,
    "oai": history,
    "page": author_page,
    "classification": classification,
    "translation": translation,
    "converse": converse,
    "message": message,
    "shown": shown,
}


@dataclass
class Totals:
    """How many inputs of each subject came to what, and those that came to something else."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        return sum(count.total() for count in self.outcomes.values())


def run(count: int, seed: int = 0, subjects: Mapping[str, Subject] = SUBJECTS) -> Totals:
    """`count` inputs, the subjects in turn; never raises what an input caused."""
    totals = Totals()
    names = list(subjects)
    for number in range(count):
        name = names[number % len(names)]
        try:
            with growth.limit(growth.LIMIT):
                outcome = subjects[name](Mutator(f"{seed}.{number}"))
        except Exception as error:
            outcome = "failed"
            totals.failures.append(
                f"{name}, input {number} of seed {seed}: {type(error).__name__}: {error!s:.300}"
            )
        totals.outcomes.setdefault(name, Counter())[outcome] += 1
    return totals


def main(count: int = 10_000, seed: int = 0) -> int:
    totals = run(count, seed)
    for name, outcomes in totals.outcomes.items():
        print(f"{name:16}", ", ".join(f"{what} {n}" for what, n in sorted(outcomes.items())))
    print(*totals.failures[:50], sep="\n")
    print(json.dumps({"inputs": totals.inputs, "failures": len(totals.failures)}))
    return min(len(totals.failures), 1)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
