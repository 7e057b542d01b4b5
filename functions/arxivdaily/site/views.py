"""From records to what a page says about them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from arxivdaily.domain import links
from arxivdaily.domain.channels import Catalogue, Channel
from arxivdaily.domain.institution_names import Institutions
from arxivdaily.domain.papers import Paper, sort_key
from arxivdaily.domain.records import Match, Record
from arxivdaily.domain.revisions import UpdateKind, update_kind
from arxivdaily.site import labels, latex, revisions, urls
from arxivdaily.site.contexts import (
    Choice,
    EntryView,
    Link,
    MatchView,
    PaperView,
    Person,
    Place,
    UpdateView,
)

SHORT_LIST = 12  # authors shown whole in a listing; of a longer list, the first LEAD
LEAD = 8
NO_TOPIC = "其他"
MAX_RESOURCES = 6
WHOLE_LISTING = 20  # papers up to which a listing carries both abstracts of each (docs/adr/0012)

_CJK = "\u3400-\u9fff\uf900-\ufaff"
_HALF_WIDTH = re.compile(
    rf"(?<=[{_CJK}”』」）])\s?([,:;?!])\s?(?=[{_CJK}A-Za-z“『「（$]|$)|(?<=[A-Za-z)$%])([,:;?!])\s?(?=[{_CJK}“『「])"
)
_FULL_WIDTH = str.maketrans(",:;?!", "，：；？！")


def full_width(text: str) -> str:
    """ASCII punctuation beside Chinese characters, which models like to write, made full-width."""
    return _HALF_WIDTH.sub(lambda m: (m[1] or m[2]).translate(_FULL_WIDTH), text)


def chinese(text: str, *, mathml: bool = True) -> Markup:
    """Chinese text as phrasing content, its punctuation set as Chinese."""
    return latex.to_html(full_width(text), mathml=mathml)


def by_channel(records: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Records by the slug of each channel that they match, none for any other; in the same order."""
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        for slug in {match.channel for match in record.matches or ()}:
            found[slug].append(record)
    return found


def by_score(records: Iterable[Record], channel: str) -> list[tuple[Record, Match]]:
    """A channel's papers in the published order: score descending, then identifier descending."""
    pairs = [(record, match) for record in records if (match := record.match_for(channel))]
    pairs.sort(key=lambda pair: sort_key(pair[0].paper.arxiv_id), reverse=True)
    pairs.sort(key=lambda pair: pair[1].score, reverse=True)
    return pairs


def listed_in_order(records: Iterable[Record], channel: str) -> list[tuple[Record, Match]]:
    """What a channel lists, without updates."""
    return by_score((record for record in records if record.is_listed), channel)


def updates_in_order(records: Iterable[Record], channel: str) -> list[tuple[Record, Match]]:
    """A channel's updates: the weightiest kind first, then as its papers."""
    weight = list(UpdateKind)
    found = by_score((record for record in records if record.is_update), channel)
    return sorted(found, key=lambda pair: weight.index(update_kind(pair[0])))


def strongest(records: Sequence[Record], limit: int) -> list[Record]:
    """The edition's papers with the highest score in any channel, newest identifier first among equals."""
    shown = [record for record in records if record.is_listed]
    shown.sort(key=lambda record: sort_key(record.paper.arxiv_id), reverse=True)
    shown.sort(key=lambda record: record.best_score, reverse=True)
    return shown[:limit]


def resources(paper: Paper) -> tuple[links.Link, ...]:
    """Where the paper's code, data and project are, as its abstract and comment say; each once."""
    found: dict[str, links.Link] = {}
    for text in (paper.abstract, paper.comment or ""):
        for _, _, link in links.find_links(latex.clean(text)):
            if link and link.kind in labels.RESOURCES:
                found.setdefault(link.url, link)
    return tuple(found.values())[:MAX_RESOURCES]


class Views:
    """Makes and keeps the views of one build, so that a paper in three channels is set once."""

    def __init__(self, catalogue: Catalogue, institutions: Institutions, site: urls.Urls) -> None:
        self._catalogue = catalogue
        self._institutions = institutions
        self._links = site
        self._papers: dict[tuple[str, str], PaperView] = {}

    def paper(self, record: Record) -> PaperView:
        key = (record.edition, record.paper.arxiv_id)
        if key not in self._papers:
            self._papers[key] = self._paper(record)
        return self._papers[key]

    def entry(self, record: Record, channel: Channel) -> EntryView:
        """The record as it stands in a channel that it matches."""
        paper = self.paper(record)
        match = next(m for m in paper.matches if m.channel == channel.slug)
        others = tuple(m for m in paper.matches if m is not match)
        slugs = [topic.slug for topic in channel.topics]
        index = slugs.index(match.topic) if match.topic in slugs else len(slugs)
        return EntryView(paper, match, index, others)

    def best_entry(self, record: Record) -> EntryView | None:
        """The record in its strongest channel; None if the catalogue knows none of its channels."""
        for match in self.paper(record).matches:
            channel = self._catalogue.get(match.channel)
            if channel:
                return self.entry(record, channel)
        return None

    def entries(self, records: Sequence[Record], channel: Channel) -> tuple[EntryView, ...]:
        """What a channel lists of an edition, without updates. A long list has the English abstract only
        where there is no Chinese one."""
        found = tuple(self.entry(record, channel) for record, _ in listed_in_order(records, channel.slug))
        if len(found) <= WHOLE_LISTING:
            return found
        return tuple(replace(entry, has_english=entry.paper.abstract_zh is None) for entry in found)

    def updates(self, records: Sequence[Record], channel: Channel) -> tuple[UpdateView, ...]:
        """New versions of papers that the channel showed before: withdrawals first."""
        return tuple(
            UpdateView(
                paper=self.paper(record),
                before=revisions.before(record, channel.slug, self._links),
                change=revisions.change(record.history[-1], record.paper),
            )
            for record, _ in updates_in_order(records, channel.slug)
        )

    def _people(self, record: Record) -> tuple[Person, ...]:
        known = record.affiliations.block.of_authors if record.affiliations else ()
        people = []
        for number, author in enumerate(record.paper.authors):
            name = latex.to_plain(author)
            places = known[number] if number < len(known) else ()
            people.append(Person(name, urls.author_search(name), tuple(n + 1 for n in places)))
        return tuple(people)

    def _places(self, record: Record) -> tuple[Place, ...]:
        found = record.affiliations.block.institutions if record.affiliations else ()
        return tuple(
            Place(
                number,
                latex.clean(place.name),
                self._institutions.zh(place.name),
                latex.clean(place.full) if place.full != place.name else None,
            )
            for number, place in enumerate(found, 1)
        )

    def _paper(self, record: Record) -> PaperView:
        paper, translation = record.paper, record.translation or record.kept
        title = translation.title if translation else ""  # empty: it changed and waits for its translation
        authors = self._people(record)
        english = latex.to_html(paper.title)
        return PaperView(
            arxiv_id=paper.arxiv_id,
            versioned_id=paper.versioned_id,
            date=record.edition,
            href=self._links.link(urls.paper(paper.arxiv_id)),
            abs_href=urls.arxiv_abs(paper),
            pdf_href=urls.arxiv_pdf(paper),
            html_href=urls.arxiv_html(paper),
            bibtex_href=self._links.link(urls.paper_bibtex(paper.arxiv_id)),
            plain_title=latex.to_plain(full_width(title) if title else paper.title),
            title=chinese(title) if title else english,
            title_lang="zh-Hans" if title else "en",
            original_title=english if title else None,
            authors=authors,
            lead=authors if len(authors) <= SHORT_LIST else authors[:LEAD],
            places=self._places(record),
            places_note=labels.places_note(record),
            places_source=labels.places_source(record),
            resources=_named(resources(paper)),
            categories=paper.categories,
            submitted=paper.submitted,
            announce_type=paper.announce_type.value,
            announce_type_name=labels.ANNOUNCE_TYPES[paper.announce_type],
            summary=chinese(translation.summary) if translation and translation.summary else None,
            abstract_zh=chinese(translation.abstract) if translation and translation.abstract else None,
            abstract=latex.to_html(paper.abstract, links=True),
            comment=latex.to_html(paper.comment, links=True) if paper.comment else None,
            journal_ref=latex.to_html(paper.journal_ref) if paper.journal_ref else None,
            doi=latex.clean(paper.doi) if paper.doi else None,
            labels=labels.paper_labels(record),
            model=latex.clean(translation.made_by.model) if translation else None,
            translation_note=labels.translation_note(record),
            repaired=bool(translation and translation.repaired),
            is_withdrawn=labels.is_withdrawn(paper),
            matches=tuple(self._matches(record)),
        )

    def _matches(self, record: Record) -> list[MatchView]:
        found = []
        for match in record.matches or ():
            channel = self._catalogue.get(match.channel)
            if channel is None:  # the operator has removed it since
                continue
            topic = channel.topic(match.topic)
            score = min(max(match.score, 0), 100)
            found.append(
                MatchView(
                    channel=channel.slug,
                    channel_name=channel.zh,
                    href=self._links.link(urls.channel_edition(channel.slug, record.edition)),
                    topic=topic.slug if topic else "",
                    topic_name=topic.zh if topic else NO_TOPIC,
                    score=score,
                    strength=score // 10,
                    reason=chinese(match.reason),
                )
            )
        return found


def _named(found: Sequence[links.Link]) -> tuple[Link, ...]:
    """Links under the name of their kind, numbered where a paper has several of it."""
    kinds = Counter(link.kind for link in found)
    seen: Counter[links.LinkKind] = Counter()
    named = []
    for link in found:
        seen[link.kind] += 1
        number = f" {seen[link.kind]}" if kinds[link.kind] > 1 else ""
        named.append(Link(link.url, labels.RESOURCES[link.kind] + number))
    return tuple(named)


def topic_choices(channel: Channel, entries: Sequence[EntryView]) -> tuple[Choice, ...]:
    """The topics that occur, in the channel's order, then what has none."""
    counts = Counter(entry.topic_index for entry in entries)
    names = [topic.zh for topic in channel.topics] + [NO_TOPIC]
    return tuple(Choice(f"t{n}", name, counts[n]) for n, name in enumerate(names) if counts[n])


def type_choices(entries: Sequence[EntryView]) -> tuple[Choice, ...]:
    counts = Counter(entry.paper.announce_type for entry in entries)
    return tuple(
        Choice(f"a-{kind.value}", name, counts[kind.value])
        for kind, name in labels.ANNOUNCE_TYPES.items()
        if counts[kind.value]
    )
