"""The feeds of a build: each channel's, its day's, the site's, and the OPML files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from arxivdaily.domain.channels import Channel
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record
from arxivdaily.ports import SiteObject
from arxivdaily.site import contexts as c
from arxivdaily.site import feeds, labels, latex, revisions, urls, views
from arxivdaily.site.objects import page_object
from arxivdaily.site.pages import Renderer
from arxivdaily.site.state import TAGLINE, SiteState


class Syndication:
    """Makes the feeds of one edition; an entry is made once, for the day's feed and the newest."""

    def __init__(self, state: SiteState, made: views.Views, renderer: Renderer, links: urls.Urls) -> None:
        self._state = state
        self._views = made
        self._renderer = renderer
        self._links = links
        self._recent = [(edition, views.by_channel(records)) for edition, records in state.recent]
        self._of_day = views.by_channel(state.records)
        self._entries: dict[tuple[str, str, str], feeds.FeedEntry] = {}

    def of_channel(self, channel: Channel) -> list[SiteObject]:
        """The channel's newest edition whole, however long, so that who reads once a day misses nothing, and
        earlier ones up to `MAX_ENTRIES`; what is older is in the archives of its days (RFC 5005)."""
        entries: list[feeds.FeedEntry] = []
        seen: set[str] = set()
        for number, (edition, in_channel) in enumerate(self._recent):
            for record, _ in views.by_score(in_channel[channel.slug], channel.slug):
                # A revision in the window stands once, as its newest version.
                has_room = number == 0 or len(entries) < feeds.MAX_ENTRIES
                if has_room and record.paper.arxiv_id not in seen:
                    seen.add(record.paper.arxiv_id)
                    entries.append(self._entry(edition, record, channel))
        return self._in_every_format(
            feeds.Feed(
                tag=feeds.feed_tag(self._links, channel.slug),
                title=f"{channel.zh} · arXivDaily",
                description=channel.description,
                page=urls.channel(channel.slug),
                paths=urls.feeds(channel.slug),
                updated=self._newest(entries),
                entries=tuple(entries),
                archives={"prev-archive": urls.feed_of_day(channel.slug, self._state.edition.date)},
            )
        )

    def of_site(self) -> list[SiteObject]:
        """The strongest papers of the newest edition, whatever their channel."""
        entries = []
        for record in views.strongest(self._state.records, feeds.MAX_ENTRIES):
            best = self._views.best_entry(record)
            channel = self._state.catalogue.get(best.match.channel) if best else None
            if channel:
                entry = self._entry(self._state.edition, record, channel)
                entries.append(replace(entry, tag=feeds.entry_tag(self._links, record.paper.arxiv_id)))
        return self._in_every_format(
            feeds.Feed(
                tag=feeds.feed_tag(self._links),
                title="arXivDaily · arXiv每日学术速递",
                description=TAGLINE,
                page=urls.HOME,
                paths=urls.feeds(),
                updated=self._newest(entries),
                entries=tuple(entries),
            )
        )

    def of_day(self, channel: Channel) -> SiteObject:
        """A channel's day whole, linked to the day before (RFC 5005)."""
        path = urls.feed_of_day(channel.slug, self._state.edition.date)
        entries = [
            self._entry(self._state.edition, record, channel)
            for record, _ in views.by_score(self._of_day[channel.slug], channel.slug)
        ]
        archives = {"current": urls.feed(channel.slug, "atom")}
        if self._state.previous:
            archives["prev-archive"] = urls.feed_of_day(channel.slug, self._state.previous.date)
        feed = feeds.Feed(
            tag=feeds.feed_tag(self._links, channel.slug, self._state.edition.date),
            title=f"{channel.zh} {self._state.edition.date} · arXivDaily",
            description=channel.description,
            page=urls.channel_edition(channel.slug, self._state.edition.date),
            paths={"atom": path},
            updated=max((entry.updated for entry in entries), default=self._state.edition.created),
            entries=tuple(entries),
            archives=archives,
            is_archive=True,
        )
        return page_object(path, feeds.atom(feed, self._links), feeds.ATOM_TYPE)

    def _newest(self, entries: Sequence[feeds.FeedEntry]) -> datetime:
        """When a feed changed last; an empty one must not look newer every day."""
        return max((entry.updated for entry in entries), default=self._state.first.created)

    def _in_every_format(self, feed: feeds.Feed) -> list[SiteObject]:
        return [
            page_object(feed.paths["atom"], feeds.atom(feed, self._links), feeds.ATOM_TYPE),
            page_object(feed.paths["rss"], feeds.rss(feed, self._links), feeds.RSS_TYPE),
            page_object(feed.paths["json"], feeds.json_feed(feed, self._links), feeds.JSON_TYPE),
        ]

    def opml(self) -> list[SiteObject]:
        """All channels in one file, and each group in one of its own."""
        groups = self._state.catalogue.groups
        found = [page_object(urls.OPML, feeds.opml(groups, self._links), feeds.OPML_TYPE)]
        for group in groups:
            body = feeds.opml([group], self._links)
            found.append(page_object(urls.group_opml(group.slug), body, feeds.OPML_TYPE))
        return found

    def _entry(self, edition: Edition, record: Record, channel: Channel) -> feeds.FeedEntry:
        """The record in a channel's feed; made once, for the day's feed and the newest."""
        key = (edition.date, record.paper.arxiv_id, channel.slug)
        if key not in self._entries:
            self._entries[key] = self._made_entry(edition, record, channel)
        return self._entries[key]

    def _made_entry(self, edition: Edition, record: Record, channel: Channel) -> feeds.FeedEntry:
        entry = self._views.entry(record, channel)
        published = record.history[0].published if record.is_update else edition.created
        content = self._renderer.render("feed_entry", _content(entry, record)).decode()
        return feeds.FeedEntry(
            tag=feeds.entry_tag(self._links, record.paper.arxiv_id, channel.slug),
            url=self._links.absolute(urls.paper(record.paper.arxiv_id)),
            arxiv_url=entry.paper.abs_href,
            title=labels.update_prefix(record) + entry.paper.plain_title,
            summary=latex.to_plain(views.full_width(words.summary))
            if (words := record.translation or record.kept)
            else "",
            content=content.strip(),
            authors=tuple(person.name for person in entry.paper.authors),
            categories=entry.paper.categories,
            published=published,
            updated=max(record.changed or published, published),
        )


@dataclass(frozen=True, slots=True)
class _Content:
    """An entry with its formulas as Unicode text, for readers that know no MathML."""

    entry: c.EntryView
    english_title: Markup
    reason: Markup
    summary: Markup | None
    comment: Markup | None
    abstract_zh: Markup | None
    abstract: Markup
    change: c.ChangeView | None


def _content(entry: c.EntryView, record: Record) -> _Content:
    match, translation = record.match_for(entry.match.channel), record.translation or record.kept
    return _Content(
        entry=entry,
        english_title=latex.to_html(record.paper.title, mathml=False),
        reason=views.chinese(match.reason if match else "", mathml=False),
        summary=views.chinese(translation.summary, mathml=False)
        if entry.paper.summary and translation
        else None,
        comment=latex.to_html(record.paper.comment, mathml=False, links=True)
        if record.paper.comment
        else None,
        abstract_zh=views.chinese(translation.abstract, mathml=False)
        if entry.paper.abstract_zh and translation
        else None,
        abstract=latex.to_html(record.paper.abstract, mathml=False, links=True),
        change=revisions.change(record.history[-1], record.paper) if record.is_update else None,
    )
