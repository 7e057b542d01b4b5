"""Names of places as affiliations have them: plain data, folded (lower case, no accents).

Not a gazetteer: countries, the regions that addresses in papers abbreviate, and cities that have
universities.
"""

from __future__ import annotations


def phrases(text: str) -> frozenset[str]:
    """The phrases between the bars of a text, which may break its lines anywhere but in a word."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split("|"))


COUNTRIES = phrases(
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
REGIONS = phrases(
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
CITIES = phrases(
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
PLACES = COUNTRIES | REGIONS | CITIES
MOST_PLACE_WORDS = 6
