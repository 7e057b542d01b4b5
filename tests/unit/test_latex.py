"""LaTeX text to Unicode and MathML: what readers see, and that nothing hostile gets through."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from arxivdaily.site import latex, tex_work
from hypothesis import given, settings
from hypothesis import strategies as st
from latex2mathml import tokenizer
from lxml import etree
from markupsafe import Markup, escape
from pylatexenc import latexwalker


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        (r"Qu\'ebec, Erd\H{o}s, \v{C}ech, {\'E}cole, Na\"ive", "Québec, Erdős, Čech, École, Naïve"),
        ("``Quoted'' -- and --- dashed~tie", "“Quoted” – and — dashed tie"),
        (r"5\% of 5% of A & B, #1, x_1, \$3", "5% of 5% of A & B, #1, x_1, $3"),
        (r"\emph{very} \textbf{bold} \textsc{Small} {\it old} \underline{U}", "very bold Small old U"),
        (
            r"\href{https://a.example/~x}{here} and \url{https://b.example/~y}",
            "here and https://b.example/~y",
        ),
        ("see https://c.example/~me--you", "see https://c.example/~me--you"),
        ("run with --flag, pages 3--5", "run with --flag, pages 3–5"),
        (r"see \cite{a,b}", "see [a,b]"),
        (r"$9.38 \to 2.62$ and \(\ell_2\)", "9.38 → 2.62 and ℓ_2"),
        (r"$\alpha$-divergence, $\frac{a}{b}$", "α-divergence, a/b"),
        (r"broken $\frac$ here", r"broken \frac here"),
        (r"\ours beats \method{}", r"\ours beats \method"),
    ],
)
def test_plain_text(source: str, plain: str) -> None:
    assert latex.to_plain(source) == plain


def test_emphasis_becomes_elements() -> None:
    html = latex.to_html(r"\emph{a <b> \textbf{c}} and \texttt{x_1}")
    assert html == "<em>a &lt;b&gt; <strong>c</strong></em> and <code>x_1</code>"


@pytest.mark.parametrize(
    "text", ["costs $5 and $10 a month", "under $1,000 and more", "from $3M to $300M in 5 years", "$"]
)
def test_dollar_amounts_are_not_formulas(text: str) -> None:
    assert latex.to_html(text) == text


def test_inline_formula_keeps_its_tex() -> None:
    html = latex.to_html(r"the $\ell_2$ norm")
    assert html == (
        r'the <math alttext="\ell_2"><semantics><mrow><msub><mi>ℓ</mi><mn>2</mn></msub></mrow>'
        r'<annotation encoding="application/x-tex">\ell_2</annotation></semantics></math> norm'
    )


@pytest.mark.parametrize("source", ["$$x+y$$", r"\[x+y\]", r"\begin{equation}x+y\end{equation}"])
def test_display_formulas(source: str) -> None:
    html = latex.to_html(f"so {source} holds")
    assert '<math display="block" alttext="x+y">' in html
    assert html.startswith("so <math")
    assert html.endswith("</math> holds")


def test_macros_that_authors_take_for_granted_are_known() -> None:
    html = latex.to_html(r"$\bigO(\bm{n})$")
    assert "<mi>𝒪</mi>" in html
    assert r'alttext="\bigO(\bm{n})"' in html  # the annotation is what the author wrote


def test_adjacent_inline_formulas_are_two() -> None:
    assert latex.to_html("$a$$b$").count("<math ") == 2


def test_aligned_equations_become_a_table() -> None:
    html = latex.to_html(r"\begin{align}a&=b\\c&=d\end{align}")
    assert html.count("<mtr>") == 2


@pytest.mark.parametrize(
    "tex",
    [
        r"x^",
        r"\left(x",
        r"\nosuchcommand{x}",
        r"\href{javascript:alert(1)}{x}",
        r"\def\a{\b\b}\def\b{\a\a}\a",
        r"\newcommand{\a}{\a\a}\a",
        "{" * 60 + "x" + "}" * 60,
        "x" * 1600,
        "a & b",
    ],
)
def test_what_cannot_be_converted_is_shown_as_tex(tex: str) -> None:
    html = latex.to_html(f"${tex}$")
    assert "<math" not in html
    assert html == Markup('<code class="tex">{}</code>').format(tex)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        r"$\text{<script>alert(1)</script>}$",
        r"\emph{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x} \url{javascript:alert(1)}",
        r"$\text{&#60;script&#62;}$",
        '$"><script>$',
        r"\nosuch{<script>}",
        r"\verb|<script>|",
    ],
)
def test_markup_in_the_source_stays_text(source: str) -> None:
    tree = etree.fromstring(f"<p>{latex.to_html(source)}</p>")
    tags = {element.tag for element in tree.iter()}
    assert not tags & {"script", "img", "a"}
    assert not any("href" in element.attrib or "onerror" in element.attrib for element in tree.iter())


CODE = ' <span class="label" lang="zh-Hans">代码</span>'
DATA = ' <span class="label" lang="zh-Hans">数据</span>'


def anchor(url: str, text: str | None = None) -> str:
    return f'<a href="{url}" rel="nofollow noopener">{text or url}</a>'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("Code: https://github.com/a/b_c.", f"Code: {anchor('https://github.com/a/b_c')}{CODE}."),
        (r"\url{https://zenodo.org/records/1}", anchor("https://zenodo.org/records/1") + DATA),
        (r"\href{https://a.example/b}{the \emph{page}}", anchor("https://a.example/b", "the <em>page</em>")),
        (r"$\href{https://a.example/b}{here}$", anchor("https://a.example/b", "here")),
        (r"\emph{see https://a.example/~me--you}", f"<em>see {anchor('https://a.example/~me--you')}</em>"),
        (r"https://a.example/\~{}me/a\_b\%20c", anchor("https://a.example/~me/a_b%20c")),
        (r"\url{https://a.example/\textasciitilde me}", anchor("https://a.example/~me")),
        (r"\href{https://a.example/b\_c}{https://a.example/b\_c}", anchor("https://a.example/b_c")),
        ("github.com/a/b", anchor("https://github.com/a/b", "github.com/a/b") + CODE),
        ("https://a.example/?a=1&b=2", anchor("https://a.example/?a=1&amp;b=2")),
        ("$x$ https://a.example/<b>", f"x {anchor('https://a.example/')}&lt;b&gt;"),
    ],
)
def test_addresses_become_links(source: str, html: str) -> None:
    assert latex.to_html(source, links=True, mathml=False) == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("http://a.example/~b https://bit.ly/c--d", "http://a.example/~b https://bit.ly/c--d"),
        (r"\url{javascript:alert(1)}", "javascript:alert(1)"),
        (r"\href{javascript:alert(1)}{x}", "x"),
        (r"\href{https://a.example/}{https://github.com/b/c}", "https://github.com/b/c"),
        (r"\href{https://a.example/}{}", ""),
        ("a \ue000 b", "a   b"),
    ],
)
def test_unsafe_or_misleading_addresses_stay_text(source: str, html: str) -> None:
    assert latex.to_html(source, links=True) == html


def test_links_are_asked_for() -> None:
    source = r"https://github.com/a/b and \href{https://a.example/}{here}"
    assert "<a " not in latex.to_html(source)
    assert latex.to_plain(source) == "https://github.com/a/b and here"


def test_controls_and_direction_marks_are_removed() -> None:
    assert latex.clean("a\x00b\u202ec\ud800d") == "a b c d"


_BITS = st.sampled_from(
    [
        *(
            "$",
            "$$",
            "\\(",
            "\\)",
            "\\[",
            "\\]",
            "{",
            "}",
            "\\",
            "^",
            "_",
            "&",
            "%",
            "~",
            "--",
            "``",
            "'",
            "x",
            " ",
        ),
        *(
            "\\'",
            '\\"',
            "\\emph",
            "\\frac",
            "\\sqrt[",
            "\\left(",
            "\\right)",
            "\\text",
            "\\item[",
            "\\verb|",
            "\\[",
        ),
        *(
            "\\begin{align}",
            "\\end{align}",
            "\\href",
            "\\def\\a",
            "\\cite[",
            "<b>",
            "&amp;",
            "https://a.example/b",
            "http://github.com/a",
            "\\url{",
            "\ue000",
            "中文",
            "\n\n",
            "\x00",
        ),
    ]
)


@settings(max_examples=150, deadline=2000)
@given(st.lists(_BITS, max_size=60).map("".join))
def test_any_text_becomes_well_formed_phrasing_content(source: str) -> None:
    for mathml in (True, False):
        tree = etree.fromstring(f"<p>{latex.to_html(source, mathml=mathml)}</p>".encode())
        assert not {"script", "a", "b", "img"} & {element.tag for element in tree.iter()}
        linked = etree.fromstring(f"<p>{latex.to_html(source, mathml=mathml, links=True)}</p>".encode())
        assert not {"script", "b", "img"} & {element.tag for element in linked.iter()}
        for element in linked.iter("a"):
            address = element.get("href", "")
            assert address.startswith("https://")
            assert (urlsplit(address).hostname or "é").isascii()
            assert not list(element.iter("a"))[1:]
    assert "\n" not in latex.to_plain(source)


@given(
    st.text(alphabet="ab. ,(中。@:/"),
    st.sampled_from(["https://a.example/b", "github.com/a/b", "http://a.example"]),
)
def test_the_text_around_a_link_is_kept(words: str, address: str) -> None:
    source = f"{words} {address} {words}"
    html = str(latex.to_html(source, links=True)).replace(CODE, "")
    shown = etree.tostring(etree.fromstring(f"<p>{html}</p>".encode()), method="text", encoding="unicode")
    assert shown == str(latex.to_html(source))


# --- work ----------------------------------------------------------------------------------


@contextmanager
def counted() -> Iterator[list[int]]:
    """The characters that the libraries read while the block runs, counted where they read them."""
    read = [0]
    get_token, tokenize = latexwalker.LatexWalker.get_token, tokenizer.tokenize

    def token(self: object, pos: int, *args: object, **kwargs: object) -> object:
        read[0] += 1
        return get_token(self, pos, *args, **kwargs)

    def tokens(tex: str) -> Iterator[str]:
        for one in tokenize(tex):
            read[0] += 1
            yield one

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latexwalker.LatexWalker, "get_token", token)
        patch.setattr("arxivdaily.site.tex_formulas.tokenize", tokens)
        yield read


def clear() -> None:
    for cached in (latex.to_html, latex.to_plain, latex._formula, latex._formula_as_text, latex._words,
                   latex._linked_words):  # fmt: skip
        cached.cache_clear()


CONVERSIONS: tuple[Callable[[str], str], ...] = (
    latex.to_html,
    lambda text: latex.to_html(text, links=True),
    lambda text: latex.to_html(text, mathml=False),
    latex.to_plain,
)
_ALLOWED = 2_000  # tokens for any piece, and …
_ALLOWED_PER_CHARACTER = 15


def check_work(source: str) -> None:
    """No conversion reads more tokens than the text's length allows, every piece of it for itself."""
    pieces = 1 + source.count("$") + source.count("\\(") + source.count("\\[") + source.count("\\begin")
    allowed = _ALLOWED * pieces + _ALLOWED_PER_CHARACTER * len(source)
    for convert in CONVERSIONS:
        clear()
        with counted() as read:
            convert(source)
        assert read[0] <= allowed


# What one of the two libraries reads, or nests, more and more often the more of it there is.
_OPENINGS = (
    *(r"\frac{", r"\frac", r"\dfrac{", r"\binom{", r"\textcolor{", r"\mathrm{\frac{", r"\overset{"),
    *(r"\sqrt[", r"\sqrt{", r"\sqrt", r"\left(", r"\left\{", r"{", r"}", r"[", r"{}[", r"\begin{a}"),
    *(r"\begin{align}", r"\begin{array}{", r"\end{a}", r"\begin{pmatrix}1&", r"\text{", r"\\frac"),
    *(r"\\[", r"^", r"^{", r"_", r"_{", r"x^", r"^^", r"'", r"$", r"$$", r"\(", r"\["),
    *(r"\textbf{\emph{", r"\emph{", r"\verb", r"\cite[", r"\cite[a][", r"\cite{", r"\item["),
    *(r"\href{", r"\url{", r"\'{", r"\'", r"\^\i", r"\footnote[", r"\footnote{"),
    *(r"\includegraphics[", r"\section*[", r"\title[", r"\hspace*", r"\sideset{}{}"),
    *(r"\sideset{_a^b}{_c^d}\sum", r"\not", r"\displaystyle ", r"a\over ", r"\color{red}a"),
    *(r"\stackrel{", r"\substack{", r"\operatorname{", r"\mathbb{", r"\xrightarrow["),
    *(r"\xrightarrow", r"\hbox{$", r"\hbox{^^", r"\mathchoice", r"\genfrac", r"\skew", r"\big"),
    *(r"\root", r"\cfrac", r"\overbrace{", r"\begin{verbatim}", r"%", r"~", r"``", r"\verb|", "%\n"),
    *("\n\n"),
)  # fmt: skip


@pytest.mark.parametrize("opening", _OPENINGS)
def test_no_opening_is_read_over_and_over(opening: str) -> None:
    for count in (22, 90):
        for wrapped in (
            opening * count,
            f"${opening * count}$",
            rf"\[{opening * count}\]",
            f"{{{opening * count}}}",
        ):
            check_work(wrapped)


@pytest.mark.parametrize("count", [17, 22, 24, 60, 500, 2_000])
@pytest.mark.parametrize("opening", [r"\frac{", r"\textcolor{", r"\emph{\frac{"])
def test_a_text_that_takes_too_much_work_is_shown_as_it_is(opening: str, count: int) -> None:
    source = f"On {opening * count}"[: latex.MAX_TEXT]
    for convert in CONVERSIONS[:3]:
        assert convert(source) == escape(source)
    assert latex.to_plain(source) == source


@pytest.mark.parametrize(
    "tex", [r"\sideset{}{}" * 60 + "x", r"\sqrt" * 200 + "x", r"a\over " * 200 + "x", "x" + "^" * 900]
)
def test_a_formula_that_takes_too_much_work_is_shown_as_tex(tex: str) -> None:
    assert latex.to_html(f"${tex}$") == Markup('<code class="tex">{}</code>').format(tex)


def test_matrices_in_matrices_are_not_padded_without_end() -> None:
    tex = "x"
    for _ in range(7):
        tex = r"\begin{pmatrix}" + "x&" * 20 + tex + r"\end{pmatrix}"
    assert latex.to_plain(f"a ${tex}$") == f"a {tex}"
    assert latex.to_plain(r"$\begin{pmatrix}a&b\\c&10\end{pmatrix}$") == "[ a b; c 10 ]"


@settings(max_examples=60, deadline=None)
@given(st.lists(_BITS, max_size=12).map("".join), st.integers(1, 40))
def test_any_text_takes_work_by_its_length(source: str, times: int) -> None:
    check_work((source * times)[:2_000])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([r"\emph{", r"\frac{", "{", "}", r"\'e", r"\textbf", " ", "a<b", "&", "%", "~x"])
    ).map("".join)
)
def test_what_is_refused_loses_nothing(source: str) -> None:
    """With no work allowed at all, every text that needs any comes out as it went in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tex_work, "_STEPS", -1)
        patch.setattr(tex_work, "_STEPS_PER_CHARACTER", 0)
        clear()
        shown = latex.to_html(source)
        assert shown in (escape(source), escape(latex._ligatures(source)))
        formula = latex.to_html(f"${source}$") if source.strip() else Markup("")
        assert not formula or html.unescape(formula.striptags()) == " ".join(source.split())
    clear()


_PAIRS = (
    ("{", "}"),
    (r"\emph{", "}"),
    (r"\frac{1}{", "}"),
    (r"\left(", r"\right)"),
    ("^{", "}"),
    (r"\sqrt{", "}"),
)


@pytest.mark.parametrize("pair", _PAIRS)
def test_who_calls_does_not_decide_what_is_converted(pair: tuple[str, str]) -> None:
    """Python's limit on calls never is what ends a conversion: it would depend on the caller's depth."""

    def deeper(levels: int, text: str) -> str:
        return deeper(levels - 1, text) if levels else latex.to_html(text) + latex.to_html(text, mathml=False)

    for depth in (10, 24, 25, 26, 40, 49, 50, 51, 60):
        text = pair[0] * depth + "x" + pair[1] * depth
        for source in (text, f"${text}$"):
            clear()
            shallow = deeper(0, source)
            clear()
            assert deeper(300, source) == shallow


def test_work_is_counted_and_levels_come_back() -> None:
    work = tex_work.Work(0)
    for _ in range(1_000):
        work.descend()
        work.ascend()
    for _ in range(tex_work.MAX_LEVELS):
        work.descend()
    with pytest.raises(tex_work.TooMuchWorkError):
        work.descend()
    with pytest.raises(tex_work.TooMuchWorkError):
        work.spend(10**6)


@pytest.mark.parametrize(
    ("tex", "names"),
    [
        (r"\sqrt{d \log D}", [("log", "0.167em", "0.167em")]),
        (r"\log(x)", [("log", "0", "0")]),
        (r"f(x) \log_2 n", [("log", "0.167em", "0.167em")]),
        (r"a + \exp(-x)", [("exp", "0", "0")]),
        (r"\arg\max_x f(x)", [("arg", "0", "0.167em"), ("max", "0", "0.167em")]),
        (r"p = \operatorname{softmax}(z)", [("softmax", "0", "0")]),
        (r"\max_\theta \log p", [("max", "0", "0.167em"), ("log", "0", "0.167em")]),
        (r"\log \langle x\rangle", [("log", "0", "0")]),
        (r"y\sim\exp(x)", [("exp", "0", "0")]),
        (r"a \bmod (p-1)", []),
        (r"x_{\text{dim}}", []),
        (r"x \in S", []),
    ],
)
def test_function_names_stand_apart_from_their_arguments(tex: str, names: list[tuple[str, str, str]]) -> None:
    found = re.findall(r'<mo[^>]*?lspace="([^"]+)" rspace="([^"]+)">(\w+)</mo>', latex.to_html(f"${tex}$"))
    assert [(name, before, after) for before, after, name in found] == names
