"""The author block of a paper's HTML page on arXiv, which LaTeXML writes from the paper's source.

Every LaTeX class leaves its own shape there, and a class LaTeXML does not know leaves the ruins of
one. What is read is what they have in common: the paper's authors are known by name, so a text is a
name, a mark that ties names to texts, or something else, which is an affiliation or a remark.

Sources: LaTeXML's schema and stylesheets (classes `ltx_creator`, `ltx_personname`, `ltx_contact` and
`ltx_note` with `ltx_role_…`, https://github.com/brucemiller/LaTeXML), pages of arXiv from 2023 to
2026, and LaTeXML 0.8.7 run on the author blocks of twenty classes.

What a page does not say stays unsaid: two authors before two affiliations without marks are
authors without affiliations, and the institutions stand by themselves.
"""

from arxivdaily.adapters.latexml.author_block import read_author_block

__all__ = ["read_author_block"]
