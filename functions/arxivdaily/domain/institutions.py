"""From the text of an affiliation to the institution that a reader knows.

`Institut de Ciències del Cosmos (ICCUB), Universitat de Barcelona (UB), E-08028 Barcelona, Spain` is
`Universitat de Barcelona` to a reader. The rules are those of addresses in papers: parts go from the
small (department) to the large (university), then comes the postal address. A name is always a part
of the cleaned text, never a form made up for it; where no part is clearly the institution, the text
without its postal address stands.

Texts are hostile: each is cut to `MAX_TEXT` characters before anything works on it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property, lru_cache
from itertools import islice, pairwise

from arxivdaily.domain.affiliations import Institution

MAX_TEXT = 1_500  # characters; addresses of real papers have under 400
MAX_NAME = 200
MAX_LINES = 500  # of one address block
MAX_SEVERAL = 100  # institutions in one text


class Rank(IntEnum):
    """What a part of an affiliation is, the larger the better known."""

    ADDRESS = 0
    UNKNOWN = 1
    DEPARTMENT = 2
    UNIT = 3  # an institute, centre or laboratory: an institution, unless it is part of a larger one
    ORGANISATION = 4
    UNIVERSITY = 5  # or as well known by itself: companies, national institutes


# --- places --------------------------------------------------------------------------------


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split("|"))


_COUNTRIES = _names(
    """usa|us|u s a|u s|united states|united states of america|uk|u k|united kingdom|england|scotland|wales
    |northern ireland|great britain|ireland|republic of ireland|canada|mexico|brazil|brasil|argentina|chile
    |colombia|peru|uruguay|ecuador|venezuela|bolivia|paraguay|cuba|costa rica|panama|guatemala|puerto rico
    |france|germany|deutschland|austria|osterreich|switzerland|schweiz|suisse|liechtenstein|luxembourg|belgium
    |belgique|the netherlands|netherlands|nederland|holland|denmark|danmark|sweden|norway|finland|iceland
    |estonia|latvia|lithuania|poland|polska|czech republic|czechia|slovakia|slovak republic|hungary|romania
    |bulgaria|greece|cyprus|turkey|turkiye|italy|italia|spain|espana|portugal|malta|monaco|andorra|slovenia
    |croatia|serbia|bosnia and herzegovina|montenegro|north macedonia|albania|kosovo|ukraine|belarus|moldova
    |russia|russian federation|georgia|armenia|azerbaijan|kazakhstan|uzbekistan|kyrgyzstan|mongolia|china
    |p r china|pr china|p r c|prc|people s republic of china|the people s republic of china|mainland china
    |hong kong|hong kong sar|hksar|hong kong s a r|macau|macao|macau sar|macao sar|taiwan|taiwan roc|r o c
    |taiwan r o c|japan|korea|south korea|republic of korea|korea south|rok|singapore|malaysia|indonesia
    |thailand|vietnam|viet nam|philippines|the philippines|cambodia|laos|myanmar|brunei|india|pakistan
    |bangladesh|sri lanka|nepal|bhutan|afghanistan|iran|iraq|israel|palestine|jordan|lebanon|syria
    |saudi arabia|kingdom of saudi arabia|ksa|uae|u a e|united arab emirates|qatar|kuwait|bahrain|oman|yemen
    |egypt|morocco|algeria|tunisia|libya|sudan|ethiopia|kenya|uganda|tanzania|rwanda|nigeria|ghana|senegal
    |cameroon|zambia|zimbabwe|botswana|namibia|south africa|mozambique|madagascar|mauritius|ivory coast
    |cote d ivoire|australia|new zealand|fiji|europe|maroc|algerie|tunisie"""
)
_REGIONS = _names(
    """alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|hawaii|idaho|illinois
    |indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi
    |missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina
    |north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas
    |utah|vermont|virginia|washington|west virginia|wisconsin|wyoming|district of columbia
    |al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd
    |oh|ok|or|pa|ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc|d c|calif|mass
    |ontario|quebec|british columbia|alberta|manitoba|saskatchewan|nova scotia|new brunswick|on|qc|bc|ab|mb
    |ns|newfoundland|new south wales|nsw|victoria|vic|queensland|qld|act|south australia|western australia
    |tasmania|anhui|fujian|gansu|guangdong|guangxi|guizhou|hainan|hebei|heilongjiang|henan|hubei|hunan
    |inner mongolia|jiangsu|jiangxi|jilin|liaoning|ningxia|qinghai|shaanxi|shandong|shanxi|sichuan|tibet
    |xinjiang|yunnan|zhejiang|bavaria|bayern|baden wurttemberg|saxony|hesse|lower saxony|lombardy|tuscany
    |catalonia|andalusia|ile de france|flanders|maharashtra|karnataka|tamil nadu|telangana|kerala
    |west bengal|uttar pradesh|gujarat|rajasthan|punjab|haryana|odisha|bihar|assam|sp|rj|mg|rs|sao paulo"""
)
_CITIES = _names(
    """beijing|shanghai|guangzhou|shenzhen|hangzhou|nanjing|wuhan|chengdu|xi an|xian|tianjin|chongqing|suzhou
    |hefei|harbin|changsha|dalian|qingdao|jinan|xiamen|fuzhou|shenyang|changchun|zhengzhou|kunming|lanzhou
    |nanchang|guiyang|nanning|taiyuan|shijiazhuang|hohhot|urumqi|ningbo|wuxi|zhuhai|dongguan|foshan|haikou
    |yantai|weihai|xuzhou|changzhou|yangzhou|zhenjiang|nantong|mianyang|baoding|qinhuangdao|wenzhou|jinhua
    |taipei|hsinchu|tainan|kaohsiung|taichung|taoyuan|keelung|kowloon|pokfulam|shatin|sha tin|new territories
    |clear water bay|hung hom|tokyo|kyoto|osaka|nagoya|sapporo|sendai|fukuoka|yokohama|kobe|hiroshima
    |tsukuba|nara|kanazawa|okinawa|chiba|saitama|kawasaki|mitaka|ikoma|seoul|daejeon|pohang|ulsan|gwangju
    |busan|daegu|suwon|incheon|seongnam|pangyo|gyeonggi|hanoi|ho chi minh city|bangkok|jakarta|bandung
    |kuala lumpur|penang|manila|quezon city|delhi|new delhi|mumbai|bombay|bangalore|bengaluru|chennai
    |hyderabad|kolkata|pune|kanpur|kharagpur|roorkee|guwahati|ahmedabad|gandhinagar|indore|jodhpur|ropar
    |patna|mandi|tirupati|palakkad|bhubaneswar|dhanbad|surat|jaipur|gurgaon|gurugram|noida|karachi|lahore
    |islamabad|dhaka|colombo|kathmandu|tehran|isfahan|shiraz|mashhad|tel aviv|haifa|jerusalem|rehovot
    |beer sheva|ramat gan|herzliya|istanbul|ankara|izmir|riyadh|thuwal|dhahran|jeddah|abu dhabi|dubai
    |sharjah|doha|cairo|rabat|tunis|algiers|lagos|nairobi|addis ababa|kigali|cape town|johannesburg
    |pretoria|stellenbosch|sydney|melbourne|brisbane|perth|adelaide|canberra|hobart|wollongong|clayton
    |auckland|wellington|christchurch|dunedin|hamilton|london|oxford|cambridge|edinburgh|glasgow|manchester
    |birmingham|bristol|leeds|sheffield|nottingham|southampton|warwick|coventry|york|durham|bath|exeter
    |lancaster|liverpool|newcastle|newcastle upon tyne|cardiff|swansea|belfast|st andrews|aberdeen|dundee
    |guildford|brighton|colchester|egham|norwich|leicester|loughborough|reading|milton keynes|dublin|cork
    |galway|limerick|paris|lyon|marseille|toulouse|bordeaux|lille|nantes|rennes|grenoble|montpellier
    |strasbourg|nice|nancy|metz|dijon|besancon|clermont ferrand|rouen|caen|brest|angers|tours|orleans
    |poitiers|limoges|orsay|saclay|palaiseau|gif sur yvette|cachan|villejuif|evry|versailles|creteil
    |sophia antipolis|saint etienne|villeurbanne|meudon|talence|pessac|vannes|compiegne|biot|le chesnay
    |berlin|munich|munchen|hamburg|cologne|koln|frankfurt|frankfurt am main|stuttgart|dusseldorf|dortmund
    |essen|leipzig|dresden|hannover|hanover|nuremberg|nurnberg|bremen|bonn|mannheim|karlsruhe|heidelberg
    |freiburg|tubingen|aachen|darmstadt|kaiserslautern|saarbrucken|potsdam|jena|halle|magdeburg|gottingen
    |braunschweig|oldenburg|osnabruck|bielefeld|paderborn|munster|bochum|duisburg|wuppertal|siegen|marburg
    |giessen|mainz|trier|koblenz|ulm|augsburg|regensburg|passau|wurzburg|bamberg|bayreuth|erlangen|ilmenau
    |chemnitz|rostock|kiel|lubeck|greifswald|garching|julich|ingolstadt|weimar|konstanz|vienna|wien|graz
    |linz|salzburg|innsbruck|klagenfurt|klosterneuburg|zurich|geneva|geneve|lausanne|basel|bern|lugano
    |fribourg|neuchatel|st gallen|villigen|amsterdam|rotterdam|the hague|utrecht|delft|eindhoven|groningen
    |leiden|nijmegen|enschede|maastricht|tilburg|wageningen|brussels|bruxelles|leuven|ghent|gent|antwerp
    |liege|louvain la neuve|namur|mons|copenhagen|aarhus|aalborg|odense|kongens lyngby|lyngby|stockholm
    |gothenburg|goteborg|uppsala|lund|linkoping|umea|malmo|orebro|lulea|oslo|bergen|trondheim|stavanger
    |tromso|helsinki|espoo|tampere|turku|oulu|jyvaskyla|reykjavik|tallinn|tartu|riga|vilnius|kaunas|warsaw
    |warszawa|krakow|cracow|wroclaw|poznan|gdansk|lodz|katowice|lublin|torun|gliwice|prague|praha|brno
    |ostrava|bratislava|kosice|budapest|szeged|debrecen|bucharest|cluj napoca|iasi|timisoara|sofia|athens
    |thessaloniki|patras|heraklion|ioannina|rome|roma|milan|milano|turin|torino|naples|napoli|bologna
    |florence|firenze|pisa|padua|padova|venice|venezia|verona|trento|trieste|genoa|genova|parma|pavia
    |modena|ferrara|siena|perugia|catania|palermo|bari|cagliari|salerno|udine|lecce|povo|madrid|barcelona
    |valencia|seville|sevilla|granada|malaga|zaragoza|bilbao|san sebastian|donostia|santiago de compostela
    |vigo|salamanca|valladolid|oviedo|murcia|alicante|girona|tarragona|palma|tenerife|bellaterra|leganes
    |lisbon|lisboa|porto|coimbra|braga|aveiro|faro|ljubljana|maribor|zagreb|split|belgrade|novi sad|nis
    |sarajevo|skopje|tirana|kyiv|kiev|lviv|kharkiv|minsk|moscow|saint petersburg|st petersburg|novosibirsk
    |kazan|tomsk|yekaterinburg|dolgoprudny|dubna|tbilisi|yerevan|baku|almaty|astana|tashkent
    |new york city|los angeles|chicago|houston|boston|philadelphia|san francisco|seattle|san diego|dallas
    |austin|san jose|pittsburgh|atlanta|baltimore|denver|boulder|minneapolis|st louis|saint louis|detroit
    |ann arbor|madison|champaign|urbana|west lafayette|bloomington|columbus|cleveland|cincinnati|nashville
    |chapel hill|raleigh|charlotte|college park|charlottesville|blacksburg|arlington|fairfax|bethesda
    |gaithersburg|new brunswick|piscataway|hoboken|newark|new haven|providence|amherst|worcester
    |medford|waltham|somerville|hanover|ithaca|rochester|buffalo|syracuse|troy|albany|stony brook|upton
    |university park|state college|gainesville|tallahassee|tampa|orlando|miami|coral gables|new orleans
    |baton rouge|college station|san antonio|el paso|tempe|phoenix|tucson|albuquerque|los alamos
    |salt lake city|provo|las vegas|portland|corvallis|eugene|davis|berkeley|palo alto
    |mountain view|menlo park|santa clara|sunnyvale|cupertino|redwood city|irvine|santa barbara|santa cruz
    |riverside|merced|pasadena|livermore|la jolla|santa monica|burlingame|fremont|milpitas|redmond|bellevue
    |kirkland|iowa city|ames|lincoln|omaha|lawrence|kansas city|knoxville|oak ridge|lexington|east lansing
    |evanston|notre dame|lemont|argonne|batavia|yorktown heights|murray hill|armonk|honolulu|anchorage
    |huntsville|auburn|tuscaloosa|athens|clemson|columbia|norfolk|williamsburg|newport news|golden
    |fort collins|manhattan|stillwater|norman|fayetteville|little rock|toronto|montreal|vancouver|ottawa
    |waterloo|kingston|calgary|edmonton|winnipeg|halifax|quebec city|sherbrooke|burnaby|saskatoon|guelph
    |mississauga|mexico city|ciudad de mexico|monterrey|guadalajara|rio de janeiro|campinas|belo horizonte
    |porto alegre|brasilia|curitiba|recife|salvador|fortaleza|florianopolis|sao carlos|buenos aires|cordoba
    |rosario|la plata|santiago|valparaiso|concepcion|la serena|arica|antofagasta|bogota|medellin|lima
    |quito|montevideo|havana|san juan|vitacura"""
)
_PLACES = _COUNTRIES | _REGIONS | _CITIES
_MOST_PLACE_WORDS = 6
_FILLERS = frozenset(
    {"cedex", "province", "city", "district", "prefecture", "county", "state", "area", "shi"}
)
_STREET = re.compile(
    r"\b(?:street|avenue|ave|road|boulevard|blvd|bd|rue|strasse|str|platz|allee|piazza|viale|plaza|avda|calle"
    r"|carrer|lane|drive|highway|parkway|building|bldg|floor|room|suite|p ?o ?box|postfach|casilla|box|km|via"
    r"|apartado|cedex|quai|chemin|zip|postal|campus|esplanade|ring|way|place|square|town|village|no|route)\b"
    r"|strasse\b|straat\b|weg\b|laan\b|gasse\b|vagen\b|gatan\b"
)
_NUMBER = re.compile(r"(?<![^\W\d_])(?<!\w-)\d[\d-]*(?![^\W_])")

# --- what words say ------------------------------------------------------------------------

_UNIVERSITY = re.compile(
    r"\buni[vw]ersi(?!ade\b)\w*|\buniv\b|universitat\b|\bunivers\b|hochschule\b|yliopisto|\begyetem"
    r"|\bsveuciliste"
    r"|\bulikool|\bhaskoli|大学|大學"
    r"|\binstitut\w* (?:of|for|fur|de|di) (?:(?:science|information) (?:and )?){0,2}technolog\w*"
    r"|\bpolytechni\w*|\bpolitec\w*|\bpolitech\w*"
    r"|^(?:l )?ecole (?!doctorale)|^grande ecole|\bescola superior|^scuola (?:normale|superiore"
    r"|internazionale)"
    r"|^(?:tu|fh|uc|iit|iiit|nit|rwth|suny|cuny|sissa) \w|^technion\b"
    r"|(?<!^)\bcollege(?! of)\b|\bcollege of (?:london|william|charleston|dublin)\b"
    r"|\binstitute of (?:science|management)\b$|\b(?:indian|weizmann|korea advanced) institute of science"
    r"|\bacademy of (?:arts|fine arts)\b"
)
_ORGANISATION = re.compile(
    r"\bnational (?:\w+ ){0,4}(?:laborator\w+|labs?|institut\w*|cent(?:er|re)|council|observator\w+"
    r"|agency|academy)"
    r"|\b(?:laboratory|observatory|institute) of japan\b|\bobservatories$"
    r"|\bhospitals?\b|\bhopital\b|\bhospices\b|\bospedale\b|\bklinik\w*|\bclinics?\b|\bcharite\b"
    r"|\bmedical college\b"
    r"|\b\w+ (?:medical|business|law) school\b|\bmedical cent(?:er|re)\b|\bhealth system\b|\bcancer center\b"
    r"|\b(?:london|stockholm|paris|toulouse|barcelona|higher) school of economics\b"
    r"|\binc\b|\bcorp(?:oration)?\b|\bltd\b|\bllc\b|\bgmbh\b|\bplc\b|\bs ?a ?s\b|\bs ?r ?l\b|\bb ?v$|\bco$"
    r"|\bcompany\b|\blimited\b|\btechnologies$|\bholdings?$|\bnetworks$|\bsemiconductor\w*$"
    r"|\bmotors?$|\belectronics$|\brobotics$|\bstudios?$|\btelecoms?$"
    r"|\bfoundation\b|\bfondation\b|\bfondazione\b|\bacadem(?:y|ia) of (?:\w{1,30} ){0,3}(?:sciences?"
    r"|sinica)\b"
    r"|\bacademia sinica\b|\bsociety$|\bassociation\b|\bministry\b|\bagency\b|\bresearch council\b|\bmuseum\b"
    r"|\bhelmholtz\b|\bconsiglio nazionale\b|\bcommission\b|\bauthority\b|\bbank$|\binsurance$"
    r"|\bindependent (?:researcher|scholar|scientist)\b|\bunaffiliated\b"
)
_UNIT = re.compile(
    r"\b(?:institut|instytut|istituto|instituto|institucio)\w*|\bcent(?:er|re|ro|rum)\b|\w*zentrum\b"
    r"|\blabs?\b"
    r"|\blaborator\w*|\bobservato\w*|\bacadem(?:y|ie|ia)\b|\bresearch$|\bai$|^ai \w|\bcollege\b|\bschool of\b"
    r"|研究院|研究所|实验室"
    r"|\bgraduate school\b|\binitiative$|\bcollaboration$|\bhub$|\balliance$|\bconsortium\b"
)
_DEPARTMENT = re.compile(
    r"^(?:the )?(?:departments?|dept|depart[ae]ment[oe]?|departament\w*|dipartimento|dpto|fachbereich|faculty"
    r"|faculties|facultad|faculdade|faculte|facolta|fakultat|wydzial|schools?|college of|division|groups?"
    r"|chair|lehrstuhl|section|units?|program(?:me)?|laboratoire|umr|equipe|team|sector|office|abteilung"
    r"|\w* ?key lab\w*|vicerrectoria|ufr|unite|escuela|arbeitsgruppe|dep|doctoral|ecole doctorale|studiengang"
    r"|engineering research cent)\b"
    r"|\bkey lab\w*|\bdepartments?$|\bdept$|\bdivision$|\bgroup$|\bteam$|\bschool$|\bfaculty$"
    r"|\bprogram(?:me)?$"
    r"|\bunit$|\bumr \d|\bumr$|\bumi$|\bengineering research cent|\bjoint lab\w*|\boffice$|\bsection$"
    r"|\bchair$"
)
# Parts of universities that are named like universities.
_PART_OF_UNIVERSITY = re.compile(
    r"^(?:the )?(?:department|dept|faculty|school|college|division|centre|center) of"
)
_TEAM = re.compile(r" (?:group|team|chair|unit|office|division)$")
# Names that are institutions by themselves, and begin the names of their parts (`Inria Saclay`).
_KNOWN = _names(
    """mit|m i t|massachusetts institute of technology|caltech|eth|ethz|epfl|kaist|postech|unist|gist|dgist
    |kaust|mbzuai|ucla|ucsd|ucsb|ucsc|ucf|uci|ucr|ucd|uiuc|cmu|nyu|ucl|usc|umass|umich|ut austin|ut dallas
    |ut arlington|william mary|nus|ntu
    |hkust|hku|cuhk|hkbu|cityu|polyu|ustc|sjtu|zju|pku|thu|hust|uestc|buaa|bupt|nudt|nwpu|sysu|xjtu|bnu
    |ucas|georgia tech|virginia tech|penn state|uc berkeley|uc san diego|uc davis|uc irvine|uc santa barbara
    |uc santa cruz|uc riverside|uc merced|ucsf|texas tech|texas a m|purdue|rutgers|harvard|tum|lmu|lmu munich
    |rwth|kit|kth|dtu|ntnu|ku leuven|uclouvain|ulb|vub|vu amsterdam|uva|tu e|imperial college|king s college
    |skoltech|sutd|smu|hse|isae supaero|ensae|ens|ensta|mines paris|mines paristech|telecom paris
    |telecom sudparis|centralesupelec|centrale lyon|eurecom|cnam|inserm|inrae|onera|ifpen|ifremer|cea|inria
    |irisa|cern|esa|eso|nasa|jpl|nist|ornl|lanl|darpa|csail|csiro|data61|nicta|riken|aist|nict|jst|nii|atr
    |ntt|etri|kist|keti|kisti|iisc|isro|tcs|tifr|idiap|fbk|cwi|tno|imec|ist austria|ista|iit|dlr|desy|dfki
    |cispa|mpi sws|mpi inf|max planck|max planck institut|fraunhofer|fzi|fortiss|l3s|ellis|sri international
    |mitre|rand corporation|mila|vector institute|amii|cifar|canada cifar ai chair|ai2|allen institute
    |allen institute for ai|allen institute for artificial intelligence|simons institute|simons foundation
    |flatiron institute|institute for advanced study|broad institute|alan turing institute
    |the alan turing institute|european southern observatory|shanghai ai lab|shanghai ai laboratory
    |shanghai artificial intelligence laboratory|shanghai innovation institute|shanghai qi zhi institute
    |pengcheng laboratory|peng cheng laboratory|peng cheng lab|pengcheng lab|zhejiang lab|zhongguancun academy
    |zhongguancun laboratory|baai|beijing academy of artificial intelligence|bigai
    |beijing institute for general artificial intelligence|hkgai|a star|astar|agency for science
    |google|deepmind|google deepmind|meta|meta ai|meta fair|meta superintelligence labs|fair|fair at meta
    |facebook|openai|anthropic|microsoft|msr|nvidia|apple|amazon|aws|aws ai|alexa ai|adobe|ibm|intel|amd|arm
    |qualcomm|samsung|sony|toyota|honda|hitachi|fujitsu|nec|panasonic|toshiba|mitsubishi|rakuten|line yahoo
    |ly corporation|preferred networks|sakana ai|cyberagent|naver|kakao|lg|lg ai research|sk telecom|krafton
    |hyundai|upstage|nc ai|bosch|siemens|sap|bmw|mercedes benz|volkswagen|audi|zeiss|asml|nxp|philips
    |ericsson|nokia|nokia bell labs|bell labs|spotify|klarna|booking com|zalando|aleph alpha|black forest labs
    |helsing|mistral ai|hugging face|huggingface|kyutai|valeo|thales|airbus|orange|criteo|naver labs|disney
    |walt disney|netflix|pixar|snap|pinterest|twitter|x corp|xai|linkedin|uber|lyft|airbnb|doordash|waymo
    |cruise|aurora|nuro|zoox|tesla|wayve|boston dynamics|figure|salesforce|servicenow|oracle|cisco|dell|hp
    |hewlett packard|vmware|databricks|mosaicml|snowflake|palantir|scale ai|cohere|ai21|ai21 labs|together ai
    |stability ai|runway|midjourney|character ai|inflection|adept|perplexity|eleutherai|laion|redwood research
    |apollo research|metr|far ai|goodfire|essential ai|liquid ai|reka|nous research|prime intellect|arcee ai
    |contextual ai|jane street|two sigma|citadel|j p morgan|jpmorgan|jp morgan|jpmorgan chase|bloomberg
    |goldman sachs|morgan stanley|blackrock|capital one|visa|mastercard|paypal|ebay|walmart|zillow|instacart
    |grammarly|duolingo|etsy|shopify|yahoo|dropbox|github|mozilla|mathworks|autodesk|unity|epic games|roblox
    |electronic arts|ubisoft|general motors|ford|ge research|lockheed martin|raytheon|boeing
    |mitsubishi electric research laboratories|merl|pnnl|alibaba|taobao|tmall|qwen|qwen team|tongyi lab
    |tongyi|damo academy|ant group|ant research|antgroup|inclusion ai|cainiao|lazada|tencent|wechat|weixin
    |tencent ai lab|tencent youtu|hunyuan|baidu|bytedance|bytedance seed|byte dance|tiktok|douyin|volcengine
    |huawei|noah s ark|hisilicon|kuaishou|kling|meituan|longcat|jd|jd com|jingdong|didi|pinduoduo|pdd|xiaomi
    |oppo|vivo|honor|zte|lenovo|sensetime|megvii|face|yitu|cloudwalk|iflytek|horizon robotics|unitree
    |agibot|galbot|deepseek|deepseek ai|moonshot ai|moonshot|zhipu ai|zhipu|z ai|stepfun|minimax|baichuan
    |01 ai|modelbest|infinigence|infinigence ai|siliconflow|skywork|skywork ai|kunlun|xiaohongshu|rednote
    |bilibili|weibo|netease|ping an|china mobile|china telecom|china unicom|state grid|nio|xpeng|xpeng motors
    |li auto|byd|geely|great wall motor|cowarobot|pony ai|weride|dji|hikvision|dahua|insta360|4paradigm
    |sangfor|qihoo 360|360 ai|360|kingsoft|trip com|ctrip|shopee|sea ai lab|sea ai|grab|garena|grabtaxi
    |g42|inception|tii|technology innovation institute|aramco|saudi aramco|yandex|sber|sberbank|sber ai|airi
    |t bank|tinkoff|kaspersky|mts ai|huawei noah s ark lab"""
)
_MOST_KNOWN_WORDS = 6
# Companies that are words as well: `Meta` and `Meta AI`, but not `Meta Learning Group`.
_WORDS_TOO = _names(
    "apple|orange|face|figure|unity|cruise|snap|honor|grab|adept|runway|arm|ford|meta|inception|upstage"
    "|visa|aurora"
    "|perplexity|inflection|cohere|citadel|fair|hit|bit|kit|gist|smu|line|360|reka|oracle|intel|nice"
    "|sap|shell|dell|hp"
    "|lg|cea|iit|ens|atr|x|metr|zoox|nuro|rand|mitre|ellis|nio|jd|pdd"
)
_OF_COMPANIES = _names(
    "ai|inc|labs|lab|research|group|corporation|corp|platforms|reality|gmbh|company|com|fair"
    "|superintelligence|motor"
    "|computer|technologies|technology|ltd|llc|at|robotics|health|cloud|saclay|list|leti|france|paris"
    "|intelligence"
    "|networks|games|robot|r|plc|se|limited|auto|healthcare|europe|usa|china|america|india|electronics|energy"
)
# Companies whose parts are named before them: `FAIR, Meta` is one.
_PARENTS = _names(
    "meta|meta ai|facebook|google|alphabet|alibaba|alibaba group|alibaba inc|alibaba cloud|amazon|aws"
    "|apple|huawei"
    "|huawei technologies|tencent|tencent inc|bytedance|bytedance inc|microsoft|baidu|baidu inc"
    "|ant group|nvidia|samsung"
    "|samsung electronics|kuaishou|kuaishou technology|meituan|jd|jd com|xiaomi|ibm|intel|adobe|sony"
    "|mit|cnrs|inria"
)
_GENERIC = re.compile(  # an institute named by its subject only belongs to somebody
    r"^(?:the )?(?:\w+ )?(?:institut\w*|instytut|istituto|cent(?:er|re|ro|rum)|laborator\w+|labs?"
    r"|research cent\w+)"
    r" (?:of|for|fur|de|di|d|des|du|in|on)\b|^academy of"
)
_ACADEMY = re.compile(
    r"\bacadem(?:y|ia) of (?:\w+ )?(?:sciences?|sinica)\b|^cas$|^chinese academy of|\bcnr$"
    r"|^national research council"
)
_FUNDER = re.compile(r"^(?:cnrs|universite psl|psl|cnrs .*|umr.*|research fellow)$")
_UMBRELLA = re.compile(
    r"\bpsl\b|\bcnrs\b|\bumr\b|\bhesam\b|\bcomue\b|saclay|\binserm\b|\binria\b|polytechnique de paris"
)

_CAMPUSES: Mapping[str, frozenset[str]] = {
    parent: _names(campuses)
    for parents, campuses in {
        "university of california": "berkeley|los angeles|san diego|davis|irvine|santa barbara"
        "|santa cruz|riverside"
        "|merced|san francisco",
        "university of texas": "austin|dallas|arlington|san antonio|el paso|rio grande valley",
        "university of illinois": "urbana champaign|urbana|champaign|chicago|springfield",
        "university of wisconsin": "madison|milwaukee",
        "university of north carolina": "chapel hill|charlotte|greensboro|wilmington",
        "university of maryland": "college park|baltimore county|baltimore",
        "university of massachusetts": "amherst|lowell|boston|dartmouth",
        "university of colorado": "boulder|denver|colorado springs",
        "university of michigan": "dearborn|flint",
        "university of nebraska": "lincoln|omaha",
        "university of tennessee": "knoxville|chattanooga",
        "university of missouri": "columbia|kansas city|st louis",
        "university of hawaii": "manoa|hilo",
        "university of nevada": "las vegas|reno",
        "university of alabama": "huntsville|birmingham",
        "university of louisiana": "lafayette|monroe",
        "state university of new york": "albany|binghamton|buffalo|stony brook",
        "california state university": "fullerton|long beach|los angeles|northridge|sacramento|fresno"
        "|east bay",
        "chinese university of hong kong": "shenzhen",
        "hong kong university of science and technology": "guangzhou",
        "harbin institute of technology": "shenzhen|weihai",
        "shandong university": "weihai",
        "beijing normal university": "zhuhai",
        "china university of geosciences": "wuhan|beijing",
        "china university of petroleum": "beijing|east china",
        "china university of mining and technology": "beijing",
        "north china electric power university": "baoding|beijing",
        "indian institute of technology|iit": "bombay|delhi|madras|kanpur|kharagpur|roorkee|guwahati"
        "|hyderabad"
        "|indore|jodhpur|gandhinagar|patna|ropar|mandi|bhubaneswar|dhanbad|tirupati|palakkad|jammu|goa"
        "|dharwad"
        "|bhilai|varanasi",
        "international institute of information technology|iiit": "hyderabad|bangalore|delhi",
        "national institute of technology|nit": "trichy|tiruchirappalli|warangal|surathkal|rourkela|calicut"
        "|karnataka|durgapur|silchar",
        "eastern institute of technology": "ningbo",
        "vietnam national university": "hanoi|ho chi minh city",
        "royal holloway": "university of london",
        "birla institute of technology and science|bits": "pilani|goa|hyderabad",
    }.items()
    for parent in parents.split("|")
}
# Campuses that carry a country's name.
_ABROAD = re.compile(r"\b(?:nottingham|monash|curtin|reading|swinburne|heriot watt|rmit|xiamen)\b")

_NOISE = re.compile(
    r"\bequal(?:ly)? (?:contribut|advis|supervis)|\bcontributed? equal|\b(?:co )?first authors?\b"
    r"|\bsenior authors?\b"
    r"|\bcorrespond|\b(?:project|team) lead|\bwork (?:was )?(?:partially |partly |mainly "
    r"|primarily )?(?:done|performed"
    r"|completed|conducted|carried)|\bwork (?:while|during)|\bintern(?:ship)?s?\b|\bwhile (?:at|with"
    r"|the author|visiting)"
    r"|\bsupported\b|\bfunded\b|\bfunding\b|\bgrants?\b|\backnowledg|\bthanks?\b|\bgrateful"
    r"|\bmanuscript|\breceived\b"
    r"|\baccepted\b|\brevised\b|\bsubmitted\b|\bpublished\b|\bpreprint\b|\bfootnote|\bcopyright\b"
    r"|\blicen[cs]ed?\b"
    r"|\bauthor order\b|\balphabetical|\bthese authors\b|\ball authors\b|\bthe authors\b|\bthis (?:work"
    r"|paper|research|article)"
    r"|\bpermission\b|\bhomepage\b|\bproject page\b|\bcode (?:is )?available\b|\bdo not distribute\b"
    r"|\bto whom\b"
    r"|\bjoint(?:ly)? (?:lead|first|last|super|senior)|\bdeceased\b|\bemail|\be mail|\bstudent member"
    r"|\bsenior member"
    r"|\bmember ieee|\bfellow ieee|\bieee (?:member|fellow)|\bconference\b|\bproceedings\b|\bworkshop\b"
    r"|\bvisiting\b"
    r"|\bpersonal use|\bpartially\b|\bbased on observations|\bthe first author|\bthe second author"
    r"|\blead authors?\b"
    r"|\bcore contributor|\bcontributions?\b|\bcontributors?\b|\badvisors?\b|\bsupervis|\bequal\b"
    r"|\bshared\b|\bcategory"
    r"|\bthe material\b|\bsubject classification|\bkey ?words\b"
)
_DATE = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|jan"
    r"|feb|mar|apr"
    r"|jun|jul|aug|sep|sept|oct|nov|dec)\b(?: \d{1,2}(?:st|nd|rd|th)?)? \d{4}\b|^\d{1,4} \d{1,2} \d{1,4}$"
)
_GIVEN = _names(
    """adam|adrian|adriana|alan|albert|alejandro|alessandro|alex|alexander|alexandra|alice|amir|amit|ana|anders
    |andrea|andreas|andrei|andrew|angela|anna|anne|anthony|antonio|arjun|ashish|ben|benjamin|bernd|bob|brian
    |carla|carlos|carol|caroline|catherine|charles|chris|christian|christina|christopher|clara|claire|daniel
    |daniela|david|diana|diego|dmitri|dmitry|edward|elena|elizabeth|emily|emma|emmanuel|eric|erik|eva|fabio
    |federico|felix|fernando|francesco|francois|frank|frederic|gabriel|george|giovanni|giulia|hannah|hans
    |helen
    |henry|hugo|ian|igor|ivan|jack|jacob|jakob|james|jan|jane|jason|javier|jean|jennifer|jeremy|jessica|joao
    |johannes|john|jonas|jonathan|jorge|jose|joseph|joshua|juan|julia|julian|julien|karen|karine|karl
    |katherine
    |kevin|klaus|kyle|lars|laura|lauren|leo|leon|linda|lisa|louis|luca|lucas|luis|lukas|manuel|marc|marco
    |maria
    |marie|mario|mark|markus|martin|mary|mathieu|matteo|matthew|matthias|max|michael|michal|michel|miguel
    |mohamed
    |mohammad|mohammed|monica|muhammad|natalia|nicholas|nicolas|nikhil|nina|olga|oliver|olivier|omar|oscar
    |pablo|paolo|patrick|paul|pavel|pedro|peter|philip|philipp|pierre|priya|rachel|rafael|rahul|raj|rebecca
    |ricardo
    |richard|robert|roberto|robin|rohan|ryan|samuel|sara|sarah|scott|sebastian|sergei|sergey|simon|sofia
    |sophie
    |stefan|stefano|stephan|stephen|steven|susan|thomas|tim|timothy|tobias|tom|tommaso|ulrich|victor|vincent
    |vladimir|walter|william|xavier|yann|yoshua|yuki|yusuf"""
)
_SURNAMES = _names(
    """wang|li|zhang|liu|chen|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo|zheng|liang|xie|tang|song
    |deng|han|feng|cao|peng|zeng|xiao|tian|dong|pan|yuan|cai|jiang|yu|du|ye|cheng|wei|su|lu|ding|ren|shen
    |yao|jin
    |cui|tan|liao|fan|shi|xing|xiong|kong|bai|qiu|kim|lee|park|nguyen|tran|singh|kumar|gupta|sharma|patel
    |choi"""
)
_MINOR = _names("of|and|the|for|de|la|le|du|des|di|da|do|del|der|den|van|von|und|et|e|in|at|on")

# --- cleaning ------------------------------------------------------------------------------

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
    r"(?:\{[^{}@]{1,400}\}|[\w.+*/-]{1,80})\s?(?:@|\[\s?(?:at|@)\s?\]|\(\s?at\s?\)|\bAT\b)\s?"
    r"\{?[\w-]{1,60}(?:\s?(?:\.|\[dot\]|\(dot\)|\bDOT\b)\s?[\w-]{1,60}){0,8}\}?",
)
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
    r"(?:(?:author )?affiliations?|institute(?:text)?s?|institutions?|address(?:es)?|thanks"
    r"|footnotetext|organi[sz]ation"
    r"|(?:present|current|permanent|secondary|additional) (?:address|affiliation)|e-?mail)\s?:\s?"
    r"|(?:also|now|currently|presently) (?:is )?(?:affiliated |an? \w{1,20} )?(?:at|with) (?:the )?"
    r"|on leave from (?:the )?",
    re.IGNORECASE,
)  # fmt: skip
_IS_WITH = re.compile(
    r"\b(?:is|are|was|were)\s(?:also\s|currently\s|now\s|both\s)?(?:affiliated\s)?(?:with|at"
    r"|from)\s(?:the\s)?"
)
_ACRONYM = re.compile(r"\s?\(([^()]{1,40})\)\s*$")
_EDGES = " \t,;:.|/•·-–—&"
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
        text = pattern.sub(" ", text)
    text = text.replace("{", "").replace("}", "")
    text = " ".join(_LONE_STAR.sub(" ", text).split())
    text = re.sub(r" (?=[,;.)])", "", text).strip(_EDGES.replace("-", "").replace(".", ""))
    if not _DIGITS_NAME.match(text):
        text = _LEADING_MARK.sub("", text, count=1) if _LEADING_MARK.match(text) else text
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
    if not _EMAIL.search(text):
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
        if following and following[0] not in _MINOR and following[0] not in ("d", "l"):
            after = ""
    return composed + after


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Lower case without accents; what is neither letter nor digit is one space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    plain = plain.translate({0xF8: "o", 0x142: "l", 0x131: "i", 0xE6: "ae", 0x153: "oe", 0x111: "d"})
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def key(name: str) -> str:
    """What two spellings of one name share: case, accents, a leading `The`, hyphens, commas, `&`,
    an acronym in brackets do not count."""
    name = re.sub(
        r"\(([A-Z][A-Za-z*&/-]{1,11})\)", lambda m: " " if _is_acronym(m[1]) else m[0], name[:MAX_TEXT]
    )
    folded = fold(name.replace("&", " and ").replace("’", "").replace("'", ""))
    return folded.removeprefix("the ")


def _is_acronym(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return (
        bool(letters)
        and sum(c.isupper() for c in letters) * 2 > len(letters)
        and fold(text) not in _CITIES | {"gz", "sz"}
    )


# --- parts ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """text[start:end] of a cleaned text."""

    start: int
    end: int
    text: str
    rank: Rank


_CONTINUED = re.compile(r"(?:Ltd|Inc|LLC|Co|Corp|GmbH|S\.?A|PLC|Limited|Pte)\b\.?")


def _parts(text: str) -> list[_Part]:
    """The parts between commas, semicolons and bars outside brackets."""
    spans: list[tuple[int, int]] = []
    start = depth = 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif depth == 0 and character in ",;，；、":
            spans.append((start, position))
            start = position + 1
    spans.append((start, len(text)))
    if depth:  # unbalanced brackets say nothing
        spans = [(found.start(), found.end()) for found in re.finditer(r"[^,;，；、]+", text)]
    merged: list[tuple[int, int]] = []
    for begin, end in spans:
        part = text[begin:end].strip()
        if merged and (_CONTINUED.match(part) or _joins(text[merged[-1][0] : merged[-1][1]], part)):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return [part for begin, end in merged for part in _part(text, begin, end)]


def _joins(before: str, part: str) -> bool:
    """Whether a comma is inside a name: `University of California, Berkeley`."""
    folded = fold(part)
    campuses = _CAMPUSES.get(key(before))
    if campuses and (folded in campuses or folded.removeprefix("at ") in campuses):
        return True
    return fold(before).endswith("agency for science") and folded.startswith("technology and research")


def _part(text: str, start: int, end: int) -> list[_Part]:
    start, end = _stripped(text, start, end)
    if start >= end:
        return []
    begin, finish = _core(text, start, end)
    return [_Part(begin, finish, text[begin:finish], _rank(text[begin:finish]))]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGES:
        start += 1
    while start < end and (text[end - 1] in _EDGES and not (text[end - 1] == "." and _ends_short(text, end))):
        end -= 1
    return start, end


def _ends_short(text: str, end: int) -> bool:
    """Whether the full stop before `end` belongs to a short form (`Inc.`, `Ltd.`, `U.S.`)."""
    return bool(re.search(r"(?:\b(?:Inc|Ltd|Co|Corp|Univ)|\.[A-Z])\.$", text[max(0, end - 6) : end]))


_AT = re.compile(r" (?:at|of|in|from) (?:the )?(?=[^\W\d_])")
_THEN_DEPARTMENT = re.compile(r",? (?:Department|Dept\.?|Faculty) of ")


def _core(text: str, start: int, end: int) -> tuple[int, int]:
    """The part without a trailing acronym, a department before or after, a place after."""
    if acronym := _ACRONYM.search(text[start:end]):
        inside = fold(acronym[1])
        if acronym.start() > 2 and (_is_acronym(acronym[1]) or inside in _COUNTRIES):
            end = start + acronym.start()
    folded = fold(text[start:end])
    if _DEPARTMENT.search(folded) or _GENERIC.match(folded):
        for found in reversed(list(_AT.finditer(text, start, end))):
            right = fold(text[found.end() : end])
            if _known(fold(text[start : found.start()])):
                break  # `Broad Institute of MIT and Harvard`
            if _is_university(right) and not _PART_OF_UNIVERSITY.match(right):
                return _without_place(text, found.end(), end)
    if then := _THEN_DEPARTMENT.search(text, start + 3, end):
        left = fold(text[start : then.start()])
        if _is_university(left) and not _DEPARTMENT.search(left):
            end = then.start()
    return _without_place(text, start, end)


def _is_university(folded: str) -> bool:
    return bool(_UNIVERSITY.search(folded)) or _known(folded)


def _without_place(text: str, start: int, end: int) -> tuple[int, int]:
    """Cuts a postcode, or `USA` or city and country, that follow a name without a comma."""
    words = list(re.finditer(r"\S+", text[start:end]))
    folded = [fold(word[0]) for word in words]
    if len(words) < 3 or _ABROAD.search(" ".join(folded)):
        return start, end
    last, kinds = len(words), set[str]()
    for _ in range(5):
        for size in range(min(4, last - 2), 0, -1):
            candidate = " ".join(folded[last - size : last]).strip()
            if kind := _place_kind(
                candidate, text[start + words[last - size].start() : start + words[last - 1].end()]
            ):
                last -= size
                kinds.add(kind)
                break
        else:
            break
    if last == len(words) or folded[last - 1] in _MINOR or not folded[last - 1]:
        return start, end
    if len(kinds) < 2 and not kinds & {"far", "code"}:
        return start, end
    return start, start + words[last - 1].end()


def _place_kind(folded: str, raw: str) -> str:
    if folded in (
        "usa",
        "uk",
        "u s a",
        "u k",
        "prc",
        "pr china",
        "p r china",
        "united states",
        "united kingdom",
    ):
        return "far"
    if re.fullmatch(r"\d{4,6}(?: \d{3,4})?", folded):
        return "code"
    if folded in _COUNTRIES:
        return "country"
    if folded in _CITIES:
        return "city"
    return "region" if folded in _REGIONS and (len(folded) > 2 or raw.isupper()) else ""


def _known(folded: str) -> bool:
    words = folded.removeprefix("the ").split(" ")
    if len(words) > 10:
        return False
    if words[0] in _WORDS_TOO and len(words) > 1 and words[1] not in _OF_COMPANIES:
        return folded in _KNOWN
    return any(" ".join(words[:size]) in _KNOWN for size in range(1, min(len(words), _MOST_KNOWN_WORDS) + 1))


@lru_cache(maxsize=4_096)
def _rank(part: str) -> Rank:
    folded = fold(part)
    if not any(c.isalpha() for c in folded) or (len(folded) < 2 and folded.isascii()):
        return Rank.ADDRESS
    if _FUNDER.match(folded):
        return Rank.DEPARTMENT
    if folded in _COUNTRIES or folded in _CITIES or (len(folded) > 2 and folded in _REGIONS):
        return Rank.ADDRESS
    university = bool(_UNIVERSITY.search(folded))
    if _known(folded) and not _DEPARTMENT.search(_TEAM.sub("", folded)):
        return Rank.UNIVERSITY
    if _is_street(folded, part, is_named=university or bool(_UNIT.search(folded))) or _is_address(
        folded, part
    ):
        return Rank.ADDRESS
    if university and not _PART_OF_UNIVERSITY.match(folded) and not _is_key_laboratory(folded):
        return Rank.UNIVERSITY
    if _DEPARTMENT.search(folded) and not re.search(r"\b(?:medical|business|law) school$", folded):
        return Rank.DEPARTMENT
    if _ORGANISATION.search(folded):
        return Rank.ORGANISATION
    if _UNIT.search(folded):
        return Rank.UNIT
    if _NUMBER.search(part):
        return Rank.ADDRESS
    return Rank.UNKNOWN


def _is_street(folded: str, raw: str, *, is_named: bool) -> bool:
    if not _STREET.search(folded):
        return False
    return bool(_NUMBER.search(raw)) or (not is_named and len(folded.split()) <= 4)


def _is_key_laboratory(folded: str) -> bool:
    return bool(re.search(r"\bkey lab", folded)) and not re.search(r"\buniversity\b", folded)


def _is_address(folded: str, raw: str) -> bool:
    """Whether all words are places, numbers and postcodes (`Beijing 100871 China`, `MA 02139`)."""
    words = folded.split()
    if len(words) > 12:
        return False
    at = 0
    while at < len(words):
        for size in range(min(_MOST_PLACE_WORDS, len(words) - at), 0, -1):
            if " ".join(words[at : at + size]) in _PLACES:
                at += size
                break
        else:
            word = words[at]
            # Postcodes mix letters and digits: `CB3 0FD`, `E 08028`, `M5S 3G4`.
            is_code = word.isdigit() or (len(word) <= 4 and bool(re.search(r"\d", word)))
            is_before_code = len(word) <= 2 and at + 1 < len(words) and words[at + 1][0].isdigit()
            if not (word in _FILLERS or is_code or is_before_code):
                return False
            at += 1
    # Two letters alone (`IN`, `ME`) are a state only next to something.
    return len(words) > 1 or len(folded) > 2 or raw.isupper()


# --- the institution -----------------------------------------------------------------------


def institution(full: str) -> Institution | None:
    """The institution that an affiliation text means, or None where it names none.

    `full` of the answer is the cleaned text, address included.
    """
    text = clean(full)
    if found := _with(text):
        text = found
    if not text or is_noise(text):
        return None
    parts = _parts(text)
    name = _name(text, parts)
    if name is None:
        return None
    name = name[:MAX_NAME].strip(_EDGES if not _ends_short(name, len(name)) else " ")
    return Institution(name, text) if sum(c.isalpha() for c in name) >= 2 else None


def _with(text: str) -> str:
    """`A. Moreau is with the University of X` without its beginning."""
    found = _IS_WITH.search(text, 0, 300)
    return text[found.end() :].strip() if found else ""


def is_noise(text: str) -> bool:
    """Whether a text is a note that names no institution of an author."""
    folded = fold(text[:MAX_TEXT])
    return bool(_NOISE.search(folded) or _DATE.search(folded))


def _name(text: str, parts: Sequence[_Part]) -> str | None:
    academy = _academy(text, parts)
    if academy:
        return academy
    best = max((part.rank for part in parts), default=Rank.ADDRESS)
    if best is Rank.ADDRESS:
        return None
    if best >= Rank.ORGANISATION:
        return next(part.text for part in parts if part.rank is best)
    if best is Rank.UNIT:
        # `Las Campanas Observatory, Carnegie Observatories`: the last is the largest.
        return [part.text for part in parts if part.rank is best][-1]
    if best is Rank.UNKNOWN and _are_people(parts):
        return None
    if (
        all(_FUNDER.match(fold(part.text)) for part in parts if part.rank is Rank.DEPARTMENT)
        and best > Rank.UNKNOWN
    ):
        return next(part.text for part in parts if part.rank is best)
    named = [part for part in parts if part.rank > Rank.ADDRESS]
    # Up to the postal address only.
    last = named[0]
    for before, part in zip(parts[parts.index(last) :], parts[parts.index(last) + 1 :], strict=False):
        if part.rank is Rank.ADDRESS and before is last:
            break
        last = part if part.rank > Rank.ADDRESS else last
    return text[named[0].start : last.end]


def _academy(text: str, parts: Sequence[_Part]) -> str:
    """`Institute of Automation, Chinese Academy of Sciences`: the institute alone would not be known."""
    if any(part.rank is Rank.UNIVERSITY and not _ACADEMY.search(fold(part.text)) for part in parts[:1]):
        return ""
    for before, part in pairwise(parts):
        if part.rank < Rank.DEPARTMENT and fold(part.text) != "cas":
            continue
        folded = fold(part.text)
        if not _ACADEMY.search(folded) or "universi" in folded:
            continue
        if before.rank is Rank.UNIT or _ORGANISATION.search(fold(before.text)):
            return text[before.start : part.end]
    return ""


def _are_people(parts: Sequence[_Part]) -> bool:
    named = [part.text for part in parts if part.rank is Rank.UNKNOWN]
    if all(is_person(text) for text in named):
        return True
    # A list of names of two to four capitalised words each, and nothing that says otherwise.
    return len(named) >= 3 and all(2 <= len(text.split()) <= 4 and _is_capitalised(text) for text in named)


def is_person(text: str) -> bool:
    """Whether a text looks like a person's name: an initial, a common given name or surname."""
    words = [word for word in re.split(r"[\s.]+", text.strip(" .,;")) if word]
    if not 2 <= len(words) <= 5 or not _is_capitalised(text) or _known(fold(text)):
        return False
    if _UNIT.search(fold(text)) or _ORGANISATION.search(fold(text)) or _UNIVERSITY.search(fold(text)):
        return False
    if re.match(r"(?:[A-Z]\.[\s-]?)+[A-Z][\w’'-]+", text.strip()):
        return True
    return fold(words[0]) in _GIVEN or (len(words) == 2 and fold(words[-1]) in _SURNAMES)


def _is_capitalised(text: str) -> bool:
    return all(word[:1].isupper() or fold(word) in _MINOR for word in text.split() if word[:1].isalpha())


def rank(text: str) -> Rank:
    """The best rank of a text's parts; ADDRESS for one that names no institution."""
    text = clean(text)
    text = _with(text) or text
    if not text or is_noise(text):
        return Rank.ADDRESS
    parts = _parts(text)
    best = max((part.rank for part in parts), default=Rank.ADDRESS)
    return Rank.ADDRESS if best is Rank.UNKNOWN and _are_people(parts) else best


# --- several institutions in one text ------------------------------------------------------

_NUMBERED = re.compile(r"(?:^|[\s,;])[\[(]?(\d{1,2})[\])]?\s?(?=[A-ZÀ-Þ])")
_HARD = re.compile(r"\s?(?:;|；|•|\s/\s|\s\|\s|\|\|)\s?")
# `University of Posts` goes on after `and`; `University of Oxford` may not.
_OPEN_END = re.compile(r"\b(?:of|in|for)(?:\s\w+){0,3}$")
_CLOSED_END = re.compile(r"\buniversity of \w+(?: \w+)?$|\btechnology$")
_ALSO = re.compile(r",?\s(?:and|&)\s(?:is\s|are\s)?(?:also\s)?(?:with|at)\s(?:the\s)?")
_AND = re.compile(r",?\s(?:and|&)\s")


def several(text: str) -> list[str]:
    """The texts of single institutions in a text that may hold several; itself where it does not."""
    text = text[:MAX_TEXT].strip()
    pieces: list[str] = []
    for first in [piece for _, piece in numbered(text)] or _ALSO.split(text):
        for piece in _split_hard(first):
            for half in _split_and(piece):
                pieces += _split_commas(half)
    return pieces[:MAX_SEVERAL]


def numbered(text: str) -> list[tuple[str, str]]:
    """`1FAIR at Meta, 2Columbia University` as numbers and texts, where the numbers count up from 1;
    else nothing."""
    found = list(_NUMBERED.finditer(text))
    numbers = [int(match[1]) for match in found]
    if len(found) < 2 or numbers != list(range(1, len(numbers) + 1)) or text[: found[0].start()].strip():
        return []
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match[1], text[match.end() : end].strip(" ,;")) for match, end in zip(found, ends, strict=True)]


def _split_hard(text: str) -> list[str]:
    if "Smithsonian" in text:  # the bar is part of `Center for Astrophysics | Harvard & Smithsonian`
        return [text]
    pieces = [piece for piece in _HARD.split(text) if piece.strip(_EDGES)][:MAX_SEVERAL]
    if len(pieces) < 2 or not all(_alone(piece, Rank.UNIT) for piece in pieces):
        # A semicolon between the parts of one address, or an e-mail after it.
        named = [piece for piece in pieces if rank(piece) > Rank.ADDRESS]
        return [named[0]] if len(named) == 1 and ";" in text and rank(named[0]) >= Rank.UNIT else [text]
    return pieces


def _split_and(text: str) -> list[str]:
    """`A and B` where each is an institution by itself."""
    pieces: list[str] = []
    start = 0
    for found in islice(_AND.finditer(text), 8):
        left, right = text[start : found.start()], text[found.end() :]
        head = re.split(r",|\s(?:and|&)\s", right, maxsplit=1)[0]
        is_inside = re.search(r"\b(?:of|for) (?:MIT|the)$", left) or _OPEN_END.search(fold(left)[-30:])
        if is_inside and not _CLOSED_END.search(fold(left)):
            continue
        if _known_pair(left.rsplit(",", 1)[-1], head):
            pieces.append(left)
            start = found.end()
    return [*pieces, text[start:]]


def _known_pair(left: str, right: str) -> bool:
    """Two institutions, at least one of them more than an institute, neither named by its subject only."""
    ranks = sorted((rank(left), rank(right)))
    generic = any(_GENERIC.match(fold(text)) and rank(text) is Rank.UNIT for text in (left, right))
    return ranks[0] >= Rank.UNIT and ranks[1] >= Rank.ORGANISATION and not generic


def _alone(text: str, at_least: Rank) -> bool:
    return rank(text) >= at_least


def _split_commas(text: str) -> list[str]:
    """`Mila, Université de Montréal`: every part an institution known by itself, none a place."""
    cleaned = clean(text)
    if "," not in cleaned or is_noise(cleaned) or _UMBRELLA.search(fold(cleaned)):
        return [text]
    parts = _parts(cleaned)
    if not 2 <= len(parts) <= 8 or any(part.rank is not Rank.UNIVERSITY for part in parts):
        return [text]
    if fold(parts[-1].text) in _PARENTS and not _UNIVERSITY.search(fold(parts[0].text)):
        return [text]
    return [part.text for part in parts]


@dataclass
class _Group:
    """Lines of one address."""

    lines: list[str] = field(default_factory=list)
    best: Rank = Rank.ADDRESS
    generic: bool = False
    department_first: bool = False
    is_closed: bool = False


def from_lines(lines: Iterable[str]) -> list[Institution]:
    """The institutions in the lines of an address block, each once.

    Department, university and city on lines of their own are one institution; several lines that
    each name an institution are several.
    """
    groups: list[_Group] = []
    for line in islice(lines, MAX_LINES):
        for text in several(line):
            _add_line(groups, clean(text))
    return unique(found for group in groups if (found := institution(", ".join(group.lines))))


def _add_line(groups: list[_Group], text: str) -> None:
    if not text or is_noise(text):
        return
    here, parts = rank(text), _parts(text)
    if here is Rank.ADDRESS and not all(part.rank is Rank.ADDRESS for part in parts):
        return  # people
    last = groups[-1] if groups else None
    named = last is not None and last.best >= Rank.UNIT
    if here is Rank.ADDRESS:
        if last:
            last.lines.append(text)
            last.is_closed = True
        return
    if here is Rank.UNKNOWN and last is not None:
        last.lines.append(text)
        last.best = max(last.best, here)
        return
    joins = last is not None and (
        not (named or last.is_closed)
        or (here is Rank.DEPARTMENT and not last.is_closed and not last.department_first)
        or (here > Rank.UNIT and last.best is Rank.UNIT and last.generic and not last.is_closed)
    )
    if last is not None and last.best is Rank.UNKNOWN and here >= Rank.UNIT:
        joins = False
    if not joins or last is None:
        last = _Group(department_first=here is Rank.DEPARTMENT)
        groups.append(last)
    last.lines.append(text)
    if here > last.best:
        last.best, last.generic = here, bool(_GENERIC.match(fold(text)))
    last.is_closed |= len(parts) > 1 and parts[-1].rank is Rank.ADDRESS


def unique(found: Iterable[Institution]) -> list[Institution]:
    """Each institution once, by name."""
    once: dict[str, Institution] = {}
    for one in found:
        once.setdefault(key(one.name), one)
    return list(once.values())


# --- names in Chinese ----------------------------------------------------------------------


def has_chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return any("\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf" for character in text)


@dataclass(frozen=True)
class Institutions:
    """Institutions' names in Chinese. `names` has English to Chinese, `also` another English spelling
    to the one in `names`."""

    names: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _by_key(self) -> Mapping[str, str]:
        found = {
            lookup_key(spelling): self.names[name]
            for spelling, name in self.also.items()
            if name in self.names
        }
        return found | {lookup_key(name): zh for name, zh in self.names.items()}

    def zh(self, name: str) -> str | None:
        """The Chinese name, or None where it is not known or `name` has Chinese characters already."""
        if has_chinese(name[:MAX_TEXT]):
            return None
        return self._by_key.get(lookup_key(name))


def lookup_key(name: str) -> str:
    """What `Institutions` compares: like `key`, and `University of California, Berkeley` is `… at Berkeley`
    and `…-Berkeley`."""
    return key(name).replace(" at ", " ")
