r"""What a model's answer brings that its source does not have: tags, links, commands.

A paper may talk a model into an answer with a link or a tag in it. Pages escape what models write, but
the answer goes on to feeds, JSON, Markdown and messages, and their readers make links of what looks like
one. So the rule is about sets: the tags, addresses, Markdown links, schemes and commands of an answer are
among those of its source.

Both texts are read as the most credulous reader would: in compatibility form (`／／` is `//`, `＜` is `<`),
without invisible characters, and with percent-encoding and character references decoded. Look-alikes of
other scripts stay what they are: as hosts they are other hosts. Everything takes time in proportion to
the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from arxivdaily.domain.injection import visible
from arxivdaily.domain.links import TOP_LEVEL

MAX_TEXT = 30_000  # characters that are looked at; no source is longer, and no answer that is kept
_ROUNDS = 3  # of decoding: what was encoded more often is no link to anybody


def additions(source: str, answer: str) -> tuple[str, ...]:
    """What `answer` brings, as it can be read there, each once and in order; empty if it brings nothing."""
    found: dict[str, str] = {}
    for text in _readings(answer):
        found |= _marks(text, strict=True)
    if not found:
        return ()
    known: set[str] = set()
    for text in _readings(source):
        known |= _marks(text, strict=False).keys()
    hosts = {_host(mark) for mark in known if mark.startswith("@")}
    return tuple(
        dict.fromkeys(written for mark, written in found.items() if mark not in known and mark not in hosts)
    )


# --- how a text is read --------------------------------------------------------------------

_CHINESE_MARKS = str.maketrans(
    dict.fromkeys("，；！？（）、", " ")
)  # they end an address, their ASCII forms may not
_TILDE = re.compile(r"\\textasciitilde(?:\{\}|(?![A-Za-z]))|\\?~\{\}|\\string~")
_ESCAPE = re.compile(r"\\([_%&#$~])")


def _readings(text: str) -> Iterator[str]:
    """The text as it stands and as it reads once decoded."""
    text = _folded(text[:MAX_TEXT].translate(_CHINESE_MARKS))
    yield text
    plain = _ESCAPE.sub(r"\1", _TILDE.sub("~", text))
    for _ in range(_ROUNDS):
        decoded = _folded(html.unescape(unquote(plain)))[: 2 * MAX_TEXT]
        if decoded == plain:
            break
        plain = decoded
    if plain != text:
        yield plain


def _folded(text: str) -> str:
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", visible(text))
    text = "".join(c for c in text if unicodedata.category(c) != "Cf" and c not in _VARIANTS)
    return _IDEOGRAPHIC_STOP.sub(".", text)


# --- what is looked for --------------------------------------------------------------------

# Letters of a host: of any script that separates words, so not those that Chinese is written in.
_L = "A-Za-z0-9\u00c0-\u1fff"
_HOST = rf"(?:[{_L}_-]+\.)+[A-Za-z\u00c0-\u1fff][{_L}-]+"  # its last part is no number
_REST = rf"(?:(?![,;]https?:)[{_L}._~:/\\?#@!$&*+=%,;|-])*"
_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{{1,30}}):[/\\]{{2,}}(?P<any>[^\s<>\"'`{{}}()]?{_REST})"
    rf"|(?<![A-Za-z0-9+.-])https?:[/\\]?(?P<half>{_HOST}{_REST})"
    rf"|(?<![:\w/\\])(?:/{{2,}}(?P<relative>[\w\[]{_REST})|[/\\]{{2,}}(?P<slashed>{_HOST}{_REST}))"
    rf"|(?P<local>[{_L}_.+-]{{1,64}})@(?P<mail>{_HOST})"
    rf"|(?<![{_L}_.@-])(?P<bare>{_HOST}(?=[/\\:][{_L}~%?#])[/\\:]{_REST}"
    rf"|www\.{_HOST}{_REST}|(?:[{_L}_-]+\.)+(?:(?:{TOP_LEVEL})(?![{_L}_-])|(?i:com|net|org)(?![{_L}_-])){_REST}"
    rf"|(?:\d{{1,3}}\.){{3}}\d{{1,3}}[/:]{_REST})"
    rf"|(?<=[^\x00-\x7f\u2018-\u201d\u3000-\u303f\uff00-\uff0f])(?P<named>\.(?:{TOP_LEVEL})(?![{_L}_-]){_REST})"
)
_VARIANTS = frozenset(map(chr, range(0xFE00, 0xFE10)))  # selectors, which nobody sees
_IDEOGRAPHIC_STOP = re.compile(
    rf"(?<=[{_L}])。(?=(?:{TOP_LEVEL})(?![{_L}_-]))"
)  # in hosts it is a dot (RFC 3490)
_TAIL = ".,;:!?*|$\\-"
_SCHEME = re.compile(
    r"(?<![A-Za-z])(?:(?P<always>javascript|vbscript|livescript|mailto|view-source)\s{0,3}:"
    r"|(?P<data>data):[a-z]+/|(?P<file>file|blob|ftp|sftp|ssh|smb):/*\w|(?P<call>tel|sms):\+?\d|(?P<magnet>magnet):\?)",
    re.IGNORECASE,
)
# As HTML's tokenizer has it: a letter, `/`, `!` or `?` behind the sign; `p < q` is none.
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*|[!?])(?P<rest>[^<>]{0,500}>?)")
_LOOSE_TAG = re.compile(r"<\s{0,3}/?\s{0,3}(?P<name>[A-Za-z][A-Za-z0-9:-]*|[!?])(?P<rest>[^<>]{0,500}>?)")
_ATTRIBUTE = re.compile(
    r"[\s/\"'](?:on[a-z]+|src|srcset|srcdoc|href|xlink:href|style|action|formaction|data|poster|ping|class|id)\s*=",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"(?<!\\)\[[^\[\]\n]{0,200}\]\((?P<to>[^()\s]{1,500})")
# Commands that link, load, define or run.
_COMMAND = re.compile(
    r"\\(?:href|hyper\w{1,20}|url|nolinkurl|include\w{0,20}|input\w{0,20}|import|write\w{0,2}|immediate|openin|openout"
    r"|read|directlua|luaexec|catcode|csname|expandafter|special|[egx]?def|let|(?:re|provide)?newcommand|usepackage"
    r"|require|html\w{0,20}|unicode|style|cssId|class)(?![A-Za-z])"
)


def _marks(text: str, *, strict: bool) -> Mapping[str, str]:
    """What may not be added, by what makes two of them the same, as written. With `strict` False also
    what an answer may have moved together (`p < q` to `p<q`)."""
    return dict(_all_marks(text, strict=strict))


def _all_marks(text: str, *, strict: bool) -> Iterator[tuple[str, str]]:
    if "." in text or "//" in text or "\\\\" in text:
        for found in _ADDRESS.finditer(text):
            yield from _address(found)
    if ":" in text:
        for found in _SCHEME.finditer(text):
            yield f"{found[0].partition(':')[0].strip().lower()}:", found[0]
    if "<" in text:
        for found in (_TAG if strict else _LOOSE_TAG).finditer(text):
            name, rest = found["name"].lower(), found["rest"]
            if _ATTRIBUTE.search(rest):
                yield f"<{name} {_dense(rest)}", found[0]
            if not strict or found["end"] or name in "!?" or rest.endswith(">"):
                yield f"<{name}", found[0]
    if "](" in text:
        for found in _MARKDOWN.finditer(text):
            if not strict or not re.search("[\u3400-\u9fff]", found["to"]):
                yield f"]({found['to'].lower()}", found[0]
    if "\\" in text:
        for found in _COMMAND.finditer(text):
            yield found[0], found[0]


def _address(found: re.Match[str]) -> Iterator[tuple[str, str]]:
    scheme = (found["scheme"] or "").lower()
    if scheme and scheme not in ("http", "https"):
        yield f"{scheme}:", found[0]
    if found["mail"]:
        yield f"@{found['local'].lower()}@{found['mail'].lower()}", found[0]
        return
    address = next(
        found[name]
        for name in ("any", "half", "relative", "slashed", "bare", "named")
        if found[name] is not None
    )
    address = address.rstrip(_TAIL).replace("\\", "/").lower().rstrip("/").removeprefix("www.")
    if address:
        yield f"@{address}", found[0].rstrip(_TAIL)


def _host(mark: str) -> str:
    """The address of the host alone, which an answer may name."""
    address = mark.rpartition("@")[2]
    return "@" + re.split(r"[/?#:]", address, maxsplit=1)[0]


def _dense(text: str) -> str:
    return "".join(text.split()).lower()
