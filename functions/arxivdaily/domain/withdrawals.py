"""Withdrawals: arXiv marks none in its announcement. Authors and administrators write them into the comment
of a last version, sometimes into the abstract; only OAI-PMH has a field for them (`Paper.withdrawn`).

The rule is one of grammar, sentence by sentence. A text says that this paper is withdrawn where

- the paper is the subject and the verb is passive: `this e-print has been withdrawn`. Subjects are a noun
  for the paper with an article of its own (`this`, `the`, `our`), `v2`, `it`, `this`, or one left out
  (`contains an error and has been withdrawn`);
- the participle stands at the head of a clause, alone or behind a bare noun: `withdrawn due to …`,
  `12 pages, withdrawn`, `article withdrawn at the request of …`;
- the paper is the object of an active verb: `the authors withdraw this paper`, `please withdraw it`;
- the noun stands for the act: `withdrawal notice`, `we request withdrawal`.

What else is withdrawn (claims, drugs, troops, an earlier version, a submission to a conference) is not
this paper. Abstracts tell of other papers' withdrawals, too: there only `this` paper and explicit notices
count. `removed` and the like are a withdrawal only if authors or administrators did it.

Apart from the other rules of the comment field, because fetch needs this one alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from arxivdaily.domain.comment_text import plain

if TYPE_CHECKING:
    from arxivdaily.domain.papers import Paper

_NOUN = (
    r"(?:(?:pre-?|e-?)?prints?|papers?|articles?|submissions?|manuscripts?|letter|works?|report|draft|document"
    r"|notes?|thesis|dissertation|study|essay|chapter|monograph|review|survey|book|poster|comment|tutorial|contribution|communication|upload"
    r"|posting|publication|entry|version(?: \d+)?|revision|v\d+)\b"
)
# What may stand between `this` and the noun; any other word may make it another paper (`companion`).
_KIND = (
    r"(?:arxiv|present|current|short|long|whole|entire|full|above|technical|research|review|survey|working|draft"
    r"|position|white|new|revised|updated|latest|last|final|very|said|uploaded|posted)"
)
_OWN = rf"(?:this|the|our|my|present|current)(?: {_KIND}){{0,3}} {_NOUN}"
_GONE = r"(?:with-?drawn|withdrawed|retracted)(?![-\w])"
_WHO = (
    r"(?:(?:the|its|all|an?|our|both|one of the) ){0,2}"
    r"(?:(?:corresponding|first|lead|original|submitting|co-?) ?)?"
    r"(?:(?:co-?)?authors?|submitter|owner|(?:arxiv|administrators?|admins?|moderators?|moderation)\b)(?:'s?)?"
)
# A passive verb says who did it, or why; with these verbs it could otherwise be something in the paper.
_REMOVED = (
    r"(?:removed|deleted|taken down|pulled)(?:"
    rf" by {_WHO}| from (?:the )?arxiv| (?:at|on|upon) (?:the |an? )?(?:request|{_WHO}(?: request)?)"
    r")"
)
# Leaving a conference or a journal is no withdrawal from arXiv.
_NOT_A_VENUE = (
    r"(?! (?:from|at) (?!(?:the |an? )?(?:arxiv|archive|server|repository|public|publication|circulation"
    r"|this (?:site|server)|request|present|(?:co-?)?authors?|their|our|my|its|journal's request)\b)"
    r"(?![^.;]{0,60}\barxiv\b))"
    r"(?! (?:by mistake|in error|accidentally|mistakenly|erroneously)\b)"
)
_PARTICIPLE = rf"(?:(?:{_GONE}){_NOT_A_VENUE}|{_REMOVED})"
_HOW = (
    r"(?!(?:previous|former|initial|original|near|mistaken|erroneous|accidental|ear|on)ly\b)"
    r"(?:[a-z]{2,15}ly|now|hereby|since|also|thus|hence|therefore|later|already|just|being|been|be)"
)
_IS = (
    r"(?:is to be|needs to be|ought to be|has to be|had to be|is|was|has|had|will be|shall be|should be"
    r"|must be|be|got)"
)
_ARE = r"(?:are|were|have)"
# Of the paper itself even `removed` says enough.
_REMOVED_WHOLE = r"(?:removed|deleted|taken down)(?=\W*$| (?:due|because|as|for|pending|temporarily)\b)"
_PASSIVE = rf"{_IS}(?: {_HOW}){{0,4}} (?:{_PARTICIPLE}|{_REMOVED_WHOLE})"
_PLURAL_PASSIVE = rf"{_ARE}(?: {_HOW}){{0,4}} (?:{_PARTICIPLE}|{_REMOVED_WHOLE})"
# A word of another clause or a refusal: what follows says nothing of the paper.
_ELSEWHERE = r"\b(?:that|which|whose|where|when|who|how|why|whether|if|unless|not|never)\b"
_WITHIN = rf"(?:(?!{_ELSEWHERE})[^;:])"
# From the noun to its verb: nothing, a phrase that belongs to the noun, or another verb and `and`.
_TO_VERB = (
    rf"(?: ?\([^()]{{0,80}}\))?"
    rf"(?:,? (?:of|by|on|about|titled|entitled|with|in|from|for|v\d)\b{_WITHIN}{{0,120}}?"
    rf"|(?! (?:to|at)\b){_WITHIN}{{0,120}}?(?:,|\)|\b(?:and|but|so|thus))(?: it| therefore| hence| thus)?"
    r")??,? "
)
_AFTER_NOUN = re.compile(
    rf"{_TO_VERB}{_PASSIVE}|(?: {_WITHIN}{{0,80}}?\band\b{_WITHIN}{{0,60}}?)? {_PLURAL_PASSIVE}",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    rf"\b(?:(?:(?:results?|contents?|findings) of )?{_OWN}|(?P<version>v(?:ersion )?\d+)(?: of {_OWN})?"
    r"|(?P<pronoun>it|this))(?![-'\w])",
    re.IGNORECASE,
)
# A word before the noun that makes it an object, or the clause a condition: `Lemma 2 of this paper`.
_NO_SUBJECT_AFTER = re.compile(
    r"of|to|from|in|on|with|for|by|about|into|than|like|replaces?|supersedes|extends|corrects|before|after|if|unless"
    r"|until|whether|when|once|without|via|through|under|within|cites|see"
)
_REASON = (
    r"(?: (?:by|due|because|as|for|pending|at|on|upon|in|after|since|until|owing|following|from|while|so|and"
    r"|to|of|temporarily|voluntarily|permanently|with|given|per)\b|\W*$| ?[:,()\[\]\-])"
)
_BARE = re.compile(
    rf"\W*(?:(?:this|now|hereby|temporarily|permanently|voluntarily|officially|currently|to be|being|is|was"
    rf"|has(?: now)? been|had to be|an?) ){{0,3}}{_PARTICIPLE}"
    rf"(?: (?!\w+[rtnekw]s\b){_NOUN}(?=\W*$| ?[:,(]| (?:by|due|because)\b)"
    rf"|(?={_REASON}))",
    re.IGNORECASE,
)
_LAST = re.compile(rf"\W*(?:now )?{_PARTICIPLE}(?: by {_WHO})?\W*$", re.IGNORECASE)
_BARE_NOUN = re.compile(
    rf"\W*(?:(?:this|the|our|my|arxiv|{_KIND}) ){{0,3}}{_NOUN}(?: ?\([^()]{{0,80}}\))?"
    rf"(?: {_HOW}){{0,2}}(?: {_IS}(?: {_HOW}){{0,4}})? {_PARTICIPLE}(?={_REASON})",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(
    rf"\W*(?:(?:this|the) )?(?:{_NOUN} )?(?:(?:is|was|has been) )?"
    rf"(?:(?:{_GONE})(?: by {_WHO}|\W*$|:)|{_REMOVED})",
    re.IGNORECASE,
)
# The subject is left out: a sentence that begins with a verb, as comments do.
_LEFT_OUT = re.compile(
    rf"\W*(?:contains?|has|had|needs|requires|includes|suffers|overlaps|duplicates|is|was|found|[a-z]{{2,15}}ed)\b"
    rf"{_WITHIN}{{0,120}}?(?:,|\band\b|\bso\b|\bthus\b)(?: (?:so|thus|hence|therefore|is))?"
    rf" (?:{_IS} )?(?:{_HOW} ){{0,4}}{_PARTICIPLE}(?={_REASON})",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?:\d|\b(?:pages?|pgs?|pp?|figs?|figures?|tables?|refs?|references|appendix|appendices|(?:la|rev)tex\w*"
    r"|words|columns?|supplement|algorithms?|theorems?|slides|chapters|sections|english|color|colour))[\W\d]*$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,:()\[\]]| - |\b\d+ (?:pages|pp|figures?|figs|tables?)(?= (?:now )?(?:withdrawn|retracted)\b)",
    re.IGNORECASE,
)
_ANY_CLAUSE = re.compile(rf"{_CLAUSE.pattern}|\b(?:and|so|thus|hence|therefore)(?= )", re.IGNORECASE)
# Verbs with the paper as their object; the weak ones only where somebody is asked, or arXiv is named.
_VERB = (
    r"(?<!\bis )(?<!\bwas )(?<!\bare )(?<!\bwere )(?<!\bbeen )(?<!\bbe )(?<!\bbeing )"
    r"(?:with-?drawn|retracted)|with-?dr[ae]w(?:ing|s)?|retract(?:ing|s)?"
)
_WEAK = r"(?:remov(?:e|ed|ing)|delet(?:e|ed|ing)|take down)"
_ASKED = (
    r"(?:request(?:s|ed|ing)?|ask(?:s|ed|ing)?|please|kindly|decided|decide|wish|want|would like|like|plan"
    r"|intend|need|had|have|must)\b"
)
_FREELY = (
    r"(?:(?!\b(?:not|never|cannot|refuse\w*|declin\w*|if|unless|whether|how|why|previously|earlier|originally)\b)"
    r"[^;:]){0,80}?"
)
_ACTIVE = re.compile(
    r"(?:\b(?:authors?|we|i|arxiv|administrators?|admins|moderators?|please|kindly|request\w*|decided|forced)\b"
    rf"|^\W*(?=with-?dr[ae]w|retract)){_FREELY}\b(?:{_VERB})(?: of)? {_OWN}"
    rf"(?! (?:to|at|from) (?-i:[A-Z])(?!(?i:rxiv)))(?={_REASON}){_NOT_A_VENUE}"
    rf"|\b{_ASKED}{_FREELY}\b{_WEAK} {_OWN}(?={_REASON})"
    rf"|\b{_WEAK} {_OWN} from (?:the )?arxiv\b",
    re.IGNORECASE,
)
# Without the noun, or with a bare one: only from the beginning of a clause, and with nothing in between.
_BRIEF = re.compile(
    rf"\W*(?:and |so |thus |hence |therefore |because |as |since )?"
    rf"(?:{_WHO}|we|i|please|kindly|request(?:s|ed|ing)?)"
    r"(?: (?:have|has|had|would|like|wish(?:es)?|wants?|decided?|need|must|will|are|am|is|forced"
    rf"|request(?:s|ed)?|to|{_HOW})){{0,5}} "
    rf"(?:{_VERB})(?:(?: it| this)(?={_REASON}){_NOT_A_VENUE}|(?: (?!\w+[rtnekw]s\b){_NOUN})?"
    r"(?=\W*$| (?:due to|because|until|as|since|for now|pending|temporarily)\b| from (?:the )?arxiv\b))",
    re.IGNORECASE,
)
_ACT = re.compile(
    rf"^\W*(?:withdrawing|retracting)(?: it| this| {_NOUN})?(?=\W*$| (?:due|because|until|as|since|for)\b)"
    rf"|^\W*(?:this is )?(?:an? |the )?(?:notice of )?(?:author )?(?:withdrawal|retraction)"
    rf"(?: notice| request(?:ed)?| note| statement)?(?: (?:by|due|because|at|on|of (?:{_OWN}|it))\b|\W*$|:)"
    rf"|\b(?:withdrawal|retraction|removal) of {_OWN}(?={_REASON})"
    rf"|\b(?:request(?:s|ed|ing)?|ask(?:s|ed|ing)? for)(?: (?:an?|the|its|for))?(?: immediate)?"
    rf" (?:withdrawal|retraction)(?: of (?:{_OWN}|it))?(?=\W*$| (?:due|because|as|by|from arxiv)\b)"
    rf"|\b(?:withdrawal|retraction) (?:was |is |has been )?requested\b",
    re.IGNORECASE,
)
# The notice is about a version that this one replaces, or has been taken back.
_TAKEN_BACK = re.compile(
    r"\breinstat(?:ed?|es|ing|ement)\b|\bun-?withdr(?:aw|awn|ew)\b|\bno longer withdrawn\b"
    r"|\b(?:previous|earlier|prior|former|old|first|initial) (?:\w+ )?(?:withdrawal|retraction)\b",
    re.IGNORECASE,
)
_NEWER = re.compile(
    r"\b(?:this (?:is|version|revision)|new version|(?:corrected|revised) version|fix(?:es|ed)|resubmi\w+)\b",
    re.IGNORECASE,
)
_OLD_VERSION = re.compile(
    rf"\b(?P<version>v(?:ersion )?\d{{1,4}}),? ?[(\[:,-]? ?(?:{_IS} (?:been )?)?(?:with-?drawn|retracted)\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"\barxiv: ?(?:\d{4}\.\d{4,5}|[a-z.-]{2,20}/\d{7})(?:v\d{1,4})?(?: ?\((?:now )?withdrawn\))?",
    re.IGNORECASE,
)
# Full stops that end no sentence.
_SHORT = re.compile(
    r"\b([A-Z]|Secs?|Eqs?|Figs?|Thms?|Props?|Refs?|Tab|No|al|vs|cf|Dr|Prof|i\.e|e\.g)\.(?=[ (])"
)
_SENTENCE = re.compile(r"[.;!?]\s+|\barxiv admin(?:istrator)?s? note:?|(?<=\w): (?=this\b)", re.IGNORECASE)
_CONDITION = re.compile(r"\W*(?:if|unless|whether)\b", re.IGNORECASE)
_ANY = re.compile(r"with-?\s?dr[ae]w|retract|remov|delet|taken? down|pulled", re.IGNORECASE)
_VERSION = re.compile(r"\bv(?:ersion )?(\d{1,4})\b", re.IGNORECASE)


def is_withdrawn(comment: str | None, abstract: str | None = None) -> bool:
    """Whether the comment or the abstract says that this paper is withdrawn from arXiv, by authors or
    administrators. A submission that left a conference (`withdrawn from FOO 2026`) is still a paper."""
    return bool((comment and _in_comment(comment)) or (abstract and _in_abstract(abstract)))


def is_gone(paper: Paper) -> bool:
    """Whether this version is a withdrawal, by arXiv's own mark or by its words."""
    return paper.withdrawn or is_withdrawn(paper.comment, paper.abstract)


def _in_comment(comment: str) -> bool:
    if not _ANY.search(comment):
        return False
    text = _read(comment)
    if _TAKEN_BACK.search(text):
        return False
    return any(
        _of_the_paper(sentence, text, own="", pronouns=True)
        or _LEFT_OUT.match(sentence)
        or _ACT.search(sentence)
        or _ACTIVE.search(sentence)
        or any(map(_BARE.match, _clauses(sentence)))
        or any(_BARE_NOUN.match(clause) or _BRIEF.match(clause) for clause in _clauses(sentence, bare=True))
        for sentence in _sentences(text)
    )


def _in_abstract(abstract: str) -> bool:
    """Its first sentence as a notice, or any that speaks of `this` paper."""
    if not _ANY.search(abstract):
        return False
    text = _read(abstract)
    if _TAKEN_BACK.search(text):
        return False
    for place, sentence in enumerate(_sentences(text)):
        first = place == 0
        if first and (_EXPLICIT.match(sentence) or _ACT.match(sentence)):
            return True
        if _of_the_paper(sentence, text, own="" if first else "this", pronouns=False):
            return True
        active = _ACTIVE.search(sentence)
        if active and re.search(r"\b(?:this|our|my)\b", active[0], re.IGNORECASE):
            return True
    return False


def _read(text: str) -> str:
    """Plain text in which full stops and colons part sentences, without what it says of older versions."""
    line = _IDENTIFIER.sub("another", plain(text).replace("(s)", "s").replace("(S)", "S"))
    line = _SHORT.sub(r"\1", line)
    return _OLD_VERSION.sub(lambda m: "another" if _is_superseded(m["version"], line) else m[0], line)


def _of_the_paper(sentence: str, text: str, *, own: str, pronouns: bool) -> bool:
    """Whether a noun for the paper (beginning with `own`) is the subject of a passive withdrawal."""
    for found in _SUBJECT.finditer(sentence):
        before = sentence[: found.start()].rstrip(" (\"'").rsplit(" ", 1)[-1].lower()
        if _NO_SUBJECT_AFTER.fullmatch(before) or not _AFTER_NOUN.match(sentence, found.end()):
            continue
        if found["pronoun"] and not pronouns:
            continue
        if not found[0].lower().startswith(own):
            continue
        if found["version"] and _is_superseded(found["version"], text):
            continue
        return True
    return False


def _is_superseded(version: str, text: str) -> bool:
    """Whether a text that calls this version withdrawn speaks of a newer one."""
    number = int(re.sub(r"\D", "", version)[:4])
    return bool(_NEWER.search(text)) or any(int(n) > number for n in _VERSION.findall(text))


def _sentences(text: str) -> Iterator[str]:
    for part in _SENTENCE.split(text):
        part = part.strip().rstrip(".")
        if part and not _CONDITION.match(part):
            yield part


def _clauses(sentence: str, *, bare: bool = False) -> Iterator[str]:
    """The sentence from each place where a clause begins. A comma begins one for a participle only after
    counts of pages and figures, or at the sentence's end: else it belongs to the noun before."""
    yield sentence
    for mark in (_ANY_CLAUSE if bare else _CLAUSE).finditer(sentence):
        rest = sentence[mark.end() :]
        before = sentence[max(0, mark.start() - 40) : mark.start()]
        if bare or mark[0] != "," or _COUNTED.search(before) or _LAST.match(rest):
            yield rest
