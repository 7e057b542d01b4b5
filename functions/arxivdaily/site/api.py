"""The data of a channel's page for programs, in arXiv's own LaTeX-flavoured text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from arxivdaily.domain import comments
from arxivdaily.domain.affiliations import AuthorBlock, Source
from arxivdaily.domain.institution_names import Institutions
from arxivdaily.domain.records import Match, Record
from arxivdaily.domain.revisions import changed_parts, update_kind
from arxivdaily.site import labels, latex, urls, views


def paper(record: Record, match: Match, institutions: Institutions) -> dict[str, Any]:
    """A paper of `/api/<channel>/<date>.json`, as it stands in one of its channels."""
    this, translation = record.paper, record.translation or record.kept
    text = latex.clean
    return {
        "arxiv_id": this.arxiv_id,
        "version": this.version,
        "title": text(this.title),
        "title_zh": text(translation.title) or None if translation else None,
        "authors": [text(author) for author in this.authors],
        **_affiliations(record, institutions),
        "categories": list(this.categories),
        "announce_type": this.announce_type.value,
        "score": match.score,
        "topic": match.topic,
        "reason": text(match.reason),
        "summary_zh": text(translation.summary) or None if translation else None,
        "abstract": text(this.abstract),
        "abstract_zh": text(translation.abstract) or None if translation else None,
        "comment": text(this.comment) if this.comment else None,
        "venue": labels.venue(this.comment),
        "pages": comments.pages(this.comment),
        "withdrawn": labels.is_withdrawn(this),
        "links": [{"url": link.url, "kind": link.kind.value} for link in views.resources(this)],
        **_versions(record),
        "translation": {
            "state": record.state.value,
            "model": text(translation.made_by.model) if translation else None,
            "prompt_version": translation.made_by.prompt_version if translation else None,
            "kind": labels.translation_kind(record),
            "note": labels.translation_note(record),
            "reason": labels.reason_in_words(record),
        },
        "classification": {
            "model": text(record.classified_by.model) if record.classified_by else None,
            "prompt_version": record.classified_by.prompt_version if record.classified_by else None,
        },
    }


def _affiliations(record: Record, institutions: Institutions) -> dict[str, Any]:
    """The institutions, each once; which of them each author names; where that is known from."""
    known = record.affiliations
    block = known.block if known else AuthorBlock()
    return {
        "affiliations": [
            {
                "name": latex.clean(place.name),
                "name_zh": institutions.zh(place.name),
                "full": latex.clean(place.full),
            }
            for place in block.institutions
        ],
        "author_affiliations": [list(places) for places in block.of_authors],
        "affiliations_source": {
            "source": known.source.value,
            "url": urls.arxiv_html(replace(record.paper, version=known.version))
            if known.source is Source.HTML
            else None,
            "retrieved": None
            if known.source is Source.NONE
            else known.retrieved.isoformat(timespec="seconds"),
            "problem": latex.clean(known.problem) or None,
        }
        if known
        else None,
    }


def _versions(record: Record) -> dict[str, Any]:
    newer = record.superseded
    found: dict[str, Any] = {
        "superseded_by": {"edition": newer.edition, "version": newer.version, "withdrawn": newer.withdrawn}
        if newer
        else None
    }
    if record.is_update:
        before = record.history[-1]
        found["update"] = {
            "kind": update_kind(record).value,
            "changed": [part.value for part in changed_parts(before, record.paper)],
            "history": [{"edition": past.edition, "version": past.version} for past in record.history],
            "before": {
                "title": latex.clean(before.title),
                "abstract": latex.clean(before.abstract),
                "comment": latex.clean(before.comment) if before.comment else None,
            },
        }
    return found
