"""arXiv's category taxonomy, as far as asking for announcements needs it.

Source: arXiv's category taxonomy page (https://arxiv.org/category_taxonomy), 2026. Alias
categories (cs.SY is eess.SY, cs.NA is math.NA, stat.TH is math.ST, …) are in: papers carry both.
"""

from __future__ import annotations

_SUBJECTS = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI"
    " OH OS PF PL RO SC SD SE SI SY",
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "math": "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG SP ST",
    "nlin": "AO CD CG PS SI",
    "physics": "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph"
    " flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph",
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "stat": "AP CO ME ML OT TH",
}

_WITHOUT_SUBJECTS = "gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th quant-ph"

ARCHIVES: dict[str, tuple[str, ...]] = {
    archive: tuple(f"{archive}.{subject}" for subject in subjects.split())
    for archive, subjects in _SUBJECTS.items()
}
"""Categories of every archive that has subject classes. Archives without (hep-th) stand for themselves."""

CATEGORIES: tuple[str, ...] = (*(c for each in ARCHIVES.values() for c in each), *_WITHOUT_SUBJECTS.split())
"""Every category that papers are announced in."""


def expand(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Categories that a feed spec's parts stand for, each once: `("cs", "stat.ML")` gives 41."""
    return tuple(dict.fromkeys(category for part in parts for category in ARCHIVES.get(part, (part,))))
