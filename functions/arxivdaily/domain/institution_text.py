"""The text of an affiliation without what is no part of it: LaTeX, marks, e-mails, links, remarks.

Texts are hostile: each is cut to `MAX_TEXT` characters before anything works on it.
"""

from __future__ import annotations

import html
import re
import unicodedata

from arxivdaily.domain.institution_names import MAX_TEXT, fold
from arxivdaily.domain.institution_words import MINOR

_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "AA": "Å", "i": "i", "j": "j", "textendash": "–",
    "textemdash": "—", "textquoteright": "’", "textbar": "|",
    "textquotesingle": "'",
}  # fmt: skip
_ACCENT = re.compile(
    r"\\(?:(?P<sign>['`^\"~=.])(?P<space>\s{0,3})|(?P<word>[cvuHkrd])(?:\s{1,3}|(?=\{)))"
    r"(?:\{\s{0,3}\\?(?P<braced>[^\W\d_])\s{0,3}\}|\\?(?P<bare>[^\W\d_])(?P<after>\s?))"
)
_LETTER = re.compile(
    r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?![A-Za-z])(?:\{\}|\s)?"
)
_MATHS = re.compile(r"\$([^$]{0,60})\$")
_SUPERSCRIPT = re.compile(r"\\textsuperscript\s?\{[^{}]{0,40}\}|\^\{[^{}]{0,40}\}|\^[\w*†‡§¶]")
_COMMAND = re.compile(r"\\[A-Za-z]{1,40}\*?|\\.")
_EMAIL = re.compile(
    r"(?:\{[^{}@]{1,400}\}|[\w.+*/-]{1,80})\s?(?:@|\[\s?(?:at|@)\s?\]|\(\s?at\s?\)"
    r"|\bAT\b)\s?\{?[\w-]{1,60}(?:\s?(?:\.|\[dot\]|\(dot\)|\bDOT\b)\s?[\w-]{1,60}){0,8}\}?",
)
# Without one of these there is none, and looking for it in a long text is slow.
_AT_SIGN = re.compile(r"@|\[\s?at\s?\]|\(\s?at\s?\)|\bAT\b")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_ORCID = re.compile(r"(?:\bORCID\b(?:\s?iD)?:?\s?)?\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b", re.IGNORECASE)
_PHONE = re.compile(r"\b(?:tel|fax|phone|telephone|mobile)\b\.?:?\s?\+?[\d\s()./-]{4,40}", re.IGNORECASE)
_MAIL_WORD = re.compile(
    r"\b(?:e-?mails?|electronic addresse?s?|emails? addresse?s?|orcid(?: ids?)?|url|homepage"
    r"|webpage)\b\s?:?(?=[\s,;.)]|$)",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"[(\[{][\s,;.:/&-]*[)\]}]")
_KEY = re.compile(  # of elsarticle's \\affiliation
    r"(?:^|(?<=[,\s]))(?:organi[sz]ation|addressline|city|postcode|state|country|department)\s?=\s?"
)
_SYMBOLS = str.maketrans(
    dict.fromkeys(
        "†‡§¶‖⁎∗⋆★☆♠♣♥♦♡♢♭♮♯✉☒✝✦✧◇◆△▲▽□■○●⊕⊗❖¹²³⁴⁵⁶⁷⁸⁹⁰ᵃᵇᶜᵈ\ufeff\u200b\u200c\u200d\u2061\u2062\u2063"
    )
)
_LONE_STAR = re.compile(r"(?<![A-Z])\*|\*(?![A-Z])")
_DIGITS_NAME = re.compile(
    r"(?:01\.? ?ai|360|3m\b|4paradigm|42dot|51world|58\.com|2012 lab|1x\b)", re.IGNORECASE
)
_LEADING_MARK = re.compile(
    r"(?:[\[(]?(?:\d{1,3}|[a-z])[\])]|\d{1,3}[.:]?(?:\s?,\s?\d{1,3})*)\s?(?=[^\W\d_])|[a-z][.:]\s(?=[A-Z])"
)
_PREFIX = re.compile(
    r"(?:(?:author )?affiliations?|institute(?:text)?s?|institutions?|address(?:es)?|thanks|footnotetext"
    r"|organi[sz]ation|(?:present|current|permanent|secondary|additional) (?:address|affiliation)"
    r"|e-?mail)\s?:\s?|(?:also|now|currently|presently) (?:is )?(?:affiliated |an? \w{1,20} )?(?:at"
    r"|with) (?:the )?|on leave from (?:the )?",
    re.IGNORECASE,
)  # fmt: skip
EDGES = " \t,;:.|/•·-–—&"
_CONTROLS = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA1), *range(0x2000, 0x200B), *range(0x2028, 0x2030)), " "
)


def clean(text: str) -> str:
    """One line without LaTeX, marks, e-mails, web addresses and ORCIDs; at most `MAX_TEXT` characters."""
    text = text[:MAX_TEXT]
    if "&" in text:
        text = html.unescape(text)[:MAX_TEXT]
    text = text.translate(_CONTROLS)
    if "\\" in text or "$" in text or "{" in text or "^" in text:
        text = _without_latex(text)
    text = unicodedata.normalize("NFC", text.translate(_SYMBOLS))
    if "=" in text:
        text = _KEY.sub("", text)
    for pattern in (_ORCID, _EMAIL, _URL, _PHONE, _MAIL_WORD, _EMPTY):
        if pattern is not _EMAIL or _AT_SIGN.search(text):
            text = pattern.sub(" ", text)
    text = text.replace("{", "").replace("}", "")
    text = " ".join(_LONE_STAR.sub(" ", text).split())
    text = re.sub(r" (?=[,;.)])", "", text).strip(EDGES.replace("-", "").replace(".", ""))
    if not _DIGITS_NAME.match(text) and (mark := _LEADING_MARK.match(text)):
        text = text[mark.end() :]
    while found := _PREFIX.match(text):
        text = text[found.end() :]
    return text.strip(" ,;:|/")


def _without_latex(text: str) -> str:
    # `{\"u}` is one letter; the braces go.
    text = _ACCENT.sub(_accented, text)
    text = _LETTER.sub(lambda found: _LETTERS[found[1]], text)
    text = _MATHS.sub(lambda found: " " if found[1].lstrip("{}").startswith(("^", "_")) else found[1], text)
    text = _SUPERSCRIPT.sub(" ", text)
    text = re.sub(r"\\([&%#_$])", r"\1", text).replace("~", " ")
    if not (_AT_SIGN.search(text) and _EMAIL.search(text)):
        text = text.replace("{", "").replace("}", "")
    else:
        text = re.sub(r"\\([{}])", r"\1", text)
    return _COMMAND.sub(" ", text).replace("---", "—").replace("--", "–")


def _accented(found: re.Match[str]) -> str:
    letter = found["braced"] or found["bare"]
    composed = unicodedata.normalize("NFC", letter + _ACCENTS[found["sign"] or found["word"]])
    after = found["after"] or ""
    if after and found["space"]:
        # `Qu\' e bec` is TeX's tokens with spaces between: the word goes on, unless a new one follows.
        rest = found.string[found.end() : found.end() + 12]
        following = re.match(r"[a-z]+", rest)
        if following and following[0] not in MINOR and following[0] not in ("d", "l"):
            after = ""
    return composed + after


_IS_WITH = re.compile(
    r"\b(?:is|are|was|were)\s(?:also\s|currently\s|now\s|both\s)?(?:affiliated\s)?(?:with|at"
    r"|from)\s(?:the\s)?"
)
_NOISE = re.compile(
    r"\bequal(?:ly)? (?:contribut|advis|supervis)|\bcontributed? equal|\b(?:co )?first authors?\b"
    r"|\bsenior authors?\b|\bcorrespond|\b(?:project|team) lead"
    r"|\bwork (?:was )?(?:partially |partly |mainly |primarily )?(?:done|performed|completed|conducted"
    r"|carried)|\bwork (?:while|during)|\bintern(?:ship)?s?\b|\bwhile (?:at|with|the author|visiting)"
    r"|\bsupported\b|\bfunded\b|\bfunding\b|\bgrants?\b|\backnowledg|\bthanks?\b|\bgrateful|\bmanuscript"
    r"|\breceived\b|\baccepted\b|\brevised\b|\bsubmitted\b|\bpublished\b|\bpreprint\b|\bfootnote"
    r"|\bcopyright\b|\blicen[cs]ed?\b|\bauthor order\b|\balphabetical|\bthese authors\b|\ball authors\b"
    r"|\bthe authors\b|\bthis (?:work|paper|research|article)|\bpermission\b|\bhomepage\b|\bproject page\b"
    r"|\bcode (?:is )?available\b|\bdo not distribute\b|\bto whom\b"
    r"|\bjoint(?:ly)? (?:lead|first|last|super|senior)|\bdeceased\b|\bemail|\be mail|\bstudent member"
    r"|\bsenior member|\bmember ieee|\bfellow ieee|\bieee (?:member|fellow)|\bconference\b|\bproceedings\b"
    r"|\bworkshop\b|\bvisiting\b|\bpersonal use|\bpartially\b|\bbased on observations|\bthe first author"
    r"|\bthe second author|\blead authors?\b|\bcore contributor|\bcontributions?\b|\bcontributors?\b"
    r"|\badvisors?\b|\bsupervis|\bequal\b|\bshared\b|\bcategory|\bthe material\b|\bsubject classification"
    r"|\bkey ?words\b"
)
_DATE = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar"
    r"|apr|jun|jul|aug|sep|sept|oct|nov|dec)\b(?: \d{1,2}(?:st|nd|rd|th)?)? \d{4}\b|^\d{1,4} \d{1,2} \d{1,4}$"
)


def without_subject(text: str) -> str:
    """`A. Moreau is with the University of X` without its beginning; else the text itself."""
    found = _IS_WITH.search(text, 0, 300)
    return (text[found.end() :].strip() if found else "") or text


def is_noise(text: str) -> bool:
    """Whether a text is a note that names no institution of an author."""
    folded = fold(text[:MAX_TEXT])
    return bool(_NOISE.search(folded) or _DATE.search(folded))
