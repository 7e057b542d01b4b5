r"""What LaTeX and AMS's packages know and a citation may use: accents, symbols, fonts, mathematics.

Commands that define, read, write, load or run are on no list, nor are those of other packages. Sources:
"LaTeX 2e: An unofficial reference manual" (2024), "User's Guide to AMSFonts" (2.2d), amsmath's guide; each
name was run through LaTeX (tests/unit/test_citations_tex.py).
"""

from __future__ import annotations

from typing import Final


def _set(*rows: str) -> frozenset[str]:
    return frozenset(word for row in rows for word in row.split())


# Characters that mean something to TeX, or another one in its old fonts.
ESCAPED: Final = {
    '\\': '\\textbackslash{}', '{': '\\textbraceleft{}', '}': '\\textbraceright{}', '%': '\\%',
    '&': '\\&', '#': '\\#', '_': '\\_', '$': '\\$', '^': '\\textasciicircum{}',
    '~': '\\textasciitilde{}', '<': '\\textless{}', '>': '\\textgreater{}', '|': '\\textbar{}',
}  # fmt: skip

# Accents, by the combining mark.
COMBINING: Final = {
    '̀': '`', '́': "'", '̂': '^', '̃': '~', '̈': '"', '̄': '=', '̇': '.', '̊': 'r', '̋': 'H', '̌': 'v',
    '̆': 'u', '̧': 'c', '̨': 'k', '̣': 'd', '̱': 'b',
}  # fmt: skip

# Letters and signs by name.
LETTERS: Final = {
    'ß': 'ss', 'æ': 'ae', 'Æ': 'AE', 'œ': 'oe', 'Œ': 'OE', 'å': 'aa', 'Å': 'AA', 'ø': 'o', 'Ø': 'O',
    'ł': 'l', 'Ł': 'L', 'ı': 'i', 'ȷ': 'j', '§': 'S', '¶': 'P', '†': 'dag', '‡': 'ddag', '£': 'pounds',
    '©': 'copyright', '®': 'textregistered', '™': 'texttrademark', '•': 'textbullet',
    '·': 'textperiodcentered', '…': 'ldots', '°': 'textdegree', '¿': 'textquestiondown',
    '¡': 'textexclamdown', 'ª': 'textordfeminine', 'º': 'textordmasculine', '×': 'texttimes',
}  # fmt: skip

# Signs that are written otherwise.
WRITTEN: Final = {
    "«": "``", "»": "''", "„": ",,", "‚": ",", "‹": "`", "›": "'", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "ŋ": "ng", "Ŋ": "Ng", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ə": "e", "ƒ": "f",
    '–': '--', '—': '---', '\u2018': '`', '\u2019': "'", '“': '``', '”': "''", '\u2010': '-',
    '\u2011': '-', '\xa0': '~', '\xad': '', '\u2032': "'", '″': "''", '\u2212': '\\ensuremath{-}',
    'ﬁ': 'fi', 'ﬂ': 'fl', 'ﬀ': 'ff', '×': '\\ensuremath{\\times}', '°': '\\ensuremath{^{\\circ}}',
    '±': '\\ensuremath{\\pm}', '²': '\\ensuremath{^{2}}', '³': '\\ensuremath{^{3}}',
    '¹': '\\ensuremath{^{1}}', 'µ': '\\ensuremath{\\mu}', '¬': '\\ensuremath{\\neg}',
    '÷': '\\ensuremath{\\div}', '→': '\\ensuremath{\\rightarrow}', '←': '\\ensuremath{\\leftarrow}',
    '½': '\\ensuremath{\\frac{1}{2}}', '¼': '\\ensuremath{\\frac{1}{4}}',
    '¾': '\\ensuremath{\\frac{3}{4}}', '€': '{EUR}', '₂': '\\ensuremath{_{2}}',
    '₁': '\\ensuremath{_{1}}', '₀': '\\ensuremath{_{0}}', '₃': '\\ensuremath{_{3}}',
}  # fmt: skip

SYMBOLS: Final = _set(
    "ss ae AE oe OE aa AA o O l L i j S P dag ddag pounds copyright ldots dots textellipsis textendash",
    "textemdash textquoteleft textquoteright textquotedblleft textquotedblright textquotesingle",
    "textasciitilde textasciicircum textbackslash textbar textless textgreater textbullet",
    "textperiodcentered textregistered texttrademark textdegree textbraceleft textbraceright",
    "textunderscore textdollar textordfeminine textordmasculine textquestiondown textexclamdown LaTeX",
    "TeX",
)
# With one argument.
FONTS: Final = _set(
    "emph textit textbf texttt textsc textrm textsf textsl textup textmd textsuperscript textsubscript",
    "underline mbox textnormal",
)
# How text looks or breaks: a citation's style decides.
UNSAID: Final = _set(
    "it bf em tt rm sc sf sl itshape bfseries ttfamily scshape upshape mdseries rmfamily sffamily",
    "normalfont noindent centering tiny scriptsize footnotesize small normalsize large Large LARGE huge",
    "Huge xspace protect par newline linebreak break relax boldmath unboldmath text hbox",
)
ACCENTS: Final = frozenset("`'^\"~=.cdbHkruv")

MATH_SYMBOLS: Final = _set(
    # Greek
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu",
    "xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta",
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega digamma",
    # letters and signs
    "aleph beth hbar hslash ell wp Re Im partial infty prime emptyset varnothing nabla surd top bot",
    "angle triangle forall exists nexists neg lnot flat natural sharp clubsuit diamondsuit heartsuit",
    "spadesuit imath jmath complement square Box blacksquare lozenge bigstar checkmark ldots cdots",
    "vdots ddots dots dotsc dotsb dotsm colon quad qquad S P dag ddag mho eth Bbbk",
    # large operators and functions
    "sum prod coprod int oint iint iiint bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes",
    "bigoplus biguplus arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker",
    "lg lim liminf limsup ln log max min Pr sec sin sinh sup tan tanh bmod",
    # binary operators
    "pm mp times div ast star circ bullet cdot cap cup uplus sqcap sqcup vee lor wedge land setminus wr",
    "diamond bigtriangleup bigtriangledown triangleleft triangleright oplus ominus otimes oslash odot",
    "bigcirc dagger ddagger amalg smallsetminus ltimes rtimes boxplus boxtimes",
    # relations
    "leq le geq ge equiv models prec succ sim perp preceq succeq simeq mid ll gg asymp parallel subset",
    "supset approx bowtie subseteq supseteq cong sqsubset sqsupset neq ne smile sqsubseteq sqsupseteq",
    "doteq frown in ni notin propto vdash dashv lesssim gtrsim leqslant geqslant lll ggg lessgtr",
    "approxeq triangleq nmid nsubseteq subsetneq supsetneq nleq ngeq vDash thicksim thickapprox",
    "gtreqless lessapprox gtrapprox nless ngtr between pitchfork backsim trianglelefteq trianglerighteq",
    "precsim succsim because therefore",
    # arrows
    "leftarrow gets Leftarrow rightarrow to Rightarrow leftrightarrow Leftrightarrow mapsto",
    "hookleftarrow hookrightarrow leftharpoonup leftharpoondown rightharpoonup rightharpoondown",
    "rightleftharpoons longleftarrow Longleftarrow longrightarrow Longrightarrow longleftrightarrow",
    "Longleftrightarrow longmapsto uparrow Uparrow downarrow Downarrow updownarrow Updownarrow nearrow",
    "searrow swarrow nwarrow iff implies impliedby leadsto rightsquigarrow nrightarrow nleftarrow",
    "upharpoonright twoheadrightarrow curvearrowright circlearrowleft",
    # brackets
    "lbrace rbrace langle rangle lceil rceil lfloor rfloor vert Vert lvert rvert lVert rVert lbrack",
    "rbrack backslash ulcorner urcorner llcorner lrcorner",
)
MATH_ARGUMENTS: Final = dict.fromkeys(
    _set(
        "hat widehat check breve acute grave tilde widetilde bar vec dot ddot dddot overline underline",
        "overbrace underbrace overrightarrow overleftarrow mathring mathbb mathbf mathrm mathcal mathfrak",
        "mathit mathsf mathtt boldsymbol pmb mathop mathbin mathrel mathord mathopen mathclose pmod sqrt",
        "boxed xrightarrow xleftarrow operatorname operatorname*",
    ),
    1,
) | dict.fromkeys(_set("frac dfrac tfrac binom dbinom tbinom overset underset stackrel cfrac"), 2)
# Other packages' fonts, and what stands for them.
AS_OTHERS: Final = {"mathscr": "mathcal", "bm": "boldsymbol", "mathds": "mathbb", "mathbbm": "mathbb"}
# Fonts that hold until their group's end.
OLD_FONTS: Final = {
    "rm": "mathrm", "bf": "mathbf", "cal": "mathcal", "it": "mathit", "sf": "mathsf", "tt": "mathtt",
}  # fmt: skip
MATH_TEXTS: Final = _set("text textrm textit textbf textsf texttt textsc textnormal mbox")
MATH_UNSAID: Final = _set("displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber")
SIZES: Final = frozenset(
    f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
)

PERMITTED: Final = (
    SYMBOLS
    | FONTS
    | MATH_SYMBOLS
    | MATH_ARGUMENTS.keys()
    | AS_OTHERS.keys()
    | OLD_FONTS.keys()
    | MATH_TEXTS
    | MATH_UNSAID
    | SIZES
    | {accent for accent in ACCENTS if accent.isalpha()}
    | {"left", "right", "not", "url", "ensuremath"}
)
"""Every control word that a field may have."""
