"""Addresses in authors' text: where they are, whether a reader may be sent there, what is there.

Text from outside is hostile, so a link is made only of a plain https address with a plain ASCII host:
no redirector that hides its target, no user name, port or number for a host. What fails stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

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
    "adf.ly", "aka.ms", "ampproject.org", "amzn.to", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly",
    "clck.ru", "cutt.ly", "db.tt", "dlvr.it", "doubleclick.net", "dub.sh", "dwz.cn", "fb.me", "forms.gle",
    "g.co", "git.io", "goo.gl", "goo.su", "googleadservices.com", "href.li", "hubs.ly", "ift.tt", "is.gd",
    "j.mp", "l.facebook.com", "l.instagram.com", "lc.chat", "linktr.ee", "lm.facebook.com", "lnkd.in",
    "mcaf.ee", "out.reddit.com", "ow.ly", "page.link", "purl.org", "qr.ae", "qrco.de", "rb.gy",
    "rebrand.ly", "rebrandly.com", "reurl.cc", "s.id", "safelinks.protection.outlook.com", "short.gy",
    "short.io", "shorte.st", "shorturl.at", "shorturl.com", "slack-redir.net", "soo.gd", "suo.im",
    "surl.li", "t.cn", "t.co", "t.ly", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im", "translate.goog",
    "translate.google.com", "trib.al", "u.to", "url.cn", "urldefense.com", "urldefense.proofpoint.com",
    "urlz.fr", "v.gd", "w3id.org", "web.archive.org", "wp.me", "x.co", "x.gd",
}  # fmt: skip
_REDIRECTING_PATH = re.compile(
    r"(?:(?:www\.)?google\.[a-z.]{2,6}/(?:url|amp|interstitial)\b"
    r"|(?:www\.|m\.)?youtube\.com/(?:redirect"
    r"|attribution_link)\b"
    r"|(?:www\.)?linkedin\.com/(?:redir|safety)|(?:www\.)?bing\.com/ck/|duckduckgo\.com/l/"
    r"|(?:www\.)?facebook\.com/l\.php"
    r"|(?:www\.)?vk\.com/away|steamcommunity\.com/linkfilter|link\.zhihu\.com/|weixin110\.qq\.com/)",
    re.IGNORECASE,
)
# An address inside the address, however it is written, or a parameter that names where to go.
_ONWARD = re.compile(
    r"(?:https?|ftp|javascript|data|vbscript)(?::|%(?:25)*3a)|[=/](?:/|%(?:25)*2f){2}|=(?:%2f|/)/|=www\."
    r"|[?&;#](?:redir\w*|return\w*|goto|go|dest\w*|target|continue|next|forward|to|link|out|u|url|uri)=[^&]*[.%]",
    re.IGNORECASE,
)

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
    labels = host.split(".")
    if any(".".join(labels[at:]) in _REDIRECTORS for at in range(len(labels) - 1)) or labels[0] == "shorturl":
        return True
    return bool(_REDIRECTING_PATH.match(host + path) or _ONWARD.search(path))


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
