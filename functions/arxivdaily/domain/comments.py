"""What arXiv's comment field says: the venue that accepted the paper, its length.

Authors write the field as they like, so every answer follows from words that state it, and a doubt
is None: a badge that is missing costs a reader nothing, one that is wrong does. A venue counts when
a sentence says that it accepted this paper (`accepted to`, `published in`, `to appear in` …) or when
a part of the comment is the venue alone (`12 pages, CVPR 2026`) and nothing speaks of a submission.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from arxivdaily.domain.comment_text import plain
from arxivdaily.domain.venues import Mention, mentions
from arxivdaily.domain.withdrawals import is_withdrawn

MAX_MENTIONS = 12  # venues read in one sentence
_CACHE = 4_096


# --- sentences -----------------------------------------------------------------------------

_ADDRESS = re.compile(
    r"\b(?:https?|htpps):/{0,2}\S*|\bwww\.\S+|\b10\.\d{4,9}/\S+|(?<!\S)\S+\.(?:com|org|io|edu)/\S*"
)
_BRACKETS = re.compile(r"\([^()]*\)")
_NOTE = re.compile(r"\barxiv admin note\b.*", re.IGNORECASE)
_END = re.compile(
    r"\s*[;|]\s*"
    r"|(?<!\bProc)(?<!\bConf)(?<!\bInt)(?<!\bTrans)(?<!\bVol)(?<!\bvol)(?<!\bNo)(?<!\bno)(?<!\bpp)(?<!\bSymp)"
    r"(?<!\bet al)(?<!\bvs)(?<!\bInc)(?<!\bJ)[.!?]+(?:\s+|$)"
    r"|(?<=[\d)])\.(?=[A-Z])"
)


def _sentences(comment: str) -> list[str]:
    """The comment's sentences, addresses taken out; a sentence also ends at `;` and at an address."""
    text = _NOTE.sub("", plain(comment))
    text = _BRACKETS.sub(lambda found: _ADDRESS.sub("", found[0].strip("()")).join("()"), text)
    text = _ADDRESS.sub(" ; ", text)
    text = re.sub(r"^\s*\[([^\[\]]{3,40})\]", r"\1;", text)  # `[CVPR 2026] Code Link: …`
    return [part for part in (part.strip(" ,:") for part in _END.split(text)) if part]


# --- what is not an acceptance -------------------------------------------------------------

# A sentence is passed over that speaks of what has not happened, …
_NOT_HAPPENED = (
    r"\b(?:re)?submi(?:t|ssion|tted|tting)\w*|\b(?:under|in|for|being|currently|peer)[- ]?review\w*"
    r"|\bunder\s?rev",
    r"\bunder (?:consideration|submission|revision)|\bin (?:preparation|revision)\b|\bdeadline\b"
    r"|\bhope|\bintend",
    r"\b(?:reject|withdr[ae]w|retract|declin)\w*|\bnot (?:yet )?(?:been )?accepted",
    r"\b(?:conditional|provisional|tentative)ly accept|\bplan(?:s|ned)? to\b|\btarget(?:s|ed|ing)\b",
    r"\b(?:to|will) be (?:considered|sent|reviewed)|\bbefore \w+ main track",
)
# … of another paper, or of another version of this one, …
_OTHER_PAPER = (
    r"\b(?:extend(?:s|ed|ing)?|full|long(?:er)?|expand(?:s|ed|ing)?|journal|improved|complete|enhanced|updated|revised"
    r"|detailed) (?:and \w+ )?(?:journal |conference )?(?:version|extension|edition)s? (?:of|to|from)\b",
    r"\bextend(?:s|ed|ing)? (?:from|on|upon|our|the|a|an|this|my|previous)\b|\bextension (?:of|to)\b",
    r"\b(?:short(?:er|ened)?|preliminary|early|earlier|previous|prior|initial|abridged|conference|condensed|workshop"
    r"|first|partial|poster|reduced|preceding|former|old(?:er)?|abbreviated|journal|another|different"
    r"|a) (?:\w+ )?"
    r"(?:version|draft|form|edition|abstract)s?(?: \([^)]*\))? "
    r"(?:of (?:this|the|our|it|these|some)\b|\w{0,4} ?(?:accepted|appear|publish|present))",
    r"\bversion of (?:it|this (?:work|paper|article))\b[^,]*\b(?:appear|accept|publish|present)",
    r"\b(?:parts?|portions?|some|subset) of (?:this|the|these) (?:work|paper|result|material|article)",
    r"\b(?:our|their|the|his|her|my|a|an|original|related) "
    r"(?:earlier|prior|previous|companion|original|recent) "
    r"(?:\w+ ){0,2}(?:paper|work|article|study|version|result)",
    r"\b(?:previous|earlier|prior|companion|sister|separate) "
    r"(?:paper|work|study|article|preprint|report|to)\b",
    r"\b(?:based|builds?|building|built) (?:up)?on\b|\bfollow(?:s|ing)?[- ]up\b|\bsequel\b"
    r"|\btranslation of\b",
    r"\b(?:supersed|replac)(?:es|ed|ing)\b|\bsupplement\w* (?:material )?(?:for|of|to)\b"
    r"|\bcompar(?:ed|ing|ison)\b",
)
# … or of something that is no paper.
_NO_PAPER = (
    r"\b(?:winner|winning|won|runner|rank(?:s|ed|ing)?|leaderboard|places? (?:in|at|on)"
    r"|solution (?:to|for))\b"
    r"(?![^,;]*\bbest)",
    r"\b(?:1st|2nd|3rd|\d+th|first|second|third) (?:place|rank|prize)|\bkeynote\b|\binvited\b|\bsatellite\b",
    r"\btemplate\b|\bstyle (?:file|format)|\bformat\b|\b(?:as|like) (?:in|at)\b",
)
_ELSEWHERE = re.compile("|".join((*_NOT_HAPPENED, *_OTHER_PAPER, *_NO_PAPER)), re.IGNORECASE)
# Said anywhere, it makes a bare name doubtful.
_DOUBT = re.compile(
    r"\bsubmi(?:t|ssion|tted|tting)\w*|\bunder\s?-?re(?:view|ivew|vision)|\bin (?:review|submission)|\breject"
    r"|\bwithdr|\bretract|\bunder consideration|\bpeer[- ]review|\b(?:major|minor) revision"
    r"|\bextended (?:\w+ )?version of",
    re.IGNORECASE,
)
_GONE = re.compile(r"\b(?:rejected|desk[- ]reject\w*|withdrawn|retracted)\b", re.IGNORECASE)
_UNTIL = re.compile(
    r"\b(?:if|once|when|after|until|unless|upon|pending|be|being|get|gets)\s+(?:\w+\s+)?$", re.IGNORECASE
)
_CONTEST = re.compile(r"\b(?:challenge|competition|contest|hackathon|grand prix)\b", re.IGNORECASE)

# --- what is an acceptance -----------------------------------------------------------------

_CUE = re.compile(
    r"\bac{1,2}[ea]?c?[ea]?pt(?:ed|ance)?\b|\b(?:accept(?:ed|ance)?|accpeted|acepted|accapted)\b"
    r"|\b(?:to|will|it will) (?:\w+ )?appear\b|\bappear(?:s|ed|ing)?(?: \w+)? (?:in|at)\b"
    r"|\bpublish(?:ed)?(?: [\w-]+){0,4} (?:in|at|by|as|with|to)\b|\bpublished:|\bpublication (?:in|at|by)\b"
    r"|\b(?:forthcoming|in press|camera[- ]ready|to be (?:published|presented)|will be (?:published"
    r"|presented))\b"
    r"|\bpresent(?:ed)?(?: [\w-]+){0,3} (?:at|in|on)\b|\bpresentation (?:at|in)\b|\bselected (?:as|for)\b"
    r"|\b(?:oral|poster|spotlight|highlight)(?: \w+)? (?:at|in)\b|\bproceedings? (?:of|at)\b"
    r"|\bin proc(?:eedings?|\.)?\b"
    r"|\bproc\. of\b|\bfindings of\b|\bawarded\b|\bpublished version\b|^in the \d{4}\b",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"[\s,(\[:-]{0,3}(?:(?:main|conference|findings|oral|paper|poster|track|early)[\s,)(-]{1,3}){0,3}"
    r"(?:accept(?:ed|ance)?|to appear|in press|camera[- ]ready|proceedings|published|forthcoming)\b",
    re.IGNORECASE,
)
# Between the words of acceptance and the name, another matter began.
_TURN = re.compile(
    r"(?:,|\band|\bwith|\bour|\bits|:)\s+(?:the |our |its |with )?(?:source )?(?:code|datasets?|data|models?"
    r"|project|page|website|demo|video)\b|\b(?:using|uses|compared?|baselines?)\b",
    re.IGNORECASE,
)
# What may stand before a venue that is a part of the comment by itself.
_LENGTH_WORDS = re.compile(
    r"\d+|\b(?:about|approx|total|of|and|with|including|includes|excluding|without|plus|in|the|a|main|overall|no"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|pages?|pp|figures?|figs?|tables?|appendi\w+"
    r"|supplement\w*|algorithms?|equations?|references?|preprint|project page|website|code"
    r"|technical report|paper"
    r"|materials?|text|videos?|images?|double column|two[- ]columns?)\b"
    r"|(?<=\d)(?:pages?|pp|figures?|figs?|tables?)\b|[\s().:+-]",
    re.IGNORECASE,
)
_TRACK = re.compile(r"\([^()]* track\)", re.IGNORECASE)
# What may stand beside a venue that is a part of the comment by itself.
_BARE_WORDS = re.compile(
    r"\b(?:the|in|at|of|for|to|as|a|an|on|and|ieee|acm|cvf|rsj|usenix|eurographics|springer|elsevier"
    r"|international|annual|joint|conference|conf|symposium|proceedings|proc|journal|special|issue|vol|volume"
    r"|no|number|main|track|research|technical|full|long|regular|short|papers?|article|final|version|camera|ready"
    r"|preprint|pre-print|accept(?:ed)?|early|presentation|posters?|orals?|spotlight|highlight|best|outstanding"
    r"|award|candidate|honorable|mention|finalist|student|findings|workshops?|datasets?|evaluations?"
    r"|benchmarks?|ed|position|industry|demo|demonstrations?|system|blog ?posts?|tiny|doctoral"
    r"|consortium|tutorial"
    r"|companion|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\w+teenth|twent\w+"
    r"|thirt\w+|fort\w+|\d+(?:st|nd|rd|th))\b|[\d\s(),.:'/&\[\]-]",
    re.IGNORECASE,
)

# --- years and kinds -----------------------------------------------------------------------

_YEAR = r"(?P<year>(?:19[89]|20[0-3])\d)(?!\d)"
_SHORT_YEAR = re.compile(
    r"(?:\s?(?:EA|Companion|LBW|Adjunct)(?=\s?'))?(?:\)?\s?'\s?|-|(?=\d))"
    r"(?P<year>[0-3]\d)(?![\d%+/-]|\.\d|\s?(?:pages?|pp)\b|[A-Za-z])"
)
_NEAR_YEAR = re.compile(r"[\s,.:()\[\]'_-]{0,4}" + _YEAR)
_KIND_YEAR = re.compile(
    r"[\s,:()\[\]-]{0,3}(?:(?:\d+(?:st|nd|rd|th)|ieee|acm|conference|main|full|research|journal|findings?"
    r"|workshops?|oral|poster|highlight|spotlight|track|short|long|companion|demo|industry|srw|student|tutorials?)"
    r"[\s,:()\[\]'-]{1,3}){1,4}'?" + _YEAR,
    re.IGNORECASE,
)
_VOLUME_YEAR = re.compile(
    r"[\s,():-]{0,4}+(?:(?!(?:19[89]|20[0-3])\d(?!\d))(?:(?:volume|vol|no|number|issue|article|art|pages?|pp"
    r"|accepted|in press|early access|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*"
    r"|dec\w*)\b|[\d-]++)[\s.,:()/-]{0,3}+){0,12}+" + _YEAR,
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"\b"
    + _YEAR
    + r"[\s,-]++(?:the|ieee|acm|cvf|rsj|isca|usenix|annual|international|joint|\d++(?:st|nd|rd|th)|"
    r"sigchi|sigkdd|sigir|sigplan|sigsoft|sigmod|sigsac|sigcomm|sigarch|[\s/&-])*+$",
    re.IGNORECASE,
)
_FAR_YEAR = re.compile(r"[^,;]{0,60}?\b" + _YEAR)
_WORKSHOP = re.compile(
    r"\bwor?k?s?h?h?ops?\b|\bworskhops?\b|\bwksh?ps?\b|\bsrw\b|\bco-?located\b", re.IGNORECASE
)
_AT_SIGN = re.compile(r"@\s?(?:the )?(?:IEEE|ACM)?[\s/]*(?:CVF)?\s?$")
_HOSTED = re.compile(r"\b[A-Z]\w+ (?:20\d\d|'\d\d),? at (?:the )?")  # `FOO 2026 at CVPR 2026`
_ODD_TOKEN = re.compile(r"[\s:(-]{1,3}([A-Za-z]+\d[A-Za-z]\w*)(?![\w.])")  # CV4Clinical, AI4RWC
_KINDS = (
    ("Findings", re.compile(r"\bfindings?\b|\bfingdings?\b|\bfidings?\b|\bfindngs\b", re.IGNORECASE)),
    (
        "Datasets and Benchmarks Track",
        re.compile(r"\bdatasets? (?:and|&) benchmarks?\b|\bD&B\b", re.IGNORECASE),
    ),
    (
        "Evaluations and Datasets Track",
        re.compile(r"\bE&?D track\b|\bevaluations? (?:and|&) datasets?\b", re.I),
    ),
    (
        "Position Paper Track",
        re.compile(r"\bposition (?:paper )?track\b|\bposition papers?\b", re.IGNORECASE),
    ),
    ("Industry Track", re.compile(r"\bindustr(?:y|ial) track\b", re.IGNORECASE)),
    ("ADS Track", re.compile(r"\bADS track\b|\bapplied data science track\b", re.IGNORECASE)),
    ("Journal Track", re.compile(r"\bjournal track\b", re.IGNORECASE)),
    (
        "Extended Abstract",
        re.compile(r"\bextended abstracts?\b|\bEA(?= ')|\blate[- ]breaking\b", re.IGNORECASE),
    ),
    ("Student Abstract", re.compile(r"\bstudent abstracts?\b", re.IGNORECASE)),
    ("Doctoral Consortium", re.compile(r"\bdoctoral (?:consortium|symposium)\b", re.IGNORECASE)),
    ("Tiny Papers", re.compile(r"\btiny papers?\b", re.IGNORECASE)),
    ("Blogpost Track", re.compile(r"\bblog ?posts? track\b", re.IGNORECASE)),
    ("Tutorial", re.compile(r"\btutorials?\b", re.IGNORECASE)),
    (
        "Demo",
        re.compile(
            r"\b(?:system )?demo(?:nstration)?s?\b(?= track| paper|\)|$)|\bsystem demonstrations?\b", re.I
        ),
    ),
    ("Companion", re.compile(r"\bcompanion\b", re.IGNORECASE)),
)
_HONOURS = (
    (
        None,  # in the words of the comment
        re.compile(
            r"\b(best|outstanding|distinguished) (?:\w+ )?(paper|demo|poster)( award)?"
            r"( candidate| nominee| nomination| finalist| honou?rable mention| runner[- ]up)?",
            re.IGNORECASE,
        ),
    ),
    (
        "Oral",
        re.compile(
            r"\borals?\b(?=\s*(?:presentation|paper|talk|session|[),.!\]]|at\b|in\b|$))|\bpresented orally\b"
            r"|\(orals?\b|\bas an? oral\b|(?<=\d )oral\b",
            re.IGNORECASE,
        ),
    ),
    ("Spotlight", re.compile(r"\bspotlights?\b", re.IGNORECASE)),
    (
        "Highlight",
        re.compile(
            r"(?:[\s(\[,]|\d)highlight(?:s|ed)?\b(?=\s*(?:paper|poster|presentation|[),.!\]]|at\b|$))"
            r"|\bas a highlight\b",
            re.IGNORECASE,
        ),
    ),
    ("Poster", re.compile(r"\bposters?\b", re.IGNORECASE)),
)


@lru_cache(maxsize=_CACHE)
def venue(comment: str | None) -> str | None:
    """`Accepted to CVPR 2026 (Highlight)` -> `CVPR 2026 Highlight`; None unless it is said that the
    venue accepted this paper. A workshop, findings or a side track is always named as such."""
    if not comment or is_withdrawn(comment):
        return None
    sentences = _sentences(comment)
    if any(_GONE.search(sentence) for sentence in sentences):
        return None
    in_doubt = any(_DOUBT.search(sentence) for sentence in sentences)
    for index, sentence in enumerate(sentences):
        if not _ELSEWHERE.search(sentence):
            following = sentences[index + 1] if index + 1 < len(sentences) else ""
            if badge := _badge(sentence, following, in_doubt=in_doubt):
                return badge
    return None


def _badge(sentence: str, following: str, *, in_doubt: bool) -> str | None:
    named = mentions(sentence)[:MAX_MENTIONS]
    cues = [cue for cue in _CUE.finditer(sentence) if not _UNTIL.search(sentence[: cue.start()][-30:])]
    for index, mention in enumerate(named):
        upto = next((m.start for m in named[index + 1 :] if m.badge != mention.badge), len(sentence))
        since = max((m.end for m in named[:index] if m.badge != mention.badge), default=0)
        is_said = _is_said(sentence, cues, mention, upto)
        if not (is_said or (not in_doubt and _stands_alone(sentence, mention, named))):
            continue
        again = [m for m in named[index:] if m.badge == mention.badge and m.start < upto]
        year = next(filter(None, (_year(sentence, m, upto) for m in again)), None)
        if not year and not mention.is_journal and (not is_said or mention.fragile):
            continue
        kind = _kind(sentence, mention, since, upto)
        if kind is None:
            continue
        return " ".join(filter(None, (mention.badge, year, kind, _honour(sentence, following, since, upto))))
    return None if named else _unlisted(sentence, following, cues)


def _is_said(sentence: str, cues: list[re.Match[str]], mention: Mention, upto: int) -> bool:
    before = [cue for cue in cues if cue.start() <= mention.start]
    if before:
        between = sentence[before[-1].end() : mention.start]
        if not _TURN.search(between) and not (_CONTEST.search(between) and not _WORKSHOP.search(between)):
            contest = _CONTEST.search(sentence[mention.end : upto][:60])
            return not contest or bool(_WORKSHOP.search(sentence))
    tail = _SHORT_YEAR.match(sentence, mention.end) or _NEAR_YEAR.match(sentence, mention.end)
    return bool(_CUE_AFTER.match(sentence, tail.end() if tail else mention.end))


def _stands_alone(sentence: str, mention: Mention, named: list[Mention]) -> bool:
    """Whether the mention is a comma's part of the sentence by itself, after nothing but lengths."""
    start = 0
    for part in _parts(sentence):
        end = start + len(part)
        if start <= mention.start < end:
            if _is_workshop_only(part, mention, start):
                return True
            rest = list(part)
            for other in named:
                if start <= other.start < end:
                    rest[other.start - start : other.end - start] = " " * (min(other.end, end) - other.start)
            return not _BARE_WORDS.sub("", _TRACK.sub("", "".join(rest)))
        if _LENGTH_WORDS.sub("", part):
            return False
        start = end + 1
    return False


def _is_workshop_only(part: str, mention: Mention, start: int) -> bool:
    """`ICLR 2026 Workshop on X`, `Workshop on X at ICLR 2026`: the rest is the workshop's name."""
    if mention.form == "Workshop" and not part[: mention.start - start].strip(" (["):
        return True
    return bool(
        _WORKSHOP.search(part)
        and not _CONTEST.search(part)
        and (
            not part[: mention.start - start].strip(" ([")
            or re.match(r"(?:\d\w+ |the )?[\w ]*workshop", part.strip(), re.I)
        )
    )


def _parts(sentence: str) -> Iterator[str]:
    """The sentence at its commas, but not at those in brackets."""
    depth = start = 0
    for at, char in enumerate(sentence):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth = max(0, depth - 1)
        elif char == "," and not depth:
            yield sentence[start:at]
            start = at + 1
    yield sentence[start:]


def _year(sentence: str, mention: Mention, upto: int) -> str | None:
    if found := _SHORT_YEAR.match(sentence, mention.end):
        return f"20{found['year']}"
    patterns = [_NEAR_YEAR, _VOLUME_YEAR if mention.is_journal else _KIND_YEAR]
    for pattern in patterns:
        if found := pattern.match(sentence, mention.end):
            return found["year"]
    if found := _YEAR_BEFORE.search(sentence[max(0, mention.start - 80) : mention.start]):
        return found["year"]
    if mention.is_journal:
        return None
    if (
        not mention.fragile
        and (found := _FAR_YEAR.match(sentence[:upto], mention.end))
        and not _TURN.search(found[0])
    ):
        return found["year"]
    if _WORKSHOP.search(sentence) and not mention.fragile:
        years = set(re.findall(r"\b20[0-3]\d\b", sentence))
        return years.pop() if len(years) == 1 else None
    return None


def _kind(sentence: str, mention: Mention, since: int, upto: int) -> str | None:
    """`Workshop`, `Findings`, a side track, or an empty string; None where something unknown follows
    the conference's name, as it does for workshops (`CVPR 2026 EarthVision`)."""
    scope = sentence[since:upto]
    if mention.form:
        return mention.form
    if mention.is_journal:
        return ""
    before = sentence[since : mention.start]
    if _WORKSHOP.search(scope) or _AT_SIGN.search(before) or _HOSTED.search(before):
        return "Workshop"
    for name, pattern in _KINDS:
        if pattern.search(scope):
            return name
    tail = _SHORT_YEAR.match(sentence, mention.end) or _NEAR_YEAR.match(sentence, mention.end)
    if _ODD_TOKEN.match(sentence, tail.end() if tail else mention.end):
        return "Workshop"
    if not tail and (found := _FAR_YEAR.match(sentence[:upto], mention.end)):
        unknown = _BARE_WORDS.sub("", found[0][: -len(found["year"])])
        return (
            "Workshop" if re.search(r"[A-Z]", unknown) and ")" not in found[0] and "(" not in found[0] else ""
        )
    return ""


def _honour(sentence: str, following: str, since: int, upto: int) -> str:
    scope = sentence[since:upto]
    if len(following) <= 40 and not mentions(following):
        scope += f" . {following}"
    for name, pattern in _HONOURS:
        if found := pattern.search(scope):
            if name:
                return name
            words = [found[1], found[2], *(part.strip() for part in (found[3], found[4]) if part)]
            return " ".join(word.capitalize() for word in words)
    return ""


# --- conferences that no table names -------------------------------------------------------

_PUBLISHERS = {
    "IEEE", "ACM", "SPIE", "AIAA", "CVF", "MDPI", "AI", "ML", "NLP", "LLM", "USA", "UK", "EU",
   "GPU", "ISO", "PhD",
    "ISCA", "LNCS", "LNAI", "CCIS", "CEUR", "EPTCS", "LIPICS", "PMLR", "ISBN", "DOI", "AAS", "EPJ",
}  # fmt: skip
_ACRONYM = r"(?P<name>[A-Z][A-Za-z0-9]{0,12}[A-Z][A-Za-z0-9]{0,12}(?:-[A-Z]{1,6})??)"
_ADJACENT = re.compile(
    r"\b(?:(?:[Aa]ccepted|[Aa]ppear|[Pp]resented|[Pp]ublished|[Pp]resentation"
    r"|[Pp]ublication)(?: as an? [a-z -]{4,30}?)?"
    r"(?: for (?:[a-z]+ )?(?:publication|presentation))? (?:to|at|by|in|for)|[Ii]n [Pp]roceedings(?: of)?)"
    r"(?: the)?(?: (?:proceedings of|main track of|main conference of|conference))?(?: the)?"
    r"(?: (?:IEEE|ACM|IEEE/ACM|Springer|annual|\d+(?:st|nd|rd|th)))* "
    + _ACRONYM
    + r"(?:\s?'\s?(?P<short>\d\d)(?!\d)|"
    r"[ -]?" + _YEAR + r")"
)
_IN_BRACKETS = re.compile(
    r"\b(?:Conference|Symposium|Workshop|Congress|Meeting|Forum|Summit|Society)"
    r"\b[^()]{0,150}\((?:IEEE |ACM )?"
    + _ACRONYM
    + r"(?:\s?'\s?(?P<short>\d\d)\)|[ -]?(?:\),? )?" + _YEAR + r")"
)  # fmt: skip


def _unlisted(sentence: str, following: str, cues: list[re.Match[str]]) -> str | None:
    """`Accepted to FOO 2026`: an acronym with its year right after the words of acceptance, or in
    brackets after the conference's name."""
    if not cues or _CONTEST.search(sentence):
        return None
    found = _ADJACENT.search(sentence) or _IN_BRACKETS.search(sentence, cues[0].end())
    if (
        not found
        or found["name"] in _PUBLISHERS
        or _TURN.search(sentence[cues[0].end() : found.start("name")])
    ):
        return None
    mention = Mention(found.start("name"), found.end("name"), found["name"])
    kind = _kind(sentence, mention, 0, len(sentence))
    if kind is None:
        return None
    year = found["year"] or f"20{found['short']}"
    honour = _honour(sentence, following, 0, len(sentence))
    return " ".join(filter(None, (mention.badge, year, kind, honour)))


# --- lengths -------------------------------------------------------------------------------

_NUMBER_WORDS = dict(
    zip(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        range(1, 13),
        strict=True,
    )
)
_COUNT = rf"(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d{{1,4}}|\b(?:{'|'.join(_NUMBER_WORDS)}))"
_PAGE_UNIT = r"[\s-]?(?:pages?\b|pgs?\b|pp\b)"
_PAGES = re.compile(rf"(?<![\d.,/+–-]){_COUNT}(?:\s?\+\s?(?P<more>\d{{1,4}}))?{_PAGE_UNIT}", re.IGNORECASE)
_TOTAL = re.compile(
    rf"\b(?:total(?: of)?|overall|altogether|in all)[:\s]+(?<![\d-]){_COUNT}{_PAGE_UNIT}"
    rf"|(?<![\d.,/-])(?P<m>\d{{1,4}})\s?(?:total pages|pages?\s?(?:in total|total\b|overall|altogether))"
    rf"|\((?P<k>\d{{1,4}}) (?:pages )?(?:including|with|in total)\b",
    re.IGNORECASE,
)
_PAGES_LABEL = re.compile(
    r"(?:^|[;,.]\s*)(?:number of )?(?:pages?|pp)\s?[.:]\s?(?P<n>\d{1,4})(?!\s?[-–\d])", re.IGNORECASE
)
_FIGURES = re.compile(
    rf"(?<![\d./+-])(?<!\d,)(?:(?P<no>\b(?:no|zero)\b)|{_COUNT})\s?(?:(?!pages?\b|tables?\b)[a-z]+\s){{0,2}}?"
    r"(?:figs?|figures?|figrues?|figues?|figreus|figuers?|figurs)\b(?! of merit)",
    re.IGNORECASE,
)


def pages(comment: str | None) -> int | None:
    """How many pages the comment says the paper has: the total where one is named (`9+3 pages` is 12),
    else the first count; None without one, and never from a place in a volume (`pages 12-19`)."""
    if not comment:
        return None
    text = plain(comment)
    if total := _TOTAL.search(text):
        return _plausible(total["n"] or total["m"] or total["k"])
    if found := _PAGES.search(text):
        count = _plausible(found["n"])
        return count + int(found["more"]) if count and found["more"] else count
    if found := _PAGES_LABEL.search(text):
        return _plausible(found["n"])
    return None


def figures(comment: str | None) -> int | None:
    """How many figures the comment says the paper has; 0 for `no figures`, None where it says nothing."""
    if not comment:
        return None
    if found := _FIGURES.search(plain(comment)):
        return 0 if found["no"] else _number(found["n"])
    return None


_ANY_COUNT = (
    r"(?:~|about |around |approx\.? |over )?"
    rf"(?:\d[\d,]{{0,6}}(?:\s?\+\s?\d{{1,4}}){{0,3}}|{'|'.join(_NUMBER_WORDS)}"
    r"|no|zero|several|many|a few|multiple|some)"
)
_WHICH = (
    r"(?:(?:main|text|body|supplement\w*|supporting|additional|extra|more|appendix|content|total|colou?r(?:ed)?"
    r"|(?:double|single|one|two)[- ]column|numbered|unnumbered|eps|ps|pdf|png|jpe?g|reference|embedded"
    r"|in-line|page|full|short|long|manuscript|algorithm|ancillary|data) ){0,3}"
)
_OF_WHAT = (
    r"(?:pages?|pgs?|pp|figs?|figures?|figrues?|figues?|figreus|tables?|tabels?|tabs?|algorithms?|appendi(?:x|ces)"
    r"|references?|refs?|listings?|equations?|eqs?|theorems?|lemmas?|plots?|images?|illustrations?|pictures?|photos?"
    r"|diagrams?|schemes?|charts?|columns?|sections?|chapters?|words?|slides?|videos?|movies?|files?"
    r"|supplement(?:s|ary|al)?(?: (?:materials?|files?|pages?))?)"
)
_PARTS_OF_PAPER = (
    r"(?:main (?:text|body|paper)|content|appendix|appendices|references|bibliography"
    r"|supplement\w*(?: (?:materials?|text))?)"
)
_REST_OF_COUNT = (
    rf"(?: (?:in total|total|overall|altogether|long|each|main|(?:of )?(?:the )?{_PARTS_OF_PAPER}"
    r"|(?:in )?(?:double|single|one|two)[- ]column(?: format)?))?"
)
_BESIDES = (
    r"(?:\+|&|/|and|plus|with|including|incl\.?|excl\.?|excluding|without|not including|not counting"
    r"|in|of|for|main|the)"
)
_COUNTED = (
    rf"(?:{_ANY_COUNT}[ -]?{_WHICH}{_OF_WHAT}|(?:pages?|figures?|tables?) ?: ?\d{{1,4}}){_REST_OF_COUNT}"
)
_COUNTS_ALONE = re.compile(
    rf"\(?(?:{_BESIDES} ){{0,3}}{_COUNTED}"
    rf"(?: ?\(? ?(?:{_BESIDES} ?){{1,3}}(?:{_COUNTED}|{_PARTS_OF_PAPER})\)?"
    rf"| \((?:{_COUNTED}|{_PARTS_OF_PAPER})){{0,6}}\)?",
    re.IGNORECASE,
)
_PART_END = re.compile(r"([,;.](?:\s+|$)|(?<!\d),(?=\d)|\s*[;|]\s*)")
_MAX_PART = 200  # characters; a longer one says more than how long the paper is


def without_counts(comment: str) -> str:
    """The comment without what only counts pages, figures and the like (`12 pages, 5 figures`); what is
    left stays as it was written, empty where there was nothing else."""
    parts = _PART_END.split(" ".join(comment.split()))
    kept: list[str] = []
    for part, end in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if not part.strip():
            continue
        if len(part) > _MAX_PART or not _COUNTS_ALONE.fullmatch(part.strip()):
            kept += (part, end)
        elif kept and end.startswith("."):  # `Published in X, 9 pages. Code …`: the sentence ends there
            kept[-1] = end
    return "".join(kept).rstrip(" ,;|")


def _number(digits: str) -> int:
    return _NUMBER_WORDS.get(digits.lower()) or int(digits.replace(",", "") if digits[0].isdigit() else 0)


def _plausible(digits: str) -> int | None:
    """A count of pages: not zero, and not a year beside the word (`ICML 2026 pages`)."""
    count = _number(digits)
    return count if count and not 1900 <= count < 2100 else None
