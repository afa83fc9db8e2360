"""Numbers by which states know a person: found by a form that nothing else has, by check digits, or by their label.

Pure. US SSN; UK National Insurance; Brazilian CPF; Italian codice fiscale; Spanish DNI and NIE (with their check
letter); French NIR (with its key). Others, and passports, only where a word says so.
"""

import re
from collections.abc import Callable
from typing import Final

_FORMS: Final = re.compile(
    r"(?<![\w.-])(?:"
    r"(?P<ssn>(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4})"
    r"|(?P<cpf>\d{3}\.\d{3}\.\d{3}-\d\d)"
    r"|(?P<nino>[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D])"
    r"|(?P<fiscal>[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z])"
    r"|(?P<dni>[XYZ\d]\d{7}-?[A-HJ-NP-TV-Z])"
    r"|(?P<nir>[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d)"
    r")(?![\w-])"
)
_LABELLED: Final = re.compile(
    r"(?i)(?<!\w)((?:ssn|social[ _-]security(?:[ _-](?:number|no\.?|#))?|tax[ _-]?(?:id|payer id)(?: number)?|itin|ein"
    r"|passport(?:[ _-](?:number|no\.?|nr\.?))?|national[ _-]id(?:entity)?(?:[ _-](?:number|card))?|nino"
    r"|national insurance(?: number| no\.?)?|driver[’']?s?[ _-]licen[cs]e(?:[ _-](?:number|no\.?))?|aadhaar"
    r"|steuer-?(?:id|identifikationsnummer|nummer)|sozialversicherungsnummer|(?:reise)?pass(?:nummer|-nr\.?)"
    r"|personalausweis(?:nummer)?|num[ée]ro de s[ée]curit[ée] sociale|nir|dni|nie|nif|cpf|rg|bsn|burgerservicenummer"
    r"|codice fiscale|pesel|dow[óo]d osobisty|personnummer|инн|снилс|паспорт)"
    r"[ .:#=\"']{0,4}(?:(?:is|ist|est|es|è|é|jest|to)[ ]{1,2})?)"
    r"(?-i:((?=(?:[ ./-]?[A-Z]){0,4}[ ./-]?\d)[A-Z\d](?:[ ./-]?[A-Z\d]){4,18}))(?!\w)"
)
_KEY: Final = re.compile(
    r"(?i)(?:^|[_ -])(?:ssn|social[_ -]?security(?:[_ -]?(?:number|no))?|tax[_ -]?id|passport(?:[_ -]?(?:number|no))?"
    r"|national[_ -]?id(?:[_ -]?number)?|nino|cpf|dni|nif|bsn|pesel|steuer[_ -]?id|codice[_ -]?fiscale)$"
)
_ENOUGH: Final = re.compile(r"\d\D{0,2}\d\D{0,2}\d\D{0,2}\d\D{0,2}\d")
_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_FEWEST_DIGITS: Final = 5


def replace_identities(text: str, by: Callable[[str], str]) -> str:
    """The text with every such number put through `by`."""
    if _ENOUGH.search(text) is None:
        return text
    text = _LABELLED.sub(lambda found: found[1] + (by(found[2]) if _digits(found[2]) else found[2]), text)
    return _FORMS.sub(lambda found: by(found[0]) if _holds(str(found.lastgroup), found[0]) else found[0], text)


def names_identity(key: str, value: str) -> bool:
    """Whether a field's name says that its value is such a number."""
    return _KEY.search(key) is not None and _digits(value)


def _digits(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= _FEWEST_DIGITS


def _holds(form: str, number: str) -> bool:
    """Whether the check digits of a form that has some are right."""
    plain = number.replace(" ", "").replace("-", "").replace(".", "")
    match form:
        case "dni":
            return _LETTERS[int(plain[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == plain[-1]
        case "nir":
            body = plain[:-2].replace("2A", "19").replace("2B", "18")
            return body.isdecimal() and 97 - int(body) % 97 == int(plain[-2:])
        case "cpf":
            return len(set(plain)) > 1 and all(_cpf_digit(plain[:at]) == plain[at] for at in (9, 10))
        case _:
            return True


def _cpf_digit(before: str) -> str:
    weighted = sum(int(digit) * weight for digit, weight in zip(before, range(len(before) + 1, 1, -1), strict=True))
    return str(weighted * 10 % 11 % 10)
