"""Small numbers in words of five languages, and Roman numerals. Pure."""

import re
from collections.abc import Mapping

from bot.sandbox.provider.solver.listing import listed

UNITS: Mapping[str, tuple[str, ...]] = {
    "english": listed(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ),
    "german": listed(
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
        "siebzehn achtzehn neunzehn"
    ),
    "french": listed(
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
        "dix-huit dix-neuf"
    ),
    "spanish": listed(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "diecisiete dieciocho diecinueve"
    ),
    "italian": listed(
        "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
        "diciassette diciotto diciannove"
    ),
}
TENS: Mapping[str, tuple[str, ...]] = {
    "english": listed("twenty thirty forty fifty sixty seventy eighty ninety"),
    "german": listed("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"),
    "french": ("vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"),
    "spanish": listed("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
    "italian": listed("venti trenta quaranta cinquanta sessanta settanta ottanta novanta"),
}
SPANISH_TWENTIES = listed(
    "veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
)
ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)
SIMPLE = 20
SPANISH_JOINED = 2
"""Spanish writes its twenties in one word."""
ACCENTED = 3
"""Italian puts an accent on a final three."""
LIMIT = 100


def words(n: int, language: str) -> str:
    """The number 0 to 99 in the words of the language (English, German, French, Spanish or Italian)."""
    units = UNITS[language]
    if n < SIMPLE:
        return units[n]
    tens, rest = divmod(n, 10)
    stem = TENS[language][tens - 2]
    match language:
        case "german":
            return ("ein" if rest == 1 else units[rest]) + "und" + stem if rest else stem
        case "french":
            return _french(tens, rest, stem)
        case "spanish":
            return (
                (SPANISH_TWENTIES[rest - 1] if tens == SPANISH_JOINED else f"{stem} y {units[rest]}") if rest else stem
            )
        case "italian":
            tail = "tré" if rest == ACCENTED else units[rest]
            return (stem[:-1] if rest in {1, 8} else stem) + tail if rest else stem
        case _:
            return f"{stem}-{units[rest]}" if rest else stem


def _french(tens: int, rest: int, stem: str) -> str:
    units = UNITS["french"]
    count = rest + (10 if tens in {7, 9} else 0)
    if stem == "quatre-vingt":
        return f"{stem}-{units[count]}" if count else "quatre-vingts"
    if count in {1, 11}:
        return f"{stem} et {units[count]}"
    return f"{stem}-{units[count]}" if count else stem


ENGLISH_WORDS: Mapping[str, int] = dict(
    sorted(((words(n, "english"), n) for n in range(LIMIT)), key=lambda pair: -len(pair[0]))
)
"""English number words and their values, longest first."""

ALL_WORDS: Mapping[str, int] = {words(n, language): n for language in UNITS for n in range(LIMIT)}


def value_in(text: str) -> int | None:
    """The value of the longest number word of any language in the text; None without one."""
    lower = text.lower()
    found = [word for word in ALL_WORDS if word in lower and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lower)]
    quoted = [word for word in found if re.search(rf"['\"“‘]{re.escape(word)}['\"”’]", lower)]
    best = max(quoted or found, key=len, default=None)
    return None if best is None else ALL_WORDS[best]


def roman(n: int) -> str:
    """A positive number in Roman numerals."""
    out = ""
    for value, letters in ROMAN:
        count, n = divmod(n, value)
        out += letters * count
    return out


def from_roman(text: str) -> int:
    """The value of Roman numerals; letters that are none count nothing."""
    values = {letters: value for value, letters in ROMAN}
    total = 0
    position = 0
    while position < len(text):
        pair = values.get(text[position : position + 2])
        if pair is not None and len(text[position : position + 2]) > 1:
            total, position = total + pair, position + 2
        else:
            total, position = total + values.get(text[position], 0), position + 1
    return total
