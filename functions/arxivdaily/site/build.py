"""The published site of one edition, as a pure function of stored state (rule 5).

Same state, same bytes: no clock, no randomness, no environment. What is read does not grow with
the archive: one edition, its neighbours' dates, one year's counts, and the feeds' window.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from arxivdaily.domain.channels import Catalogue, Channel
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.governor import Tariff
from arxivdaily.domain.institution_names import Institutions
from arxivdaily.domain.papers import sort_key
from arxivdaily.domain.records import Record, State, listed_counts
from arxivdaily.ports import SiteObject
from arxivdaily.site import (
    api,
    assets,
    calendar,
    citations,
    dates,
    inert_tex,
    labels,
    latex,
    ledger,
    quality,
    reasons,
    revisions,
    share_cards,
    sitemap,
    urls,
    views,
)
from arxivdaily.site import contexts as c
from arxivdaily.site.objects import page_object
from arxivdaily.site.pages import Renderer
from arxivdaily.site.state import TAGLINE, Phase, SiteState
from arxivdaily.site.syndication import Syndication

STRONGEST = 10  # papers on the home page
_HTML = "text/html; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_XML = "application/xml; charset=utf-8"
_DESCRIPTION = 160  # characters of a page's description

SITE_SCOPE = "site"
NO_INSTITUTIONS = Institutions()


def build(
    state: SiteState,
    templates_dir: Path,
    institutions: Institutions = NO_INSTITUTIONS,
    tariff: Tariff | None = None,
    notice: str = "",
) -> Sequence[Phase]:
    """Every object of an edition, in upload order: assets; papers; English abstracts that long lists leave
    out; the edition's lists; the pages that lead to the newest list; feeds, sitemaps, the about and the home
    page. (The last two phases only for the newest edition, except the year's archive.)
    `institutions` knows their Chinese names; `tariff` turns tokens into money in the ledger, where
    prices are known; `notice` stands on top of every page."""
    static = assets.load(templates_dir)
    builder = _Builder(state, templates_dir, static, institutions, tariff, notice)
    return (
        Phase(SITE_SCOPE, (*static.values(), *builder.share_images.values())),
        Phase(state.edition.date, tuple(builder.paper_objects())),
        Phase(state.edition.date, tuple(builder.abstracts_pages())),
        Phase(state.edition.date, tuple(builder.list_objects())),
        Phase(SITE_SCOPE, tuple(builder.leading_pages())),
        Phase(SITE_SCOPE, tuple(builder.entrances())),
    )


def channel_counts(records: Sequence[Record], catalogue: Catalogue) -> dict[str, int]:
    """Papers listed by channel slug, for every channel of the catalogue."""
    counts = listed_counts(records)
    return {channel.slug: counts[channel.slug] for channel in catalogue}


class _Builder:
    def __init__(
        self,
        state: SiteState,
        templates_dir: Path,
        static: dict[str, SiteObject],
        institutions: Institutions,
        tariff: Tariff | None,
        notice: str,
    ) -> None:
        self.state = state
        self.tariff = tariff
        self.notice = notice
        self.edition = state.edition
        self.date = state.edition.date
        self.links = urls.Urls(state.site_url)
        self.views = views.Views(state.catalogue, institutions, self.links)
        self.institutions = institutions
        self.templates_dir = templates_dir
        self.records = sorted(state.records, key=lambda record: sort_key(record.paper.arxiv_id))
        self.in_channel = views.by_channel(self.records)
        self.counts = channel_counts(self.records, state.catalogue)
        self.year = [
            replace(e, channel_counts=self.counts) if e.date == self.date else e for e in state.year
        ] or [replace(state.edition, channel_counts=self.counts)]
        self.months: dict[str, tuple[c.Month, ...]] = {}
        self.channel_pages: dict[str, c.ChannelPage] = {}
        self.listings: dict[str, bytes] = {}
        self.renderer = Renderer(templates_dir, self._site(static))
        self.syndication = Syndication(state, self.views, self.renderer, self.links)
        drawn = assets.share_images(templates_dir)
        wanted = share_cards.cards(state.catalogue)
        self.share_images = {
            slug: drawn[card.digest] for slug, card in wanted.items() if card.digest in drawn
        }

    # --- the kinds of objects -------------------------------------------------------------

    def paper_objects(self) -> list[SiteObject]:
        """What lists lead to: papers' pages, and the files beside pages."""
        # A paper has one page, which is its newest version's: an older edition leaves it alone once it is
        # there. (The newer version may never be shown, and lists lead to the page.)
        handed_on = self.state.handed_on
        shown = [r for r in self.records if r.is_shown and r.paper.arxiv_id not in handed_on]
        found = [self._page(urls.paper(r.paper.arxiv_id), "paper", self._paper(r)) for r in shown]
        for record in shown:
            found += self._citations(record)
        for channel in self.state.catalogue:
            found += self._channel_citations(channel)
        return found

    def abstracts_pages(self) -> list[SiteObject]:
        """What long lists leave out: it leads to papers, and the list to it."""
        found = []
        for channel in self.state.catalogue:
            page = self._channel(channel)
            if not all(entry.has_english for entry in page.entries):
                path = urls.channel_abstracts(channel.slug, self.date)
                found.append(self._page(path, "abstracts", self._abstracts(channel, page)))
        return found

    def list_objects(self) -> list[SiteObject]:
        """The edition's channels, their data, and its ledger."""
        found = []
        for channel in self.state.catalogue:
            found.append(self._listing(channel, urls.channel_edition(channel.slug, self.date)))
            found.append(self.syndication.of_day(channel))
            found.append(self._json(urls.api(channel.slug, self.date), self._api(channel)))
        found.append(
            self._json(urls.ledger_json(self.date), ledger.as_json(self.edition, self.records, self.tariff))
        )
        found.append(self._page(urls.ledger(self.date), "ledger", self._ledger()))
        return found

    def leading_pages(self) -> list[SiteObject]:
        """Pages that lead to lists: the year's calendars; for the newest edition the channels' own, too."""
        year = dates.year(self.date)
        found = [self._page(urls.archive_year(channel.slug, year), "archive", self._archive(channel, year))
                 for channel in self.state.catalogue]  # fmt: skip
        found.append(self._page(urls.ledgers(year), "ledgers", self._ledgers(year)))
        if not self.state.is_newest:
            return found
        for channel in self.state.catalogue:
            found += [
                self._listing(channel, urls.channel(channel.slug)),
                self._page(urls.archive(channel.slug), "archive", self._archive(channel, year)),
            ]  # fmt: skip
        return [
            *found,
            # The same page under a name that stays, as a channel's archive.
            self._page(urls.LEDGERS, "ledgers", self._ledgers(year)),
            self._page(urls.PAPERS, "papers", self._papers()),
            self._page(urls.FEEDS, "feeds", self._feed_directory()),
            self._page(urls.NOT_FOUND, "not_found", self._not_found()),
        ]

    def entrances(self) -> list[SiteObject]:
        """Where one begins: the year's sitemap; for the newest edition feeds, about and home page, too."""
        year = dates.year(self.date)
        body = sitemap.of_year(self.year, self.state.catalogue, self.links)
        found = [page_object(urls.sitemap_year(year), body, _XML)]
        if not self.state.is_newest:
            return found
        for channel in self.state.catalogue:
            found += self.syndication.of_channel(channel)
        years = range(dates.year(self.state.first.date), year + 1)
        return [
            *found,
            *self.syndication.of_site(),
            *self.syndication.opml(),
            page_object(urls.SITEMAP, sitemap.index(years, self.edition, self.links), _XML),
            page_object(urls.ROBOTS, sitemap.robots(self.links), "text/plain; charset=utf-8"),
            self._page(urls.ABOUT, "about", self._about()),  # it leads to the ledgers and /papers/
            # Last: the page that everybody opens first points at what is there already.
            self._page(urls.HOME, "home", self._home()),
        ]

    def _citations(self, record: Record) -> list[SiteObject]:
        paper, year = record.paper, record.edition[:4]
        return [
            page_object(
                urls.paper_bibtex(paper.arxiv_id),
                citations.bibtex(paper, year).encode(),
                citations.BIBTEX_TYPE,
            ),
            page_object(
                urls.paper_ris(paper.arxiv_id), citations.ris(paper, year).encode(), citations.RIS_TYPE
            ),
        ]

    def _channel_citations(self, channel: Channel) -> list[SiteObject]:
        listed = [
            record.paper for record, _ in views.listed_in_order(self.in_channel[channel.slug], channel.slug)
        ]
        if not listed:
            return []
        body = citations.bibtex_file((paper, self.date[:4]) for paper in listed)
        return [
            page_object(urls.channel_bibtex(channel.slug, self.date), body.encode(), citations.BIBTEX_TYPE)
        ]

    def _listing(self, channel: Channel, path: str) -> SiteObject:
        """A channel's day; the newest one is the channel's own page, too, and the same bytes."""
        if channel.slug not in self.listings:
            self.listings[channel.slug] = self.renderer.render("channel", self._channel(channel))
        return page_object(path, self.listings[channel.slug], _HTML)

    def _page(self, path: str, template: str, context: object) -> SiteObject:
        return page_object(path, self.renderer.render(template, context), _HTML)

    def _json(self, path: str, document: dict[str, Any]) -> SiteObject:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
        return page_object(path, body.encode(), _JSON)

    # --- contexts --------------------------------------------------------------------------

    def _share_image(self, slug: str = share_cards.SITE) -> str | None:
        """The address of a channel's image, or of the site's where none says what the channel is now."""
        image = self.share_images.get(slug) or self.share_images.get(share_cards.SITE)
        return self.links.absolute(f"/{image.path}") if image else None

    def _site(self, static: dict[str, SiteObject]) -> c.SiteContext:
        link = self.links.link
        return c.SiteContext(
            home=link(urls.HOME),
            about=link(urls.ABOUT),
            feeds=link(urls.FEEDS),
            opml=link(urls.OPML),
            stylesheet=link("/" + static["site.css"].path),
            script=link("/" + static["site.js"].path),
            ledger_script=link("/" + static["ledger.js"].path),
            cite_script=link("/" + static["cite.js"].path),
            icon=link("/" + static["icon.svg"].path),
            notice=self.notice,
        )

    def _dateline(self, channel: Channel | None, newest: str) -> c.DateLine:
        """`channel` None: of the ledger, whose neighbours are ledgers."""

        def neighbour(edition: Edition | None) -> c.Link | None:
            if edition is None:
                return None
            path = urls.channel_edition(channel.slug, edition.date) if channel else urls.ledger(edition.date)
            return c.Link(self.links.link(path), dates.day(edition.date))

        previous = self.state.previous
        processed = sum(record.state is not State.PENDING for record in self.records)
        failed = sum(record.state is State.FAILED for record in self.records)
        return c.DateLine(
            date=self.date,
            day=dates.day(self.date),
            weekday=dates.weekday(self.date),
            earlier=neighbour(previous),
            later=neighbour(self.state.following),
            newest=self.links.link(newest),
            progress=None if self.edition.is_complete else (processed, len(self.records)),
            failed=0 if self.edition.is_complete else failed,
            note=self._note(),
        )

    def _note(self) -> str | None:
        """What is unusual about the edition's day."""
        previous = self.state.previous
        notes = (
            dates.gap_note(previous.date if previous else None, self.date),
            dates.late_note(self.date, self.edition.created),
        )
        return "".join(note for note in notes if note) or None

    def _group(self, channel: Channel) -> c.Link:
        group = self.state.catalogue.group_of(channel)
        return c.Link(f"{self.links.link(urls.HOME)}#{group.slug}", group.zh)

    def _subscribe(self, channel: Channel) -> str:
        """Where a channel's feeds stand in their directory."""
        return f"{self.links.link(urls.FEEDS)}#{channel.slug}"

    def _feed_links(self, slug: str) -> tuple[c.FeedLink, ...]:
        """A channel's feeds, or without its slug the site's own."""
        return tuple(
            c.FeedLink(self.links.link(urls.feed(slug, kind)), media_type, title)
            for kind, media_type, title in (
                ("atom", "application/atom+xml", "Atom"),
                ("rss", "application/rss+xml", "RSS"),
                ("json", "application/feed+json", "JSON Feed"),
            )
        )

    def _channel(self, channel: Channel) -> c.ChannelPage:
        if channel.slug not in self.channel_pages:
            self.channel_pages[channel.slug] = self._channel_page(channel)
        return self.channel_pages[channel.slug]

    def _channel_page(self, channel: Channel) -> c.ChannelPage:
        canonical = urls.channel_edition(channel.slug, self.date)
        entries = self.views.entries(self.in_channel[channel.slug], channel)
        feed_links = self._feed_links(channel.slug)
        return c.ChannelPage(
            head=c.Head(
                title=f"{channel.zh} {self.date} · arXivDaily",
                description=f"{dates.day(self.date)}收录 {len(entries)} 篇：{channel.description}",
                canonical=self.links.absolute(canonical),
                image=self._share_image(channel.slug),
                feeds=tuple(replace(f, title=f"{channel.zh}（{f.title}）") for f in feed_links),
            ),
            group=self._group(channel),
            name=channel.zh,
            description=channel.description,
            sources=channel.sources,
            dateline=self._dateline(channel, urls.channel(channel.slug)),
            archive=self.links.link(urls.archive(channel.slug)),
            ledger=self.links.link(urls.ledger(self.date)),
            subscribe=self._subscribe(channel),
            feeds=feed_links,
            topics=views.topic_choices(channel, entries),
            types=views.type_choices(entries),
            entries=entries,
            abstracts=self.links.link(urls.channel_abstracts(channel.slug, self.date)),
            bibtex=self.links.link(urls.channel_bibtex(channel.slug, self.date)),
            updates=self.views.updates(self.in_channel[channel.slug], channel),
            empty_note=self._empty_note(channel),
        )

    def _abstracts(self, channel: Channel, page: c.ChannelPage) -> c.AbstractsPage:
        return c.AbstractsPage(
            head=replace(
                page.head, title=f"{page.name} {self.date} 英文摘要 · arXivDaily", canonical=None, feeds=()
            ),
            group=page.group,
            channel=c.Link(self.links.link(urls.channel_edition(channel.slug, self.date)), page.name),
            date=self.date,
            entries=page.entries,
        )

    def _empty_note(self, channel: Channel) -> str:
        if not self.edition.is_complete:
            return "本期还在处理中，收录的论文会陆续出现在这里。"
        words = f"{dates.day_and_weekday(self.date)}的公告里没有{channel.zh}的论文。"
        if self.state.previous:
            words += f"上一期：{dates.day_and_weekday(self.state.previous.date)}。"
        return words

    def _paper(self, record: Record) -> c.PaperPage:
        paper = self.views.paper(record)
        known = record.translation or record.kept
        summary = known.summary if known else ""
        words = views.full_width(summary) if summary else record.paper.abstract
        return c.PaperPage(
            head=c.Head(
                title=f"{inert_tex.plain(paper.plain_title)} · arXivDaily",
                description=_shortened(citations.plain(words)),
                canonical=self.links.absolute(urls.paper(paper.arxiv_id)),
                image=self._share_image(paper.matches[0].channel if paper.matches else share_cards.SITE),
                kind="article",
            ),
            paper=paper,
            ledger=f"{self.links.link(urls.ledger(record.edition))}#{paper.arxiv_id}",
            citation=self._citation(record, paper),
            bibtex=citations.bibtex(record.paper, record.edition[:4]),
            ris_href=self.links.link(urls.paper_ris(record.paper.arxiv_id)),
            versions=revisions.versions(record, self.links) if record.is_update else (),
        )

    def _citation(self, record: Record, view: c.PaperView) -> c.Citation:
        """What search engines and reference managers read of a page (schema.org, Highwire's tags)."""
        paper = record.paper
        published = record.history[0].edition if record.is_update else record.edition
        title, abstract, doi = (
            citations.plain(paper.title),
            citations.plain(paper.abstract),
            citations.doi(paper),
        )
        article = {
            "@context": "https://schema.org",
            "@type": "ScholarlyArticle",
            "headline": inert_tex.plain(view.plain_title),
            "alternativeHeadline": title,
            "inLanguage": "en",
            "url": self.links.absolute(urls.paper(paper.arxiv_id)),
            "sameAs": [urls.arxiv_abs(paper), f"https://doi.org/{quote(doi)}"],
            "identifier": f"arXiv:{paper.versioned_id}",
            "datePublished": published,
            "version": f"v{paper.version}",
            "author": [{"@type": "Person", "name": inert_tex.plain(p.name)} for p in view.authors],
            "abstract": abstract,
            "keywords": ", ".join(map(citations.plain, paper.categories)),
        }
        text = json.dumps(article, ensure_ascii=False, separators=(",", ":"))
        # Inside a script element only `<` and `&` could end it or be read as something else.
        escaped = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
        who = citations.names(paper)
        return c.Citation(
            title=title,
            authors=(*(name.inverted for name in who.authors), *who.collaborations),
            date=published,
            doi=doi,
            abstract=abstract,
            json_ld=Markup(escaped),  # nosec B704 # escaped above
        )

    def _home(self) -> c.HomePage:
        earlier = self.state.previous.channel_counts if self.state.previous else None
        best = (self.views.best_entry(r) for r in views.strongest(self.records, STRONGEST))
        groups = tuple(
            c.GroupBlock(
                group.slug,
                group.zh,
                tuple(
                    c.ChannelLine(
                        href=self.links.link(urls.channel(channel.slug)),
                        name=channel.zh,
                        description=channel.description,
                        count=self.counts[channel.slug],
                        earlier_count=earlier.get(channel.slug, 0) if earlier is not None else None,
                    )
                    for channel in group.channels
                ),
            )
            for group in self.state.catalogue.groups
        )
        line = self._dateline(None, urls.HOME)
        # Only here: an edition's own pages must not change when the next one comes.
        line = replace(line, note=(line.note or "") + dates.next_edition(self.date))
        return c.HomePage(
            head=c.Head(
                "arXivDaily · arXiv 每日学术速递",
                TAGLINE,
                self.links.absolute(urls.HOME),
                self._share_image(),
                feeds=tuple(replace(f, title=f"全站（{f.title}）") for f in self._feed_links("")),
            ),
            dateline=line,
            ledger=self.links.link(urls.ledger(self.date)),
            announced=len(self.records),
            shown=sum(record.is_listed for record in self.records),
            updated=sum(record.is_update for record in self.records),
            groups=groups,
            strongest=tuple(entry for entry in best if entry),
        )

    def _archive(self, channel: Channel, year: int) -> c.ArchivePage:
        # A year's page links backwards only, so that it need not change when a new year begins.
        years = range(year - 1, dates.year(self.state.first.date) - 1, -1)
        return c.ArchivePage(
            head=c.Head(
                title=f"{channel.zh} {year} 年归档 · arXivDaily",
                description=f"{channel.zh}频道 {year} 年每日收录的论文数。{channel.description}",
                canonical=self.links.absolute(urls.archive_year(channel.slug, year)),
                image=self._share_image(channel.slug),
            ),
            group=self._group(channel),
            name=channel.zh,
            channel=self.links.link(urls.channel(channel.slug)),
            subscribe=self._subscribe(channel),
            year=year,
            calendar=self._calendar(channel),
            count=sum(month.count for month in self._months(channel)),
            editions=len(self.year),
            years=tuple(
                c.Link(self.links.link(urls.archive_year(channel.slug, y)), f"{y} 年") for y in years
            ),
        )

    def _months(self, channel: Channel) -> tuple[c.Month, ...]:
        """A channel's year, which two pages show: made once."""
        if channel.slug not in self.months:
            self.months[channel.slug] = calendar.months(channel.slug, self.year, self.links)
        return self.months[channel.slug]

    def _calendar(self, channel: Channel) -> Markup:
        months = reversed(self._months(channel))
        return Markup().join(self.renderer.fragment("month", month) for month in months)

    def _ledger(self) -> c.LedgerPage:
        return c.LedgerPage(
            costs=ledger.cost_rows(self.records, self.tariff),
            head=c.Head(
                title=f"{self.date} 台账 · arXivDaily",
                description=f"{dates.day(self.date)} arXiv 公告的 {len(self.records)} 篇论文各自的去向。",
                canonical=self.links.absolute(urls.ledger(self.date)),
                image=self._share_image(),
            ),
            dateline=self._dateline(None, urls.HOME),
            json=self.links.link(urls.ledger_json(self.date)),
            announced=len(self.records),
            states=_state_meanings(),
            by_type=ledger.by_type(self.records),
            by_category=ledger.by_category(self.records),
            rows=tuple(self._ledger_row(record) for record in self.records),
        )

    def _ledgers(self, year: int) -> c.LedgersPage:
        months: dict[str, list[c.Link]] = {}
        for edition in reversed(self.year):
            day = c.Link(self.links.link(urls.ledger(edition.date)), f"{int(edition.date[8:])}日")
            months.setdefault(f"{int(edition.date[5:7])}月", []).append(day)
        years = range(year - 1, dates.year(self.state.first.date) - 1, -1)
        return c.LedgersPage(
            head=c.Head(
                title=f"{year} 年台账 · arXivDaily",
                description=f"{year} 年各期的台账：每期 arXiv 公告的全部论文各自的去向。",
                canonical=self.links.absolute(urls.ledgers(year)),
                image=self._share_image(),
            ),
            year=year,
            editions=len(self.year),
            months=tuple((name, tuple(days)) for name, days in months.items()),
            years=tuple(c.Link(self.links.link(urls.ledgers(y)), f"{y} 年") for y in years),
        )

    def _papers(self) -> c.PapersPage:
        shown = next((record for record in self.records if record.is_listed), None)
        return c.PapersPage(
            head=c.Head(
                title="论文 · arXivDaily",
                description="论文页的地址，以及怎样找到一篇论文。",
                canonical=self.links.absolute(urls.PAPERS),
                image=self._share_image(),
            ),
            newest=self.links.link(urls.HOME),
            example=self.links.link(urls.paper(shown.paper.arxiv_id)) if shown else "",
            ledgers=self.links.link(urls.LEDGERS),
        )

    def _ledger_row(self, record: Record) -> c.LedgerRow:
        paper = record.paper
        names = ((m, self.state.catalogue.get(m.channel)) for m in record.matches or ())
        return c.LedgerRow(
            arxiv_id=paper.arxiv_id,
            href=self.links.link(urls.paper(paper.arxiv_id)) if record.is_shown else urls.arxiv_abs(paper),
            title=latex.to_plain(paper.title),
            announce_type=labels.ANNOUNCE_TYPES[paper.announce_type],
            primary=paper.primary,
            state=record.state.value,
            state_name=labels.STATES[record.state],
            channels=tuple(
                c.Link(self.links.link(urls.channel_edition(channel.slug, self.date)), channel.zh)
                for _, channel in names
                if channel
            ),
            reason=self._ledger_reason(record),
            flags=labels.flags(paper),
        )

    def _ledger_reason(self, record: Record) -> Markup:
        """Why a paper is where it is, and of an update what it is an update of; in Chinese, with a service's
        own words quoted."""
        parts = []
        if record.is_update:
            last = record.history[-1]
            parts.append(escape(f"更新自 v{last.version}（{dates.day(last.edition)}）"))
        if record.reason:
            words = reasons.in_chinese(latex.clean(labels.ledger_reason(record)))
            parts.append(escape(words.chinese) + _quotation(words))
        parts.append(escape(labels.repair_note(record)))
        return Markup("；").join(filter(None, parts))

    def _feed_directory(self) -> c.FeedsPage:
        return c.FeedsPage(
            head=c.Head(
                "订阅 · arXivDaily",
                "每个频道的 Atom、RSS 与 JSON Feed，以及可导入阅读器的 OPML。",
                self.links.absolute(urls.FEEDS),
                self._share_image(),
            ),
            site=tuple(c.Link(f.href, f.title) for f in self._feed_links("")),
            groups=tuple(
                (
                    c.Link(self.links.link(urls.group_opml(group.slug)), group.zh),
                    tuple(
                        (
                            channel.slug,
                            c.Link(self.links.link(urls.channel(channel.slug)), channel.zh),
                            tuple(c.Link(f.href, f.title) for f in self._feed_links(channel.slug)),
                        )
                        for channel in group.channels
                    ),
                )
                for group in self.state.catalogue.groups
            ),
        )

    def _about(self) -> c.AboutPage:
        return c.AboutPage(
            head=c.Head(
                "关于 · arXivDaily",
                "arXivDaily 是什么，论文怎样选出，译文怎样做出又怎样检查。",
                self.links.absolute(urls.ABOUT),
                self._share_image(),
            ),
            channels=len(self.state.catalogue),
            groups=len(self.state.catalogue.groups),
            date=dates.day_and_weekday(self.date),
            ledger=self.links.link(urls.ledger(self.date)),
            ledgers=self.links.link(urls.LEDGERS),
            papers=self.links.link(urls.PAPERS),
            data=self.links.link(urls.api(next(iter(self.state.catalogue)).slug, self.date)),
            states=_state_meanings(),
            edition=quality.of_edition(self.records),
            evaluation=quality.of_evaluation(quality.load(self.templates_dir)),
            marks=labels.MARK_MEANINGS,
        )

    def _not_found(self) -> c.NotFoundPage:
        return c.NotFoundPage(c.Head("没有这一页 · arXivDaily", "没有这一页。", None, None))

    # --- data ------------------------------------------------------------------------------

    def _api(self, channel: Channel) -> dict[str, Any]:
        """The page's data, in arXiv's own LaTeX-flavoured text: a program wants the source."""
        return {
            "channel": channel.slug,
            "edition": self.date,
            "papers": self._api_papers(channel, updates=False),
            "updates": self._api_papers(channel, updates=True),
        }

    def _api_papers(self, channel: Channel, *, updates: bool) -> list[dict[str, Any]]:
        in_order = views.updates_in_order if updates else views.listed_in_order
        return [
            api.paper(record, match, self.institutions)
            for record, match in in_order(self.in_channel[channel.slug], channel.slug)
        ]


def _state_meanings() -> tuple[tuple[str, str], ...]:
    return tuple((labels.STATES[state], labels.STATE_MEANINGS[state]) for state in ledger.STATE_ORDER)


def _quotation(words: reasons.Words) -> Markup:
    """`：“…”` with what is quoted; a screen reader is told its language."""
    if not words.quoted:
        return Markup()
    language = Markup(' lang="en"') if words.is_foreign else Markup()
    return Markup("：<q{}>{}</q>").format(language, words.quoted)


def _shortened(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1].rstrip() + "…"
