"""Words that tell institutions, their parts and people apart: plain data, folded (lower case, no accents)."""

from __future__ import annotations

from collections.abc import Mapping

from arxivdaily.domain.places import phrases

# Names that are institutions by themselves, and begin the names of their parts (`Inria Saclay`).
KNOWN = phrases(
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
MOST_KNOWN_WORDS = 6
# Companies that are words as well: `Meta` and `Meta AI`, but not `Meta Learning Group`.
WORDS_TOO = phrases(
    """apple|orange|face|figure|unity|cruise|snap|honor|grab|adept|runway|arm|ford|meta|inception|upstage|visa
    |aurora|perplexity|inflection|cohere|citadel|fair|hit|bit|kit|gist|smu|line|360|reka|oracle|intel|nice|sap
    |shell|dell|hp|lg|cea|iit|ens|atr|x|metr|zoox|nuro|rand|mitre|ellis|nio|jd|pdd"""
)
# What may follow such a word in the name of the company or of a part of it.
OF_COMPANIES = phrases(
    """ai|inc|labs|lab|research|group|corporation|corp|platforms|reality|gmbh|company|com|fair
    |superintelligence|motor|computer|technologies|technology|ltd|llc|at|robotics|health|cloud|saclay|list
    |leti|france|paris|intelligence|networks|games|robot|r|plc|se|limited|auto|healthcare|europe|usa|china
    |america|india|electronics|energy"""
)
# Companies whose parts are named before them: `FAIR, Meta` is one.
PARENTS = phrases(
    """meta|meta ai|facebook|google|alphabet|alibaba|alibaba group|alibaba inc|alibaba cloud|amazon|aws|apple
    |huawei|huawei technologies|tencent|tencent inc|bytedance|bytedance inc|microsoft|baidu|baidu inc
    |ant group|nvidia|samsung|samsung electronics|kuaishou|kuaishou technology|meituan|jd|jd com|xiaomi|ibm
    |intel|adobe|sony|mit|cnrs|inria"""
)

# Universities whose campuses are named after a comma: `University of California, Berkeley`.
_CAMPUSES = {
    "university of california": (
        "berkeley|los angeles|san diego|davis|irvine|santa barbara|santa cruz|riverside|merced|san francisco"
    ),
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
    "california state university": "fullerton|long beach|los angeles|northridge|sacramento|fresno|east bay",
    "chinese university of hong kong": "shenzhen",
    "hong kong university of science and technology": "guangzhou",
    "harbin institute of technology": "shenzhen|weihai",
    "shandong university": "weihai",
    "beijing normal university": "zhuhai",
    "china university of geosciences": "wuhan|beijing",
    "china university of petroleum": "beijing|east china",
    "china university of mining and technology": "beijing",
    "north china electric power university": "baoding|beijing",
    "indian institute of technology|iit": (
        "bombay|delhi|madras|kanpur|kharagpur|roorkee|guwahati|hyderabad|indore|jodhpur|gandhinagar|patna"
        "|ropar|mandi|bhubaneswar|dhanbad|tirupati|palakkad|jammu|goa|dharwad|bhilai|varanasi"
    ),
    "international institute of information technology|iiit": "hyderabad|bangalore|delhi",
    "national institute of technology|nit": (
        "trichy|tiruchirappalli|warangal|surathkal|rourkela|calicut|karnataka|durgapur|silchar"
    ),
    "eastern institute of technology": "ningbo",
    "vietnam national university": "hanoi|ho chi minh city",
    "royal holloway": "university of london",
    "birla institute of technology and science|bits": "pilani|goa|hyderabad",
}
CAMPUSES: Mapping[str, frozenset[str]] = {
    university: phrases(campuses) for names, campuses in _CAMPUSES.items() for university in names.split("|")
}

# People, where a text has nothing but names.
GIVEN_NAMES = phrases(
    """adam|adrian|adriana|alan|albert|alejandro|alessandro|alex|alexander|alexandra|alice|amir|amit|ana
    |anders|andrea|andreas|andrei|andrew|angela|anna|anne|anthony|antonio|arjun|ashish|ben|benjamin|bernd|bob
    |brian|carla|carlos|carol|caroline|catherine|charles|chris|christian|christina|christopher|clara|claire
    |daniel|daniela|david|diana|diego|dmitri|dmitry|edward|elena|elizabeth|emily|emma|emmanuel|eric|erik|eva
    |fabio|federico|felix|fernando|francesco|francois|frank|frederic|gabriel|george|giovanni|giulia|hannah
    |hans|helen|henry|hugo|ian|igor|ivan|jack|jacob|jakob|james|jan|jane|jason|javier|jean|jennifer|jeremy
    |jessica|joao|johannes|john|jonas|jonathan|jorge|jose|joseph|joshua|juan|julia|julian|julien|karen|karine
    |karl|katherine|kevin|klaus|kyle|lars|laura|lauren|leo|leon|linda|lisa|louis|luca|lucas|luis|lukas|manuel
    |marc|marco|maria|marie|mario|mark|markus|martin|mary|mathieu|matteo|matthew|matthias|max|michael|michal
    |michel|miguel|mohamed|mohammad|mohammed|monica|muhammad|natalia|nicholas|nicolas|nikhil|nina|olga|oliver
    |olivier|omar|oscar|pablo|paolo|patrick|paul|pavel|pedro|peter|philip|philipp|pierre|priya|rachel|rafael
    |rahul|raj|rebecca|ricardo|richard|robert|roberto|robin|rohan|ryan|samuel|sara|sarah|scott|sebastian
    |sergei|sergey|simon|sofia|sophie|stefan|stefano|stephan|stephen|steven|susan|thomas|tim|timothy|tobias
    |tom|tommaso|ulrich|victor|vincent|vladimir|walter|william|xavier|yann|yoshua|yuki|yusuf"""
)
SURNAMES = phrases(
    """wang|li|zhang|liu|chen|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo|zheng|liang|xie|tang
    |song|deng|han|feng|cao|peng|zeng|xiao|tian|dong|pan|yuan|cai|jiang|yu|du|ye|cheng|wei|su|lu|ding|ren|shen
    |yao|jin|cui|tan|liao|fan|shi|xing|xiong|kong|bai|qiu|kim|lee|park|nguyen|tran|singh|kumar|gupta|sharma
    |patel|choi"""
)

# Written small inside names.
MINOR = phrases("of|and|the|for|de|la|le|du|des|di|da|do|del|der|den|van|von|und|et|e|in|at|on")
