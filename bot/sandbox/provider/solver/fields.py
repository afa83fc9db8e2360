"""Finding what a name stands for in a passage: the e-mail address, the order number, a date, a person. Pure.

Shared by extraction, JSON and tool arguments: all three ask "what is the X here?" with X in words.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.sandbox.provider.solver.listing import listed

MONTHS = listed("january february march april may june july august september october november december")
MONTH = rf"(?:{'|'.join(f'{month[:3]}(?:{month[3:]})?' if month[3:] else month for month in MONTHS)})"
DATE = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})\b"
    rf"|\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{MONTH})\.?,? (?P<y1>\d{{4}})\b"
    rf"|\b(?P<m2>{MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>\d{{4}})\b"
    r"|\b(?P<d3>\d{1,2})[./](?P<m3>\d{1,2})[./](?P<y3>\d{4})\b",
    re.IGNORECASE,
)
RELATIVE_DATE = re.compile(
    r"\b(today|tomorrow|tonight|yesterday|(?:(?:next|this|last) )?(?:mon|tues|wednes|thurs|fri|satur|"
    r"sun)day|next week)\b",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://[^\s)>\]\"']+[^\s)>\]\"'.,;:!?]")
PHONE = re.compile(r"(?<![\w-])\+?\d[\d ()./-]{6,}\d(?![\w-])")
CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?:\s?[ap]\.?m\.?)?|\b\d{1,2}\s?[ap]m\b|\bnoon\b|\bmidnight\b", re.IGNORECASE)
MONEY = re.compile(
    r"(?P<sign>[$€£])\s?(?P<a>\d[\d,]*(?:\.\d+)?)"
    r"|(?P<b>\d[\d,]*(?:\.\d+)?)\s?(?P<word>USD|EUR|GBP|CHF|JPY|dollars?|euros?|pounds?|francs?|yen)\b",
    re.IGNORECASE,
)
CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "dollar": "USD",
    "euro": "EUR",
    "pound": "GBP",
    "franc": "CHF",
    "yen": "JPY",
}
IDENTIFIER = re.compile(r"(?<![\w.@-])#?(?=[A-Z0-9-]*\d)(?:[A-Z]{1,6}-?\d[A-Z0-9-]*|\d{3,}(?:-[A-Z0-9]+)*)(?![\w@-])")
PERSON = r"[A-Z][a-zà-ÿ]+(?:[-'][A-Z][a-zà-ÿ]+)?(?: (?:[A-Z]\.|van|von|de|[A-Z][a-zà-ÿ]+(?:[-'][A-Z][a-zà-ÿ]+)?)){0,2}"
PLACE = r"(?:St\. )?[A-Z][\wà-ÿ'-]*(?: (?:of |de |upon )?[A-Z][\wà-ÿ'-]*){0,2}"
NO_NAME = frozenset(
    listed(
        "The A An I It We You They He She Please Thanks Thank Hello Hi Dear Regards Best Kind Sincerely Order Invoice "
        "Sir Madam Welcome Congratulations Attention Note Ticket On In At From To For My Our Your "
        "This That There Could Can Would What When Where Who How Is Are Monday "
        "Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September "
        "October November December Yesterday Today Tomorrow Meeting Customer Subject Date Re Hey Also After Before "
        "Send Book Create Find Get Show Set Tell Schedule Convert Search Email Remind Cancel Check Track Turn Add Open"
    )
)
NUMBERED = listed(
    "order invoice ticket tracking reference case booking account customer employee flight serial policy contract "
    "confirmation reservation shipment purchase product part room gate user member incident request claim"
)
MEANINGFUL = 3
"""Letters from which on a word says something."""
STOP_WORDS = frozenset(listed("the a an of in for to and or with by this that its it is"))


@dataclass(frozen=True, slots=True)
class Field:
    """What is looked for: the words of its name (and description), and the passage to look in."""

    words: frozenset[str]
    name: str
    passage: str

    def has(self, *words: str) -> bool:
        """Whether the name says one of these words, in singular or plural."""
        return any(word in self.words or f"{word}s" in self.words for word in words)


Reader = Callable[[Field], Sequence[str]]


def words_of(name: str) -> list[str]:
    """The lower-case words of a name in snake_case, camelCase or plain words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.findall(r"[A-Za-z]+|\d+", spaced)]


def find_all(name: str, passage: str) -> list[str]:
    """Everything in the passage the name may stand for, the likeliest first; empty when nothing does."""
    wanted = Field(frozenset(words_of(name)), " ".join(words_of(name)), passage)
    labelled = _labelled(wanted)
    for reader in READERS:
        found = reader(wanted)
        if found:
            kept = [each for each in labelled if each in found or any(each in other for other in found)]
            return list(dict.fromkeys([*kept, *found]))
        if reader in CLAIMED and CLAIMED[reader](wanted):
            return labelled
    return labelled


def find(name: str, passage: str) -> str | None:
    """The likeliest thing in the passage that the name stands for."""
    return next(iter(find_all(name, passage)), None)


def iso_date(text: str) -> str:
    """A written date as YYYY-MM-DD; text that is no full date comes back unchanged."""
    found = DATE.search(text)
    if found is None:
        return text
    if found["iso"]:
        return found["iso"]
    for day, month, year in (("d1", "m1", "y1"), ("d2", "m2", "y2"), ("d3", "m3", "y3")):
        if found[year]:
            raw = found[month]
            number = int(raw) if raw.isdigit() else 1 + [m[:3] for m in MONTHS].index(raw[:3].lower())
            return f"{found[year]}-{number:02d}-{int(found[day]):02d}"
    return text


def _labelled(field: Field) -> list[str]:
    spellings = {field.name, *(word for word in field.words if word not in STOP_WORDS and len(word) >= MEANINGFUL)}
    found: list[str] = []
    for spelling in sorted(spellings, key=len, reverse=True):
        pattern = rf"(?<![\w]){re.escape(spelling).replace(chr(92) + ' ', '[ _-]?')}\s*[:=]\s*([^\n;,|]+)"
        found += [each.strip(" .\"'") for each in re.findall(pattern, field.passage, re.IGNORECASE)]
    return found


def _emails(field: Field) -> Sequence[str]:
    return EMAIL.findall(field.passage) if field.has("email", "mail", "recipient") or "e mail" in field.name else ()


def _urls(field: Field) -> Sequence[str]:
    return URL.findall(field.passage) if field.has("url", "link", "website", "webpage") else ()


def _phones(field: Field) -> Sequence[str]:
    if not field.has("phone", "telephone", "mobile", "fax"):
        return ()
    return [each for each in PHONE.findall(field.passage) if not DATE.fullmatch(each.strip())]


def _identifiers(field: Field) -> Sequence[str]:
    if not _is_identifier(field):
        return ()
    kinds = [word for word in NUMBERED if field.has(word)]
    for kind in kinds:
        near = (
            rf"\b{kind}\b\W{{0,3}}(?:(?:number|no|nr|id|code|ref)\b\.?\W{{0,3}})?"
            r"(?:(?:is|was)\s+)?#?(?P<id>[A-Z]*-?[\w-]*\d[\w-]*)"
        )
        found = [each["id"] for each in re.finditer(near, field.passage, re.IGNORECASE)]
        if found:
            return found
    rest = DATE.sub(" ", EMAIL.sub(" ", MONEY.sub(" ", field.passage)))
    return [each.lstrip("#") for each in IDENTIFIER.findall(rest)]


def _is_identifier(field: Field) -> bool:
    marked = field.has("number", "id", "code", "reference", "sku", "no")
    return field.has("sku", "reference") or (marked and (field.has(*NUMBERED) or field.has("id", "code")))


def _dates(field: Field) -> Sequence[str]:
    if not field.has("date", "day", "when", "deadline", "due", "birthday", "departure", "arrival"):
        return ()
    full = [found[0] for found in DATE.finditer(field.passage)]
    return full or RELATIVE_DATE.findall(field.passage)


def _years(field: Field) -> Sequence[str]:
    return re.findall(r"\b(1\d{3}|20\d{2})\b", field.passage) if field.has("year") else ()


def _times(field: Field) -> Sequence[str]:
    return CLOCK.findall(field.passage) if field.has("time", "hour", "clock") else ()


def _currencies(field: Field) -> Sequence[str]:
    if not field.has("currency", "currencies"):
        return ()
    codes = re.findall(r"\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|SEK|PLN)\b", field.passage)
    signs = [found["sign"] or found["word"].lower().rstrip("s") for found in MONEY.finditer(field.passage)]
    named = codes or [CURRENCIES.get(sign, sign.upper()) for sign in signs]
    if field.has("to", "target", "destination"):
        return named[1:] or named
    return named


def _money(field: Field) -> Sequence[str]:
    if not field.has("amount", "price", "cost", "total", "fee", "sum", "balance", "budget", "paid", "refund"):
        return ()
    found = [(each["a"] or each["b"]).replace(",", "") for each in MONEY.finditer(field.passage)]
    if found and field.has("total"):
        after = re.search(r"total\D{0,20}(\d[\d,]*(?:\.\d+)?)", field.passage, re.IGNORECASE)
        return [after[1].replace(",", "")] if after else found[-1:]
    return found


def _places(field: Field) -> Sequence[str]:
    if not field.has(
        "city", "location", "place", "origin", "destination", "country", "town", "where", "airport", "address"
    ):
        return ()
    if field.has("origin", "from", "source"):
        prefixes = r"from|leaving|departing"
    elif field.has("destination", "to"):
        prefixes = r"to|towards|into|reach"
    else:
        prefixes = r"in|at|for|near|to|from|of|around"
    found = re.findall(rf"\b(?:{prefixes})\s+(?:the )?({PLACE})", field.passage)
    kept = [_clean(each) for each in found if each.split()[0] not in NO_NAME]
    also = [
        each
        for one in kept
        for each in re.findall(rf"{re.escape(one)}(?:, {PLACE})*,? and (?:in |at |for )?({PLACE})", field.passage)
    ]
    return [each for each in kept + also if each]


def _clean(name: str) -> str:
    return re.sub(r"'s$", "", name.rstrip(".,'-"))


def _companies(field: Field) -> Sequence[str]:
    if not field.has("company", "organisation", "organization", "employer", "vendor", "supplier", "business"):
        return ()
    legal = re.findall(rf"{PLACE} (?:Inc|Ltd|GmbH|Corp|LLC|AG|Co)\b\.?", field.passage)
    return legal or [_clean(each) for each in re.findall(rf"\b(?:at|for|with|from|by)\s+({PLACE})", field.passage)]


def _counts(field: Field) -> Sequence[str]:
    if field.has("age"):
        found = re.findall(r"(\d{1,3}) years? old|\baged? (\d{1,3})", field.passage)
        return [a or b for a, b in found] or re.findall(r"\b[A-Z][a-z]+, (\d{1,3})\b", field.passage)
    if not field.has("quantity", "count", "units", "many", "guests", "people", "tickets", "seats", "nights", "copies"):
        return ()
    nouns = [word for word in field.words if word not in {"quantity", "count", "many", "number", "how", "of"}]
    for noun in nouns:
        stem = re.escape(noun.rstrip("s"))
        if found := re.findall(rf"(?<![-\w])(\d+) (?:\w+ )?{stem}", field.passage, re.IGNORECASE):
            return found
    return re.findall(r"(?<![\w.#/:-])(\d{1,4})(?=\s+[a-z])(?!\s+(?:am|pm|" + "|".join(MONTHS) + "))", field.passage)


def _products(field: Field) -> Sequence[str]:
    if not field.has("product", "item", "article"):
        return ()
    pattern = (
        r"\b(?:ordered|bought|purchased|received|buy|order|purchase|want|need|return)\s+(?:the |a |an "
        r"|my |some |\d+ |one |"
        r"two |three )?(?P<what>[a-z][\w -]*?)(?=\s+(?:on|for|from|with|to|at|by|and|in|but|last|"
        r"which|that|please)\b|[.,;!?]|$)"
    )
    return [found["what"] for found in re.finditer(pattern, field.passage)]


def _people(field: Field) -> Sequence[str]:
    if not field.has(
        "name",
        "person",
        "people",
        "customer",
        "sender",
        "author",
        "signed",
        "who",
        "contact",
        "attendee",
        "participant",
        "employee",
        "user",
        "patient",
        "guest",
        "recipient",
        "client",
        "assignee",
        "owner",
        "manager",
    ):
        return ()
    text = EMAIL.sub(" ", field.passage)
    patterns = (
        rf"(?:my name is|I am|I'm|this is|name is|named|called)\s+({PERSON})",
        rf"(?i:regards|sincerely|thanks|cheers|best|yours)\s*,?\s*\n?\s*({PERSON})",
        rf"(?:Mr|Mrs|Ms|Dr|Prof)\.?\s+({PERSON})",
    )
    first = [name for pattern in patterns for name in re.findall(pattern, text)]
    spotted = [name for name in re.findall(PERSON, text) if " " in name]
    single = list(re.findall(rf"(?:with|by|from|to|for|and|invite|customer|colleague)\s+({PERSON})", text))
    found = [trimmed for name in first + spotted + single if (trimmed := _trim(name))]
    if field.has("last", "surname", "family"):
        return [name.split()[-1] for name in found if " " in name]
    if field.has("first", "given"):
        return [name.split()[0] for name in found]
    return found


def _trim(name: str) -> str:
    parts = name.split()
    while parts and parts[0] in NO_NAME:
        parts = parts[1:]
    while parts and parts[-1] in NO_NAME:
        parts = parts[:-1]
    return " ".join(parts)


READERS: Sequence[Reader] = (
    _emails,
    _urls,
    _phones,
    _currencies,
    _identifiers,
    _counts,
    _money,
    _years,
    _times,
    _dates,
    _places,
    _companies,
    _products,
    _people,
)
CLAIMED: dict[Reader, Callable[[Field], bool]] = {
    _emails: lambda field: field.has("email") or "e mail" in field.name,
    _urls: lambda field: field.has("url"),
    _phones: lambda field: field.has("phone", "telephone"),
    _identifiers: _is_identifier,
}
"""Names that stand for one kind only: nothing else in the passage will do when that kind is absent."""
