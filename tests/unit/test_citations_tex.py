r"""Entries through LaTeX and BibTeX themselves: every field of hostile and of ordinary papers is typeset.

Debian's `texlive-latex-base` has all that is needed; without it these tests are passed over, and say so.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from arxivdaily.site import inert_tex, tex_lists
from arxivdaily.site.citations import bibtex, bibtex_file
from fakes import paper
from hostile.payloads import PAYLOADS, RUN_BY_TEX

pytestmark = pytest.mark.skipif(
    not (shutil.which("pdflatex") and shutil.which("bibtex")),
    reason="no pdflatex and bibtex here (Debian: texlive-latex-base); the parsers' tests stand alone",
)

# Prints every field, as styles do that print them; a style's own arguments are the strictest place.
STYLE = r"""ENTRY { author collaboration title note doi url year primaryclass } {} { label }
FUNCTION {show} { duplicate$ empty$ { pop$ } { "\shown{" swap$ * "}" * write$ newline$ } if$ }
FUNCTION {misc} {
  "\bibitem{" cite$ * "}" * write$ newline$
  author empty$ { }
    { author #1 "{f.~}{vv~}{ll}{, jj}" format.name$ show author num.names$ int.to.str$ show } if$
  title show note show doi show collaboration show primaryclass show
}
READ
EXECUTE {begin}
ITERATE {call.type$}
EXECUTE {end}
"""
BEGIN = 'FUNCTION {begin} { "\\begin{thebibliography}{9}" write$ newline$ }\n'
END = 'FUNCTION {end} { newline$ "\\end{thebibliography}" write$ newline$ }\n'
DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath,amssymb,url}
\newcommand{\shown}[1]{\typeout{SHOWN}\par#1}
\begin{document}
\nocite{*}
\bibliographystyle{STYLE}
\bibliography{all}
\end{document}
"""
AUTHORS = ("Émile Zola", "Martin King, Jr.", "The Kettle Team", "Łukasz van der Tea", "Đặng Bąk")
ORDINARY = (
    r"On $\ell_2$-Regularised $O(\sqrt[3]{n \log n})$ \emph{Kettles}: 100% of R&D for user_id #1",
    r"Schr\"odinger's Na\"{\i}ve $\mathbb{E}_{x\sim p}[\|f(x)\|^2] \le \frac{1}{2}$ in \'Etale {\O}rsted",
    "Latency → 3 ms ≤ 10 µs: “quoted” — café, naïve, Łódź, Győr, ½ and α/β at 20 °C ± 1",
    r"$\left\{x \in \mathcal{X} : \hat{y} \neq 0\right\}$, ${\cal O}(n)$, $x^\mathrm{T}$, $\text{if }n$",
)


def run(folder: Path, program: str, *arguments: str) -> str:
    ran = subprocess.run(  # noqa: S603
        [str(shutil.which(program)), *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "TEXMFVAR": str(folder / "var"),
            "openin_any": "p",
        },
    )
    said = (ran.stdout + ran.stderr).decode("utf-8", "replace")
    assert ran.returncode == 0, said[-3_000:]
    return said


def typeset(folder: Path, entries: str, style: str) -> str:
    """What LaTeX says of a document with these entries; fails where it or BibTeX finds fault."""
    (folder / "all.bib").write_text(entries, "utf-8")
    (folder / "shown.bst").write_text(STYLE.replace("READ\n", BEGIN + END + "READ\n"), "utf-8")
    (folder / "doc.tex").write_text(DOCUMENT.replace("STYLE", style), "utf-8")
    latex = ("-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "doc.tex")
    run(folder, "pdflatex", *latex)
    said = run(folder, "bibtex", "doc")
    assert "error" not in said.lower(), said
    return run(folder, "pdflatex", *latex)


def hostile_entries(texts: Sequence[str]) -> tuple[str, int]:
    """An entry for each text, which stands in every field, where it can be set in Latin letters."""
    made = []
    for number, text in enumerate(texts):
        one = replace(
            paper(number), title=f"{text} x", authors=(text[:300], f"Mal {text[:300]} Lory"), comment=text,
            doi=text, categories=("cs.CV", "cs.LG"), journal_ref=text[:500] if number % 2 else None,
        )  # fmt: skip
        made.append(bibtex(one, "2026", f"k{number}"))
    made = [entry for entry in made if entry.isascii()]  # other scripts want fonts, and other engines
    return "\n".join(made), len(made)


@pytest.mark.parametrize("style", ["shown", "plain", "abbrv", "alpha", "unsrt"])
def test_ordinary_papers_are_typeset(tmp_path: Path, style: str) -> None:
    papers = [
        replace(
            paper(n), title=title, authors=AUTHORS,
            comment="Top 5% & more_at https://a.example/my_repo, https://a.example/b%20c#d (9 pages)",
            doi="10.1007/978-3-030-58452-8_24",
        )
        for n, title in enumerate(ORDINARY)
    ]  # fmt: skip
    entries = bibtex_file((one, "2026") for one in papers)
    assert entries.isascii()
    said = typeset(tmp_path, entries, style)
    assert style != "shown" or said.count("SHOWN") == len(papers) * 6


@pytest.mark.parametrize("style", ["shown", "plain"])
def test_hostile_papers_are_typeset_and_run_nothing(tmp_path: Path, style: str) -> None:
    texts = [*RUN_BY_TEX, *(p.text for p in PAYLOADS if p.kind in ("tex", "citation", "link", "xml"))]
    entries, count = hostile_entries(texts)
    assert count > 100
    said = typeset(tmp_path, entries, style)
    assert "(/etc/passwd" not in (tmp_path / "doc.log").read_text("utf-8", "replace")
    assert style != "shown" or said.count("SHOWN") >= 5 * count
    written = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert written <= {
        "all.bib",
        "shown.bst",
        *(f"doc.{end}" for end in ("tex", "aux", "log", "bbl", "blg", "pdf")),
    }


def test_every_name_on_the_lists_is_known_to_latex(tmp_path: Path) -> None:
    tests = [rf"{{\{name}}}" for name in sorted(tex_lists.SYMBOLS)]
    tests += [rf"\{name}{{x}}" for name in sorted(tex_lists.FONTS)]
    tests += [rf"\{accent}{{e}}" for accent in sorted(tex_lists.ACCENTS - {"k"})]
    tests += [rf"${{\{name}}}$" for name in sorted(tex_lists.MATH_SYMBOLS)]
    tests += [rf"$\{name}{'{x}' * count}$" for name, count in tex_lists.MATH_ARGUMENTS.items()]
    tests += [
        rf"$\{name}{{x}}$"
        for name in (*tex_lists.MATH_TEXTS, *tex_lists.OLD_FONTS.values(), *tex_lists.AS_OTHERS.values())
    ]
    tests += [rf"$\{name}($" for name in sorted(tex_lists.SIZES)]
    tests += [*tex_lists.ESCAPED.values(), *tex_lists.WRITTEN.values()]
    tests += [rf"{{\{name}}}" for name in tex_lists.LETTERS.values()]
    tests += [inert_tex.from_plain(chr(code)) for code in range(0xA0, 0x3000)]
    tests = [text for text in tests if text.isascii()]
    assert len(tests) > 900
    body = "\n\n".join(tests)
    (tmp_path / "names.tex").write_text(
        rf"\documentclass{{article}}\usepackage{{amsmath,amssymb}}\begin{{document}}{body}\end{{document}}"
    )
    run(tmp_path, "pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "names.tex")
