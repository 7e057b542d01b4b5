"""Addresses in authors' text: where they are, whether a reader may be sent there, what is there.

Text from outside is hostile, so a link is made only of a plain https address with a plain ASCII host:
no redirector that hides its target, no user name, port or number for a host. Nor of an address on an honest
host that may carry a reader elsewhere: one that holds another address, however encoded, a parameter or path
whose business that is, a search, or steps back (`/../`). What fails stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

MAX_ADDRESS = 500  # characters


class LinkKind(StrEnum):
    """What a reader finds at an address. Models and demos on Hugging Face are OTHER: neither code nor
    data by rule; archives such as Zenodo and OSF are DATA although they also keep code."""

    CODE = "code"
    DATA = "data"
    PROJECT = "project"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Link:
    """`url`: the https address to point to; `text`: the address as its author wrote it."""

    url: str
    text: str
    kind: LinkKind


_CODE_HOSTS = {
    "github.com", "gist.github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "sr.ht",
    "git.sr.ht", "anonymous.4open.science", "sourceforge.net", "code.google.com", "colab.research.google.com",
}  # fmt: skip
_DATA_HOSTS = {
    "zenodo.org", "figshare.com", "data.mendeley.com", "osf.io", "ieee-dataport.org", "datadryad.org",
    "physionet.org", "openneuro.org", "archive.ics.uci.edu",
}  # fmt: skip
_MODEL_HUBS = {"huggingface.co", "hf.co", "kaggle.com", "modelscope.cn"}
_PAGES = (
    ".github.io",
    ".gitlab.io",
    ".netlify.app",
    ".vercel.app",
    ".pages.dev",
    ".readthedocs.io",
    ".hf.space",
)
_KNOWN = _CODE_HOSTS | _DATA_HOSTS | _MODEL_HUBS | {
    "sites.google.com", "arxiv.org", "doi.org", "openreview.net", "aclanthology.org", "proceedings.mlr.press",
    "openaccess.thecvf.com", "youtu.be", "youtube.com", "ieeexplore.ieee.org", "dl.acm.org", "pypi.org",
}  # fmt: skip
# doi.org prefixes of data archives: Zenodo, Figshare, Dataverse, OSF, Dryad, Mendeley Data.
_DATA_DOI = re.compile(r"/10\.(?:5281/zenodo|6084/m9|7910/dvn|17605/osf|5061/dryad|17632/)", re.IGNORECASE)

# Hosts that send on to somewhere that their address does not show.
_REDIRECTORS = {
    "12ft.io", "adf.ly", "adfoc.us", "aka.ms", "ampproject.org", "amzn.to", "anon.to", "anonym.to",
    "archive.is", "archive.ph", "archive.today", "bc.vc", "bit.do", "bit.ly", "bitly.com", "bl.ink",
    "buff.ly", "clck.ru", "clk.sh", "cutt.ly", "cutt.us", "db.tt", "dereferer.me", "disq.us", "dlvr.it",
    "doubleclick.net", "dub.sh", "dwz.cn", "exit.sc", "fb.me", "forms.gle", "g.co", "gg.gg", "git.io",
    "go.microsoft.com", "goo.by", "goo.gl", "goo.su", "googleadservices.com", "href.li", "hubs.ly",
    "ift.tt", "is.gd", "j.mp", "kutt.it", "l.facebook.com", "l.instagram.com", "lc.chat", "link.zhihu.com",
    "linktr.ee", "lm.facebook.com", "lnk.bio", "lnk.to", "lnkd.in", "mcaf.ee", "mrw.so", "nullrefer.com",
    "ouo.io", "out.reddit.com", "ow.ly", "page.link", "purl.org", "qr.ae", "qrco.de", "r.jina.ai", "rb.gy",
    "rebrand.ly", "rebrandly.com", "reurl.cc", "s.id", "safelinks.protection.outlook.com", "short.gy",
    "short.io", "shorte.st", "shorturl.at", "shorturl.com", "slack-redir.net", "smarturl.it", "snip.ly",
    "soo.gd", "sourl.cn", "suo.im", "surl.li", "t.cn", "t.co", "t.ly", "t.umblr.com", "tiny.cc", "tiny.one",
    "tinyurl.com", "tr.ee", "tr.im", "translate.goog", "translate.google.com", "trib.al", "u.to", "url.cn",
    "urldefense.com", "urldefense.proofpoint.com", "urlr.me", "urlz.fr", "v.gd", "v.ht", "via.hypothes.is",
    "vk.cc", "w3id.org", "web.archive.org", "weixin110.qq.com", "wp.me", "x.co", "x.gd",
}  # fmt: skip
# Where a search leads is not for the one who links to it to say: the first result may be asked for (`btnI`,
# `!ducky`), and clicks go through an address of theirs.
_SEARCH_HOST = re.compile(
    r"(?:(?:www|m|images|maps|news|books|video|cse|encrypted|clients\d|accounts|adservice|googleads|plus|webcache)\.)?"
    r"google(?:usercontent)?\.[a-z.]{2,6}"
    r"|(?:(?:www|cn|r|search|[a-z]{2}\.search|html|lite|m)\.)?(?:bing|duckduckgo|yahoo|baidu|sogou|so|yandex|ecosia"
    r"|startpage|kagi|brave|qwant|ask|aol|naver)\.(?:com|cn|org|ru|[a-z]{2}|co\.[a-z]{2})"
)
_LUCKY = re.compile(r"[?&;#](?:btni\b|lucky\b|q=!|q=\+?\\|[^=&]*=!?[^&]*!?ducky\b)", re.IGNORECASE)
# First parts of paths whose business it is to send on, whatever names the target; deeper they may be a name
# (github.com/a/redirect), unless a query follows.
_SENDS_ON = (
    r"(?:redir\w*|linkout|outlink|outbound|extlink|external[-_]?link|exit|leave|leaving|away|goto|go|out|jump|click"
    r"|clicks|aclk|aclick|ck|interstitial|linkfilter|attribution_link|safety|l|r|url|amp|imgres|link"
    r"|fwlink|l\.php|away\.php|redirect\.php|out\.php|go\.php|link\.php|scholar_url|signin|login|logout|sso|cas|oauth"
    r"|oauth2|authorize|openurl|warn)"
)
_SENDING_PATH = re.compile(
    rf"/(?:redir\w*|linkout|outlink|outbound|away|goto|aclk|aclick|attribution_link|linkfilter)(?:/|\?|$)"
    rf"|(?:/[^/?#]*)*/{_SENDS_ON}/?\?.|/amp/s?/",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"[?&;#]([^=&;#?]*)(?:=([^&;#]*))?")
# Names of what is to be opened next; whatever follows.
_TARGET_NAME = re.compile(
    r"\w*(?:url|uri|href|redir\w*|return\w*|goto|dest|destination|continue|forward|callback|backto|linkto)",
    re.IGNORECASE,
)
_TARGET_OR_ELSE = re.compile(
    r"next|target|link|out|outgoing|exit|away|jump|fwd|service|relaystate|ru", re.IGNORECASE
)
_SHORT_NAME = re.compile(
    r"(?:[a-z]|go|to|site|domain|host|src|ref|page|path|view|loc|location|open|load)?", re.IGNORECASE
)
_NAMED_HOST = re.compile(r"(?:[a-z0-9-]+\.)+([a-z]{2,24})(?=[/:?]|$)", re.IGNORECASE)
# An address inside the address, or the beginning of one in base64 or hexadecimal.
_ONWARD = re.compile(
    r"(?<![a-z])(?:https?|ftp|javascript|data|vbscript|cache):|[/\\]{2}|[=?&#]/?\\|[?&;#=]www\.",
    re.IGNORECASE,
)
_ENCODED_ADDRESS = re.compile(r"aHR0c[DHF]|(?<![A-Za-z0-9])Ly[89]|68747470", re.ASCII)
_DOTS = re.compile(r"/\.{1,2}(?:[/?#;]|$)")
_ROUNDS = 3  # of percent-encoding; what is encoded more often hides something
TOP_LEVEL = (
    "com|net|org|edu|gov|mil|int|info|biz|name|xyz|top|site|online|club|shop|app|dev|page|link|click|live|icu|vip"
    "|work|tech|space|website|store|fun|pro|cloud|wiki|blog|news|world|today|example|test"
    "|io|ai|co|me|tv|cc|cn|jp|kr|tw|hk|sg|in|uk|us|eu|de|fr|ru|nl|it|es|ch|se|no|fi|pl|br|ca|au|nz|to|ly|gg|at|be|ws|su"
)
"""Ends of hosts' names, as an alternation: a name with one of these is an address to readers' programs though
nothing says so. Without the ends of files' names (.py, .md, .sh, .rs)."""
_KNOWN_END = re.compile(TOP_LEVEL, re.IGNORECASE)

_UNRESERVED = re.compile(r"[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*")
_BAD_ESCAPE = re.compile(r"%(?:[01][0-9a-f]|7f|5c|c2%[89]|e2%80%a[a-e])", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}(?P<top>[a-z]{2,24})")
_NO_TOP_LEVEL = {
    "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost",
    "mov",
    "onion", "private", "test", "zip",
}  # fmt: skip


def judge(url: str) -> Link | None:
    """The link for an address that begins with `https://`, `http://` (only to a well-known host, made
    https) or a forge's name; None if a reader should not be sent there. Never raises."""
    if len(url) > MAX_ADDRESS or not _UNRESERVED.fullmatch(url) or _BAD_ESCAPE.search(url):
        return None
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    end = next((at for at, char in enumerate(rest) if char in "/?#"), len(rest))
    host, path = rest[:end].lower().removesuffix(":443"), rest[end:]
    found = _HOST.fullmatch(host)
    if (
        not found
        or found["top"] in _NO_TOP_LEVEL
        or any(label.startswith("xn--") for label in host.split("."))
    ):
        return None
    if scheme.lower() != "https" and not (scheme.lower() in ("", "http") and _is_known(host)):
        return None
    if _redirects(host, path):
        return None
    return Link(f"https://{host}{path}", url, _kind(host, path))


def _is_known(host: str) -> bool:
    return host.removeprefix("www.") in _KNOWN or host.endswith(_PAGES) or host.startswith("gitlab.")


def _redirects(host: str, path: str) -> bool:
    """Whether the address may lead to another host than it shows, or to another place on it."""
    labels = host.split(".")
    if any(".".join(labels[at:]) in _REDIRECTORS for at in range(len(labels) - 1)) or labels[0] == "shorturl":
        return True
    shown = _decoded(path)
    if shown is None or _ONWARD.search(shown) or _ENCODED_ADDRESS.search(shown) or _DOTS.search(shown):
        return True
    if _SEARCH_HOST.fullmatch(host) and len(shown) > 1 and not shown.startswith(("/maps/", "/about")):
        return True
    return bool(_LUCKY.search(shown) or _SENDING_PATH.match(shown)) or any(
        _is_target(found[1], found[2]) for found in _PARAMETER.finditer(shown)
    )


def _decoded(path: str) -> str | None:
    """The path without percent-encoding; None if there is too much of it."""
    for _ in range(_ROUNDS):
        plain = unquote(path)
        if plain == path:
            return plain
        path = plain
    return path if unquote(path) == path else None


def _is_target(name: str, value: str | None) -> bool:
    """Whether a parameter names an address; one without a name may be the value itself."""
    if value is None:
        name, value = "", name
    elif value and (
        _TARGET_NAME.fullmatch(name) or (_TARGET_OR_ELSE.fullmatch(name) and re.search(r"[./]", value))
    ):
        return True
    found = _NAMED_HOST.match(value.removeprefix("@"))
    return bool(found and (_KNOWN_END.fullmatch(found[1]) or (name and _SHORT_NAME.fullmatch(name))))


def _kind(host: str, path: str) -> LinkKind:
    host = host.removeprefix("www.")
    is_deep = bool(path.strip("/"))
    if host in _CODE_HOSTS or (host.startswith(("gitlab.", "git.")) and host.count(".") >= 2):
        return LinkKind.CODE if is_deep else LinkKind.OTHER
    if host in _MODEL_HUBS:
        if path.startswith("/datasets/"):
            return LinkKind.DATA
        return LinkKind.CODE if host == "kaggle.com" and path.startswith("/code/") else LinkKind.OTHER
    is_archive = host in _DATA_HOSTS or host.endswith(".figshare.com") or "dataverse" in host.split(".")
    if is_archive or (host == "doi.org" and _DATA_DOI.match(path)):
        return LinkKind.DATA if is_deep else LinkKind.OTHER
    if host.endswith(_PAGES) or (host == "sites.google.com" and path.startswith("/view/")):
        return LinkKind.PROJECT
    return LinkKind.PROJECT if re.search(r"/(?:projects?|labs)/\w", path) else LinkKind.OTHER


# --- addresses in text ---------------------------------------------------------------------

# What ends an address: space, quotes, brackets of markup, and what CJK scripts write.
# Other letters are read on, so that a host in mixed scripts is refused instead of cut to its ASCII start.
_ENDS = (
    "\\s<>\"'`{}|^\\\\"
    "\u00ab\u00bb\u2010-\u2027\u2030-\u205e\u3000-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
)
_FORGES = (
    r"(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com|huggingface\.co|hf\.co"
    r"|anonymous\.4open\.science|zenodo\.org|kaggle\.com|sites\.google\.com|gist\.github\.com)/|"
    r"(?:[a-z0-9][a-z0-9-]{0,61}\.)(?:github|gitlab)\.io(?![\w-])"
)
_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9])(?:https?://|(?<![@./_-])(?:{_FORGES}))(?:(?![,;]https?://)[^{_ENDS}])*",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?*…·"
_CLOSERS = {")": "(", "]": "["}


def find_links(text: str) -> Iterator[tuple[int, int, Link | None]]:
    """Where the addresses of `text` stand, in order, each with its link or None for one that must
    stay text. Takes time in proportion to the text."""
    for found in _ADDRESS.finditer(text):
        address = _without_tail(found[0])
        yield found.start(), found.start() + len(address), judge(address)


def _without_tail(address: str) -> str:
    """The address without the punctuation of the sentence around it."""
    counts = {bracket: address.count(bracket) for bracket in "()[]"}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in "([" or (last in _CLOSERS and counts[last] > counts[_CLOSERS[last]]):
            counts[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return address[:end]
