"""What the words of a message say about how urgent it is, beside the verdict of the triage. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_DANGER: Mapping[str, str] = {
    "food": r"food poison|food safety",
    "salm": r"salmonell",
    "coli": r"e\. ?coli",
    "alle": r"allergic|allergisch|allergique",
    "anap": r"anaphyla",
    "epip": r"epipen",
    "hosp": r"hospitali[sz]ed",
    "ende": r"ended up in hospital",
    "emer": r"emergency room",
    "carb": r"carbon monoxide",
    "gas": r"gas leak",
    "smel": r"smell of gas",
    "elec": r"electric shock",
    "caug": r"caught fire",
    "brok": r"broken glass",
    "piec": r"piece of glass",
    "blee": r"bleeding",
    "inju": r"injured",
    "unsa": r"unsafe",
    "heal": r"health (?:dep|insp|code)",
    "lawy": r"lawyer",
    "soli": r"solicitor",
    "atto": r"attorney",
    "sue": r"\bsue you",
    "suin": r"\bsuing",
    "laws": r"lawsuit",
    "lega": r"legal action",
    "smal": r"small claims",
    "trad": r"trading standards",
    "cons": r"consumer protection",
    "ombu": r"ombudsman",
    "data": r"data protection",
    "gdpr": r"\bgdpr\b",
    "char": r"chargeback",
    "repo": r"report you to",
    "verg": r"vergiftung",
    "lebe": r"lebensmittel(?:vergiftung|überwachung|kontrolle)",
    "nota": r"notaufnahme|notarzt",
    "rett": r"rettungswagen",
    "gasg": r"gasgeruch",
    "stro": r"stromschlag",
    "verl": r"verletzt",
    "glas": r"glassplitter|glasscherbe",
    "anwa": r"\banwalt",
    "anwä": r"\banwält",
    "rech": r"rechtsanw|rechtliche schritte",
    "verk": r"verklag",
    "verb": r"verbraucherzentrale",
    "gesu": r"gesundheitsamt",
    "gewe": r"gewerbeaufsicht",
    "date": r"datenschutz",
    "dsgv": r"dsgvo",
    "anze": r"anzeige erstatt",
    "into": r"intoxication|intoxicaci|intoxicaç|intossica",
    "urge": r"urgences\b|urgencias",
    "bles": r"blessé",
    "fuit": r"fuite de gaz",
    "avoc": r"\bavocat",
    "port": r"porter plainte",
    "pour": r"poursuites",
    "mise": r"mise en demeure",
    "répr": r"répression des fraudes",
    "sign": r"signal ?conso",
    "rgpd": r"\brgpd\b",
    "alér": r"alérgic",
    "heri": r"\bherid[oa]",
    "fuga": r"fuga de? g[aá]s|fuga di gas",
    "abog": r"abogad",
    "dema": r"demandar",
    "denu": r"denunci",
    "hoja": r"hojas? de reclam",
    "sani": r"\bsanidad\b",
    "pron": r"pronto socc?or",
    "feri": r"\bferit[oai]\b|\bferid[oa]",
    "avvo": r"avvocat",
    "vie": r"vie legali",
    "coda": r"codacons",
    "urgê": r"urgências",
    "vaza": r"vazamento de gás",
    "advo": r"advogad",
    "proc": r"processar|processo judicial|\bprocon\b",
    "livr": r"livro de reclama",
    "asae": r"\basae\b",
}
"""How a word of the phrase begins -> the phrases: a cheap look before the dear one."""
_BEGINNING = re.compile(r"\b\w{3,4}")
_CAPITALS = re.compile(r"[A-ZÀ-ÖØ-Þ]{4,}(?!\w)")
_CRIES = ("!!!", "?!?", "???", "!?!", "¡¡¡")
_LEAST_SHOUTED = 2


def speaks_of_danger(text: str) -> bool:
    """Health, danger or the law in six languages: what no shop leaves lying, complaint or not."""
    low = text.lower()
    begun = _DANGER.keys() & _BEGINNING.findall(low)
    return any(re.search(_DANGER[one], low) for one in begun)


def shouts(text: str) -> bool:
    """At least two longer words in capitals, or three signs of exclamation in a row."""
    if any(cry in text for cry in _CRIES):
        return True
    return len(_CAPITALS.findall(text)) >= _LEAST_SHOUTED


def names_one_of(text: str, names: Collection[str]) -> bool:
    """``names`` in lower case, such as ``@crumb``; each stands alone, not as the beginning of a longer
    one."""
    low = text.lower()
    return any(name in low and re.search(re.escape(name) + r"(?!\w)", low) is not None for name in names)
