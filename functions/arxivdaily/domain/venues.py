"""The names of conferences and journals as authors write them in arXiv's comment field.

Three tables: acronyms of conferences, acronyms of journals, and names of several words. All but the
journals' badge needs a year; what the acronym of one body shares with an English word, a unit or
another body is read only in its own spelling with the year beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONFERENCES = """
3DV AAAI AACL AAMAS ACC ACCV ACL ACML ACSAC AIED AIES AIM AISTATS ALT APPROX APSIPA ASE AsiaCCS ASIACRYPT
ASP-DAC ASPDAC ASPLOS ASRU ASSETS ATC AutoML AVI BEA BIBM BIONLP BioRob BMVC CADE CAIP CASE CASES CAV CBMI
CCC CCGrid CCL CCS CDC CGO CHES CHI CHIIR CHIL CIDR CIKM CLeaR CLUSTER CODASPY CODES+ISSS CogSci COLING
COLM COLT CONCUR CoNEXT CoNLL CoRL CPAL CRV CRYPTO CSCW CSF CSL CVPR DAC DAGM DASFAA DATE DCASE DCC DICTA
DIMVA DIS DISC DSAA DSN EACL EASE EC ECAI ECC ECCV ECIR ECOOP EDBT EDM EGSR EMBC EMNLP ESA ESEM ESORICS
ESWC ETRA ETS EurIPS Euro-Par EUROCRYPT Eurographics EuroS&P EuroSys EuroVis EUSIPCO FAccT FASE FAST FC
FCCM FG FM FMCAD FOCS FormaliSE FPGA FPL FSE FSTTCS FUSION GCPR GECCO GLOBECOM GRAPP HCOMP HotNets HotOS
HotStorage HPCA HPDC HRI HT Humanoids I3D ICALP ICANN ICAPS ICAR ICARCV ICASSP ICC ICCA ICCAD ICCD ICCL
ICCS ICCV ICDAR ICDCS ICDE ICDM ICDT ICFP ICIAP ICIP ICLR ICME ICMEW ICMI ICML ICMLA ICMR ICNP ICONIP
ICORR ICPADS ICPC ICPP ICPR ICRA ICS ICSA ICSE ICSME ICSOC ICST ICTIR ICVGIP ICWS ICWSM IDC IFAC IGARSS
IISWC IJCAI IJCAR IJCB IJCNLP IJCNLP-AACL IJCNN IMC INFOCOM INLG INTERACT Interspeech IoTDI IPCAI IPCO
IPDPS IPMI IPSN IROS ISAAC ISBI ISCA ISCSLP ISER ISIT ISLPED ISMAR ISMB ISMIR ISPASS ISRR ISSCC ISSRE
ISSTA ISVC ISWC ITC ITCS ITP ITSC ITW IUI IV IVCNZ IWSLT JCDL KDD KR L4DC LAK LATIN LCTES LICS LOD LoG
LPAR LREC LREC-COLING MARSS MASCOTS MFCS MFI MICCAI MICRO Middleware MIDL MLHC MLSys MMM MMSP MMSys
MobiCom MobiHoc MobileHCI MobiSys MODELS MSR MVA NAACL NDSS NeurIPS NLPCC NordiCHI NSDI ODYSSEY OOPSLA
OSDI PacificVis PACT PAKDD PCS PERCOM PETS PIMRC PKC PLDI PODC PODS PoPETs POPL PPoPP PPSN PRCV QoMEX RAID
RANDOM RE RECOMB RecSys RO-MAN ROBIO RoboSoft RSS RTAS RTSS SANER SAS SAT SaTML SC SCA SCIA SDM SEAMS
SECON SemEval SenSys SGP SIGCOMM SIGDIAL SIGGRAPH SIGIR SIGMETRICS SIGMOD SIGSPATIAL SLT SMC SoCC SoCG
SODA SOSA SOSP SOUPS SPAA SPLASH SSDBM STACS STOC SWAT TACAS TCC TEI TextGraphs TQC UAI UbiComp UIST UMAP
UR VCIP VEE VISAPP VLDB VMCAI VRST VTC VTS WACV WADS WAFR WASPAA WCNC WG WINE WiSec WMT WSDM WWW XP
"""

# Acronyms that are also words, units or other bodies.
_WORDS = """
ACC AIM ALT APPROX ASE ASSETS ATC AutoML AVI BEA CASE CASES CCC CCL CCS CDC CHI CLeaR CLUSTER CPAL CRV
CRYPTO CSF CSL DAC DATE DCC DIS DISC EASE EC ECC EDM ESA ETS FAST FC FG FM FPGA FPL FSE FUSION HotOS HT
Humanoids ICC ICS IDC IFAC IJCAR IMC INTERACT ISCA ITC ITP ITW IUI IV KR LAK LATIN LOD LoG MFI MICRO
Middleware MMM MODELS MSR MVA ODYSSEY PACT PCS PETS PKC PODS RAID RANDOM RE RSS SAS SAT SC SCA SDM SLT SMC
SODA SOUPS SPLASH SWAT TCC TEI TextGraphs UR VEE VTC VTS WG WINE WWW XP
"""

# Other spellings of a conference; `+` begins what kind of contribution the spelling means.
_SPELLINGS = {
    "NIPS": "NeurIPS", "TheWebConf": "WWW", "PVLDB": "VLDB", "Ubicomp": "UbiComp", "SIGKDD": "KDD",
    "SIGdial": "SIGDIAL", "ECML": "ECML-PKDD", "ECMLPKDD": "ECML-PKDD", "ECML-PKDD": "ECML-PKDD",
    "CVPRF": "CVPR+Findings", "ICCVF": "ICCV+Findings",
}  # fmt: skip
_WORKSHOP_SERIES = (
    "CVPR", "ICCV", "ECCV", "WACV", "ICML", "NeurIPS", "ICLR", "ICRA", "ICDM", "ICDE", "ICST", "ICME",
    "ICASSP", "AAAI", "ISBI", "ICIP", "ACL",
)  # fmt: skip

# Badge, then its other spellings. In capitals only, so that `media` and `tip` stay words.
_JOURNALS = """
TPAMI T-PAMI PAMI|IJCV|TMLR|JMLR|TACL|TKDE|TNNLS|TVCG|TOMM|TCSVT T-CSVT|TGRS|GRSL|JSTARS|JBHI J-BHI|T-RO TRO
|RA-L RAL|T-ITS TITS|IJRR|TIFS T-IFS|TDSC|TOSEM|TOIS|TKDD|TIST|TALLIP|TASLP TASLPRO|TCYB|TAFFC|TPDS
|JSAC|JSTSP|JAIR|VLDBJ|JACM|IMWUT|PACMHCI|PACMPL|IJCARS|CVIU|MedIA
"""
# These need the publisher before them (`IEEE TIP`) or the year after them (`TIP 2026`).
_SHORT_JOURNALS = """
TIP T-IP|TMI T-MI|TMM T-MM|TOG|TSP T-SP|TSE|TAI|TMC|TWC|TCOM|TCI
|TCAD|T-ASE TASE|T-IV TIV|TBME|TIM|TII|TNSM|TSC|TC
|TON ToN
"""

_TRANSACTIONS = r"(?:Transactions|Trans\.?) (?:on|of|in) "
_IEEE = r"(?:IEEE(?:/ACM)? )?" + _TRANSACTIONS
_ACM = r"(?:ACM )?" + _TRANSACTIONS
_STOP = r"(?= ?(?:Journal\b|\(|,|\.|;|'|20\d\d|$))"  # a name of common words must end where its clause does

_LONG_CONFERENCES = {
    "ACM MM": r"ACM (?:MM(?![A-Za-z])|Multimed\w*(?! (?:Asia|Sys|Computing))"
    r"|International Conference on Multimedia(?! Retrieval))",
    "ACM MM Asia": r"(?:ACM )?(?:MM|Multimedia) Asia",
    "SIGGRAPH Asia": r"SIGGRAPH[ -]Asia",
    "USENIX Security": r"USENIX Security(?: Symposium)?",
    "USENIX ATC": r"USENIX (?:ATC|Annual Technical Conference)",
    "IEEE S&P": r"IEEE (?:S&P|SP(?![A-Za-z])|Symposium on Security and Privacy)|(?<![\w&])S&P",
    "IEEE VIS": r"IEEE VIS(?![A-Za-z])|IEEE Visualization(?: and Visual Analytics)? Conference",
    "IEEE VR": r"IEEE VR(?![A-Za-z])|IEEE Conference (?:on )?Virtual Reality(?: and 3D User Interfaces)?",
    "Pacific Graphics": r"Pacific Graphics",
    "WWW": r"(?:ACM )?(?:The )?Web Conference|World Wide Web Conference",
    "ECML-PKDD": r"ECML[ /_-]{1,3}PKDD",
    "CVPR": r"Conference on Computer Vision and Pattern Recognition"
    r"|(?<=Findings of )Computer Vision and Pattern "
    r"Recognition",
    "ICCV": r"(?<!Asian )(?<!European )International Conference on Computer Vision(?! (?:Theory|and"
    r"|Systems))",
    "ECCV": r"European Conference on Computer Vision",
    "ACCV": r"Asian Conference on Computer Vision",
    "WACV": r"Winter Conference on (?:Applications|Application) of Computer Vision",
    "BMVC": r"British Machine Vision Conference",
    "3DV": r"International Conference on 3D Vision",
    "ICLR": r"International Conference on Learning Representations",
    "ICML": r"International Conference on Machine Learning(?! and| Applications|,)",
    "NeurIPS": r"(?:Conference on|Advances in) Neural Information Processing Systems",
    "AAAI": r"AAAI Conference on Artificial Intelligence",
    "IJCAI": r"International Joint Conference on Artificial Intelligence|IJCAI[-/]ECAI",
    "AISTATS": r"International Conference on Artificial Intelligence and Statistics",
    "UAI": r"Conference on Uncertainty in Artificial Intelligence",
    "COLT": r"Conference on Learning Theory",
    "CoRL": r"Conference on Robot Learning",
    "COLM": r"Conference on Language Modeling",
    "MLSys": r"Machine Learning and Systems? (?:Conference|\(MLSys\))"
    r"|Conference on Machine Learning and Systems",
    "AAMAS": r"(?:International )?Conference on Autonomous Agents and Multi-?agent Systems",
    "ECAI": r"European Conference on Artificial Intelligence",
    "KDD": r"(?:ACM )?SIGKDD Conference(?: on Knowledge Discovery and Data Mining)?"
    r"|Conference on Knowledge Discovery and Data Mining",
    "ACL": r"Annual Meeting of the Association for Computational Linguistics"
    r"|(?<=Findings of the )Association for Computational Linguistics(?!:)",
    "EMNLP": r"Conference on Empirical Methods in Natural Language Processing"
    r"|Empirical Methods in Natural Language Processing",
    "NAACL": r"(?:North American|Nations of the Americas) Chapter of the (?:ACL"
    r"|Association for Computational Linguistics)",
    "EACL": r"European Chapter of the (?:ACL|Association for Computational Linguistics)",
    "AACL": r"Asia-Pacific Chapter of the (?:ACL|Association for Computational Linguistics)",
    "COLING": r"International Conference on Computational Linguistics",
    "SIGIR": r"Conference on Research and Development in Information Retrieval",
    "CIKM": r"Conference on Information and Knowledge Management",
    "WSDM": r"Conference on Web Search and Data Mining",
    "RecSys": r"Conference on Recommender Systems",
    "ICRA": r"International Conference on Robotics (?:and|&) Automation",
    "IROS": r"International Conference on Intelligent Robots and Systems",
    "RSS": r"Robotics: Science and Systems",
    "ICASSP": r"International Conference on Acoustics,? Speech,?(?: and| &)? Signal Processing",
    "Interspeech": r"(?<=ISCA )Interspeech",
    "ASRU": r"(?:IEEE )?(?:Workshop on )?Automatic Speech Recognition and Understanding(?: Workshop)?",
    "SLT": r"(?:IEEE )?Spoken Language Technology Workshop",
    "WASPAA": r"(?:IEEE )?Workshop on Applications of Signal Processing to Audio and Acoustics",
    "ICIP": r"International Conference on Image Processing(?! Theory)",
    "ICME": r"International Conference on Multimedia (?:and|&) Expo",
    "ICMR": r"International Conference on Multimedia Retrieval",
    "ICPR": r"International Conference on Pattern Recognition(?! Applications| and)",
    "ICDAR": r"International Conference on Document Analysis and Recognition",
    "FG": r"(?:International )?Conference on Automatic Face and Gesture Recognition",
    "IGARSS": r"International Geoscience and Remote Sensing Symposium",
    "EUSIPCO": r"European Signal Processing Conference",
    "MICCAI": r"(?:International Conference on )?Medical Image Computing and Computer[- ]Assisted "
    r"Intervention\w*",
    "ISBI": r"International Symposium on Biomedical Imaging",
    "MIDL": r"(?:International Conference on )?Medical Imaging with Deep Learning",
    "IPMI": r"Information Processing in Medical Imaging",
    "EMBC": r"Engineering in Medicine and Biology (?:Conference|Society Annual International Conference)"
    r"|(?:Annual International )?Conference of the IEEE Engineering in Medicine and Biology Society",
    "IJCNN": r"International Joint Conference on Neural Networks",
    "ISIT": r"International Symposium on Information Theory",
    "ITSC": r"International Conference on Intelligent Transportation Systems",
    "ICDE": r"International Conference on Data Engineering",
    "ICDM": r"International Conference on Data Mining",
    "ICDCS": r"International Conference on Distributed Computing Systems",
    "VLDB": r"(?:International Conference on |Proceedings of the )(?:Very Large Data ?Bases|VLDB Endowment)",
    "SIGMOD": r"International Conference on Management of Data|Proceedings of the ACM on Management of Data",
    "CHI": r"(?:ACM )?(?:CHI )?Conference on Human Factors in Computing Systems",
    "CSCW": r"Conference on Computer[- ]Supported Cooperative Work[\w &]*",
    "UIST": r"Symposium on User Interface Software and Technology",
    "FAccT": r"Conference on Fairness,? Accountability,?(?: and| &)? Transparency",
    "AIES": r"Conference on (?:AI|Artificial Intelligence), Ethics,? and Society",
    "ICSE": r"International Conference on Software Engineering",
    "ASE": r"International Conference on Automated Software Engineering",
    "FSE": r"(?:International )?Conference on the Foundations of Software Engineering",
    "ISSTA": r"International Symposium on Software Testing and Analysis",
    "ICST": r"(?:International )?Conference (?:on|of) Software Testing,? Verification,? and Validation",
    "SODA": r"Symposium on Discrete Algorithms",
    "STOC": r"Symposium on (?:the )?Theory of Computing",
    "FOCS": r"Symposium on Foundations of Computer Science",
    "ITCS": r"Innovations in Theoretical Computer Science(?: Conference)?",
    "POPL": r"Symposium on Principles of Programming Languages",
    "PLDI": r"Conference on Programming Language Design and Implementation",
    "CCS": r"Conference on Computer and Communications Security",
    "NDSS": r"Network and Distributed System Security Symposium",
    "INFOCOM": r"International Conference on Computer Communications",
    "ICC": r"IEEE International Conference on Communications",
    "CDC": r"Conference on Decision and Control",
    "SC": r"International Conference for High Performance Computing, Networking, Storage,? and Analysis",
    "ICS": r"(?:ACM )?International Conference on Supercomputing",
    "DAC": r"Design Automation Conference(?! Asia)",
    "ICCAD": r"International Conference on Computer-Aided Design",
    "ICCS": r"International Conference on Computational Science",
    "SMC": r"International Conference on Systems, Man,? and Cybernetics",
    "GECCO": r"Genetic and Evolutionary Computation Conference",
    "ICAPS": r"International Conference on Automated Planning and Scheduling",
    "ISMIR": r"International Society for Music Information Retrieval Conference",
    "HRI": r"International Conference on Human-Robot Interaction",
    "ISPRS Congress": r"ISPRS Congress",
}
_LONG_JOURNALS = {
    "TPAMI": _IEEE + "Pattern Analysis (?:and|&) Machine Intelligence",
    "IJCV": "International Journal of Computer Vision",
    "TIP": _IEEE + "Image Processing",
    "TMLR": "Transactions (?:on|of) Machine Learning Research",
    "JMLR": "Journal of Machine Learning Research",
    "TACL": "Transactions of the (?:Association for Computational Linguistics|ACL)",
    "TKDE": _IEEE + "Knowledge (?:and|&) Data Engineering",
    "TNNLS": _IEEE + "Neural Networks (?:and|&) Learning Systems",
    "TOG": _ACM + "Graphics",
    "TVCG": _IEEE + "Visualization (?:and|&) Computer Graphics",
    "TOMM": _ACM + r"Multimedia Computing[\w ,&]{0,30}Applications",
    "TMM": _IEEE + "Multimedia",
    "TCSVT": _IEEE + "Circuits (?:and|&) Systems for Video Technology",
    "TGRS": _IEEE + "Geoscience (?:and|&) Remote Sensing",
    "GRSL": "Geoscience (?:and|&) Remote Sensing Letters",
    "JSTARS": "Journal of Selected Topics in Applied Earth Observations and Remote Sensing",
    "TMI": _IEEE + "Medical Imaging",
    "MedIA": "Medical Image Analysis" + _STOP,
    "JBHI": "Journal of Biomedical and Health Informatics",
    "TBME": _IEEE + "Biomedical Engineering",
    "RA-L": "Robotics (?:and|&) Automation Letters",
    "T-ASE": _IEEE + "Automation Science and Engineering",
    "T-RO": _IEEE + "Robotics",
    "T-ITS": _IEEE + "Intelligent Transportation Systems",
    "T-IV": _IEEE + "Intelligent Vehicles",
    "IJRR": "International Journal of Robotics Research",
    "TIFS": _IEEE + "Information Forensics (?:and|&) Security",
    "TDSC": _IEEE + "Dependable (?:and|&) Secure Computing",
    "TOSEM": _ACM + "Software Engineering and Methodology",
    "TSE": _IEEE + "Software Engineering",
    "TOIS": _ACM + "Information Systems",
    "TKDD": _ACM + "Knowledge Discovery from Data",
    "TIST": _ACM + "Intelligent Systems and Technology",
    "TALLIP": _ACM + "Asian and Low[- ]Resource Language Information Processing",
    "TASLP": _IEEE + r"Audio,? Speech,?(?: and| &)? Language Processing",
    "TSP": _IEEE + "Signal Processing",
    "TIT": _IEEE + "Information Theory",
    "TCYB": _IEEE + "Cybernetics",
    "TAI": _IEEE + "Artificial Intelligence",
    "TAFFC": _IEEE + "Affective Computing",
    "TMC": _IEEE + "Mobile Computing",
    "TPDS": _IEEE + "Parallel (?:and|&) Distributed Systems",
    "TWC": _IEEE + "Wireless Communications",
    "TCOM": _IEEE + "Communications",
    "TCI": _IEEE + "Computational Imaging",
    "TCAD": _IEEE + "Computer-Aided Design of Integrated Circuits and Systems",
    "JSAC": "Journal on Selected Areas in Communications",
    "JSTSP": "Journal of Selected Topics in Signal Processing",
    "JAIR": "Journal of Artificial Intelligence Research",
    "VLDB Journal": "(?:The )?VLDB Journal",
    "JACM": "Journal of the ACM",
    "IMWUT": "Proceedings of the ACM on Interactive, Mobile, Wearable and Ubiquitous Technologies",
    "PACMHCI": "Proceedings of the ACM on Human-Computer Interaction|PACM HCI",
    "PACMPL": "Proceedings of the ACM on Programming Languages|PACM PL",
    "ISPRS Journal": r"ISPRS (?:Journal|J\.?) of Photogrammetry (?:and|&) Remote Sensing",
    "CVIU": "Computer Vision and Image Understanding",
    "Pattern Recognition Letters": "Pattern Recognition Letters",
    "Pattern Recognition": "(?<!and )(?<!on )(?<!of )(?<!for )Pattern Recognition" + _STOP,
    "Computer Graphics Forum": "Computer Graphics Forum",
    "Computerized Medical Imaging and Graphics": "Computerized Medical Imaging and Graphics",
    "Neural Networks": "(?:(?<=in )|(?<=by ))Neural Networks" + _STOP,
    "Neurocomputing": "Neurocomputing",
    "Information Fusion": "Information Fusion" + _STOP,
    "Knowledge-Based Systems": "Knowledge-Based Systems" + _STOP,
    "Expert Systems with Applications": "Expert Systems with Applications",
    "ACM Computing Surveys": "ACM Computing Surveys|ACM CSUR",
    "Scientific Reports": "Scientific Reports" + _STOP,
    "Scientific Data": "Scientific Data" + _STOP,
    "Science Robotics": "Science Robotics",
    "Science Advances": "Science Advances",
    "PNAS": "PNAS|Proceedings of the National Academy of Sciences",
    "npj Digital Medicine": "npj Digital Medicine",
    "Proceedings of the IEEE": "(?:the )Proceedings of the IEEE" + _STOP,
}
# Names that are their own badge.
_TITLED = re.compile(
    r"(?<![A-Za-z-])(?:Nature (?:Communications|Machine Intelligence|Biomedical Engineering|Methods|Medicine"
    r"|Computational Science|Electronics|Physics|Neuroscience|Human Behaviour|Biotechnology|Climate Change"
    r"|Chemistry|Materials|Energy|Astronomy|Sustainability|Cancer|Genetics|Photonics|Cities|Food|Water)"
    r"|(?:IEEE(?:/ACM)?|ACM) (?:Transactions|Journal) (?:on|of|in)(?: (?:and|of|in|for|the|&"
    r"|[A-Z][A-Za-z-]+))+"
    r"|IEEE(?: [A-Z][a-z]+){1,4} (?:Letters|Magazine|Journal)|IEEE Access)"
)
# Journals named with a common word: only where the sentence says `published in` and the name ends it.
_COMMON = re.compile(
    r"(?i:(?:published|accepted|appear\w*|press|publication) (?:for publication )?(?:in|by|at)) "
    r"(?:the journal )?(?P<name>Nature|Science|Cell|Patterns|Displays|Sensors|Remote Sensing"
    r"|Artificial Intelligence"
    r"|Machine Learning|Computational Linguistics|Neural Computation|Machine Intelligence Research)" + _STOP
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A venue's name at `start`..`end` of a sentence. `form`: what the spelling says of the kind of
    contribution (`Workshop`, `Findings`), or empty. A `fragile` name is also something else's."""

    start: int
    end: int
    badge: str
    form: str = ""
    is_journal: bool = False
    fragile: bool = False


_AMBIGUOUS = frozenset(_WORDS.split())


def _spellings() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """(badge, form) by the exact spelling, and by the lower-cased one where every case will do."""
    exact = {name: (name, "") for name in _CONFERENCES.split()}
    for name, badge in _SPELLINGS.items():
        exact[name] = (badge.partition("+")[0], badge.partition("+")[2])
    for name in _WORKSHOP_SERIES:
        exact |= {f"{name}W": (name, "Workshop"), f"{name}-W": (name, "Workshop")}
    return exact, {name.lower(): found for name, found in exact.items() if name not in _AMBIGUOUS}


_EXACT, _ANY_CASE = _spellings()
_JOURNAL_NAMES = {
    name: (names.split()[0], is_short)
    for table, is_short in ((_JOURNALS, False), (_SHORT_JOURNALS, True))
    for names in table.replace("\n", " ").split("|")
    for name in names.split()
}
_TOKEN = re.compile(r"(?<![\w#.])(?:3DV|[A-Za-z][A-Za-z&]*(?:-[A-Za-z&]+)*)")
_PUBLISHER = re.compile(r"(?:IEEE|ACM|IEEE/ACM)\s$")
# `ACM SIGGRAPH Symposium on X` is another conference than SIGGRAPH.
_SPONSORS = ("SIGGRAPH", "Eurographics")
_SYMPOSIUM = re.compile(r"(?:/Eurographics|/SIGGRAPH)? (?:Symposium|Workshop|Conference) on ")
_YEAR_AFTER = re.compile(r"[\s,'’()-]{0,3}(?:19|20)\d\d(?!\d)|\s?['’-]\d\d(?!\d)")
_LONG = [(badge, form, False) for badge, form in _LONG_CONFERENCES.items()]
_LONG += [(badge, form, True) for badge, form in _LONG_JOURNALS.items()]
_LONG_FORMS = re.compile(
    r"(?<![A-Za-z-])(?:"
    + "|".join(f"(?P<n{i}>{form})" for i, (_, form, _) in enumerate(_LONG))
    + r")(?![A-Za-z])",
    re.IGNORECASE,
)


def mentions(sentence: str) -> list[Mention]:
    """The venues named in `sentence`, in order, none inside another."""
    found = [_long(match) for match in _LONG_FORMS.finditer(sentence)]
    found += [
        Mention(m.start(), m.end(), _trimmed(m[0]), is_journal=True) for m in _TITLED.finditer(sentence)
    ]
    found += [Mention(*m.span("name"), m["name"], is_journal=True) for m in _COMMON.finditer(sentence)]
    found += filter(None, (_short(match, sentence) for match in _TOKEN.finditer(sentence)))
    found.sort(key=lambda mention: (mention.start, -mention.end))
    kept: list[Mention] = []
    for mention in found:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _long(match: re.Match[str]) -> Mention:
    badge, _, is_journal = _LONG[int(str(match.lastgroup)[1:])]
    return Mention(match.start(), match.end(), badge, is_journal=is_journal)


def _trimmed(title: str) -> str:
    return re.sub(r"(?: (?:and|of|in|for|the|&))+$", "", title)


def _short(match: re.Match[str], sentence: str) -> Mention | None:
    """An acronym: the whole token, or the part before its first hyphen (`ICRA-RAMI`, `ACL-Findings`)."""
    for end in (match.end(), match.start() + len(match[0].partition("-")[0])):
        token = sentence[match.start() : end]
        if journal := _JOURNAL_NAMES.get(token):
            badge, is_short = journal
            if is_short and not (
                _PUBLISHER.search(sentence[: match.start()]) or _YEAR_AFTER.match(sentence, end)
            ):
                return None
            return Mention(match.start(), end, badge, is_journal=True)
        known = _EXACT.get(token) or (
            _ANY_CASE.get(token.lower()) if token[0].isupper() or token.islower() else None
        )
        is_sponsor = known and known[0] in _SPONSORS and _SYMPOSIUM.match(sentence, end)
        if known and not is_sponsor:
            return Mention(match.start(), end, *known, fragile=token in _AMBIGUOUS)
    return None
