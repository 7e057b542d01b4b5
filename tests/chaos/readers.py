"""What a reader could see at every moment of a publish: nothing leads nowhere, nothing goes back."""

from __future__ import annotations

import re
from collections import Counter

_LINK = re.compile(
    rb'(?:href|src|url|<link>|<loc>|<guid[^>]*>|xmlUrl=|htmlUrl=)(?:=|": ?)?"?(?:https://daily\.example\.org)?(/[^"#?<]*)'
)
_ASSET = re.compile(r"/assets/")


class Readers:
    """Told of every object as it is put, and of the moment whose state a renderer has read."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts = 0
        self.wrong: list[str] = []
        self.dangling: Counter[tuple[str, str]] = Counter()
        self._ages: dict[str, float] = {}  # when the state was read that an object shows
        self._reading: dict[int, float] = {}  # the same, by renderer at work
        self._last = 0  # the renderer that put the last object
        self._overtaken: set[int] = set()  # renderers after whose first object another has put one

    def began(self, renderer: int, now: float) -> None:
        """A renderer begins to read what it is going to show."""
        self._reading[renderer] = now

    def put(self, key: str, body: bytes, renderer: int) -> None:
        self.puts += 1
        if renderer != self._last:
            if renderer in self._overtaken:
                self.wrong.append(f"{key}: renderers {self._last} and {renderer} publish at once")
            self._overtaken.add(self._last)
            self._last = renderer
        age = self._reading[renderer]
        if age < self._ages.get(key, age) and self.objects.get(key) != body:
            self.wrong.append(f"{key}: a state read at {age:.0f} replaced that of {self._ages[key]:.0f}")
        self._ages[key] = max(age, self._ages.get(key, age))
        self.objects[key] = body
        self._follow(key, body)

    def _follow(self, key: str, body: bytes) -> None:
        for link in sorted(set(_LINK.findall(body))):
            path = link.decode()
            target = path.lstrip("/") + ("index.html" if path.endswith("/") else "")
            if target in self.objects or target == key:
                continue
            kinds = kind(key), kind(target)
            self.dangling[kinds] += 1
            if is_required(*kinds):
                self.wrong.append(f"{key} was published before {target}, to which it leads")


_CONTENT = ("papers", "channel day", "ledger")
_ENTRANCES = ("feed.atom", "rss.xml", "feed.json", "sitemaps", "index.html")


def is_required(page: str, target: str) -> bool:
    """Whether the target must be there before the page is: what pages are made with, whatever an index or a
    feed leads to, and the papers of a list. (Papers, lists and their neighbours name one another: the first
    of them to be published must lead to something that comes moments later.)"""
    if target == "asset":
        return True
    if page in _ENTRANCES or (page.startswith("channel ") and not page.startswith("channel day")):
        return target.startswith(_CONTENT)
    if page == "channel day abstracts":
        return target == "papers"
    if page.startswith("channel day") or page == "ledger":
        return target == "papers" or target.startswith("channel day ")
    return False


def kind(key: str) -> str:
    """What an object is, by its path."""
    if _ASSET.search("/" + key):
        return "asset"
    parts = key.split("/")
    if parts[0] in ("papers", "ledger", "api", "sitemaps", "feeds"):
        return parts[0]
    dated = len(parts) > 2 and re.fullmatch(r"\d{4}-\d{2}-\d{2}", parts[1])
    if dated:
        return "channel day" if parts[2] == "index.html" else f"channel day {parts[2]}"
    if len(parts) == 1:
        return parts[0]
    return f"channel {parts[1]}" if len(parts) == 2 else f"channel {parts[1]}/"
