"""What the templates may see: typed, frozen, and already in the reader's words.

Text that arXiv or a model wrote arrives as `Markup` made by `latex.to_html` or as a plain `str`,
which the templates escape. Links are root-relative unless the name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class SiteContext:
    """The same on every page of a build."""

    home: str
    about: str
    feeds: str
    opml: str
    stylesheet: str
    script: str
    ledger_script: str
    cite_script: str
    icon: str
    notice: str


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    text: str


@dataclass(frozen=True, slots=True)
class FeedLink:
    href: str
    media_type: str
    title: str


@dataclass(frozen=True, slots=True)
class Head:
    """`canonical` and `image` (what is shown where the address is shared) are absolute; no canonical
    address keeps a page out of search engines (the 404 page)."""

    title: str
    description: str
    canonical: str | None
    image: str | None
    feeds: tuple[FeedLink, ...] = ()
    kind: str = "website"  # og:type


@dataclass(frozen=True, slots=True)
class MatchView:
    """A paper in a channel. `strength` is the score's decile, 0 to 10, for the bar beside it."""

    channel: str
    channel_name: str
    href: str
    topic: str
    topic_name: str
    score: int
    strength: int
    reason: Markup


@dataclass(frozen=True, slots=True)
class Person:
    """An author. `href` is arXiv's author search; `places` are numbers of the paper's places, from 1."""

    name: str
    href: str
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """An institution as a reader knows it, in Chinese where that is known; `full` is what the source
    says, where that is more."""

    number: int
    name: str
    name_zh: str | None
    full: str | None

    @property
    def text(self) -> str:
        return f"{self.name}（{self.name_zh}）" if self.name_zh else self.name


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What a version changed: in words, and each changed text with its changes marked (None where it
    did not change)."""

    words: str
    title: Markup | None
    abstract: Markup | None
    comment: Markup | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of a paper that an edition showed; `change` is None for the first."""

    number: str
    date: str
    ledger: str
    arxiv: str
    withdrawn: bool
    change: ChangeView | None


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper's words. `title` is what stands first: Chinese where there is a translation, and
    `original_title` then the English below it. `lead` is the first authors, `authors` all.
    `places_note` stands where no affiliation is known; `resources` are code, data and project pages."""

    arxiv_id: str
    versioned_id: str
    date: str
    href: str
    abs_href: str
    pdf_href: str
    html_href: str
    bibtex_href: str
    plain_title: str
    title: Markup
    title_lang: str
    original_title: Markup | None
    authors: tuple[Person, ...]
    lead: tuple[Person, ...]
    places: tuple[Place, ...]
    places_note: str
    places_source: str
    resources: tuple[Link, ...]
    categories: tuple[str, ...]
    submitted: str | None
    announce_type: str
    announce_type_name: str
    summary: Markup | None
    abstract_zh: Markup | None
    abstract: Markup
    comment: Markup | None
    journal_ref: Markup | None
    doi: str | None
    labels: tuple[str, ...]
    model: str | None
    translation_note: str
    repaired: bool
    is_withdrawn: bool
    matches: tuple[MatchView, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """A paper as it stands in one channel; `others` are its other channels. `has_english` says whether
    a listing carries the English abstract, or leaves it to the page of abstracts."""

    paper: PaperView
    match: MatchView
    topic_index: int
    others: tuple[MatchView, ...]
    has_english: bool = True


@dataclass(frozen=True, slots=True)
class UpdateView:
    """A new version of a paper that an earlier edition showed in the channel. `before` leads there."""

    paper: PaperView
    before: Link
    change: ChangeView


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter. `index` names the class that its entries carry."""

    index: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class DateLine:
    """Where a page stands in time; neighbours are None at the ends of the archive.

    `progress` is (processed, announced) while the edition is not complete, else None, and `failed` how many
    of the processed ones have failed; `note` names days without an announcement before this one.
    """

    date: str
    day: str
    weekday: str
    earlier: Link | None
    later: Link | None
    newest: str
    progress: tuple[int, int] | None
    failed: int
    note: str | None


@dataclass(frozen=True, slots=True)
class ChannelPage:
    head: Head
    group: Link
    name: str
    description: str
    sources: tuple[str, ...]
    dateline: DateLine
    archive: str
    ledger: str
    subscribe: str
    feeds: tuple[FeedLink, ...]
    topics: tuple[Choice, ...]
    types: tuple[Choice, ...]
    entries: tuple[EntryView, ...]
    abstracts: str
    bibtex: str
    updates: tuple[UpdateView, ...]
    empty_note: str


@dataclass(frozen=True, slots=True)
class AbstractsPage:
    """The English abstracts of a long listing, in its order; `channel` is the listing."""

    head: Head
    group: Link
    channel: Link
    date: str
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class ChannelLine:
    href: str
    name: str
    description: str
    count: int
    earlier_count: int | None


@dataclass(frozen=True, slots=True)
class GroupBlock:
    slug: str
    name: str
    channels: tuple[ChannelLine, ...]


@dataclass(frozen=True, slots=True)
class HomePage:
    head: Head
    dateline: DateLine
    ledger: str
    announced: int
    shown: int
    updated: int
    groups: tuple[GroupBlock, ...]
    strongest: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A paper for search engines and reference managers, in English and plain text that nothing of is run:
    `authors` as `Last, First, Suffix`, `date` is ISO, `json_ld` a schema.org ScholarlyArticle."""

    title: str
    authors: tuple[str, ...]
    date: str
    doi: str
    abstract: str
    json_ld: Markup


@dataclass(frozen=True, slots=True)
class PaperPage:
    head: Head
    paper: PaperView
    ledger: str
    citation: Citation
    bibtex: str
    ris_href: str
    versions: tuple[VersionView, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the calendar. `kind`: blank, outside, weekend, quiet, edition; `why` is the reason for
    a quiet day, where arXiv's calendar gives one."""

    kind: str
    number: int
    href: str | None
    count: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    weeks: tuple[tuple[Day, ...], ...]
    count: int


@dataclass(frozen=True, slots=True)
class ArchivePage:
    head: Head
    group: Link
    name: str
    channel: str
    subscribe: str
    year: int
    calendar: Markup  # the year's months, newest first, by their own template
    count: int
    editions: int
    years: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """A row of an account: one figure a column, and their sum."""

    name: str
    figures: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Account:
    """A table of counts whose rows, columns and grand total agree."""

    columns: tuple[str, ...]
    rows: tuple[TotalsRow, ...]
    totals: TotalsRow


@dataclass(frozen=True, slots=True)
class LedgerRow:
    arxiv_id: str
    href: str
    title: str
    announce_type: str
    primary: str
    state: str
    state_name: str
    channels: tuple[Link, ...]
    reason: Markup
    flags: str


@dataclass(frozen=True, slots=True)
class CostRow:
    """What a stage cost with a model: papers, tokens read, of these from a cache, written, money."""

    stage: str
    model: str
    papers: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    money: str | None


@dataclass(frozen=True, slots=True)
class LedgerPage:
    head: Head
    costs: tuple[CostRow, ...]
    dateline: DateLine
    json: str
    announced: int
    states: tuple[tuple[str, str], ...]
    by_type: Account
    by_category: Account
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class LedgersPage:
    """A year's ledgers: ((month, its days, newest first), …), newest first; `years` are the earlier ones."""

    head: Head
    year: int
    editions: int
    months: tuple[tuple[str, tuple[Link, ...]], ...]
    years: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class PapersPage:
    """Where papers are found; `example` is the address of one, empty for an edition that shows none."""

    head: Head
    newest: str
    example: str
    ledgers: str


@dataclass(frozen=True, slots=True)
class FeedsPage:
    """The site's own feeds, and every channel's: (group with its OPML, ((slug, channel, (Atom, RSS,
    JSON Feed)), …))."""

    head: Head
    site: tuple[Link, ...]
    groups: tuple[tuple[Link, tuple[tuple[str, Link, tuple[Link, ...]], ...]], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured, in words; `how` says of what, or by which model."""

    name: str
    words: str
    how: str


@dataclass(frozen=True, slots=True)
class AboutPage:
    head: Head
    channels: int
    groups: int
    date: str
    ledger: str
    ledgers: str
    papers: str
    data: str
    states: tuple[tuple[str, str], ...]
    edition: tuple[Figure, ...]
    evaluation: tuple[Figure, ...]
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NotFoundPage:
    head: Head
