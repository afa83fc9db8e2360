r"""The number that an answer gives, and whether it is near enough. Pure.

Which number is meant, the first rule that decides:
1. The last `\boxed{...}`, else the text after the last `answer is`, `answer:`, `result:`, `total:`, `####` or `=`, when
   there is exactly one number in it up to the end of its line or sentence.
2. The whole answer, when all numbers in it are the same one.
Otherwise the answer is ambiguous, or holds no number, and does not meet `numeric`.

What is a number: digits with sign, decimals, an exponent, thousands separators (comma, apostrophe, underscore, any
space), and `× 10^n`, `thousand`, `million`, `billion` (`bn`), `trillion` behind it. Currency signs, percent signs and
units round it are skipped (12 % is 12, 5 km is 5). Where comma and point are both there, the later one begins the
decimals. One comma before exactly three digits separates thousands (1,234), one point begins decimals (1.234): with
`decimal: ","` the other way round. Numbers of lists (`1.` at the start of a line), digits inside words (H2O), versions
and addresses (3.11.7) are none.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from pydantic import JsonValue

_SPACES: Final = "\u0020\u00a0\u2009\u202f"
_NUMBER: Final = re.compile(
    rf"""(?<![\w.,])                       # not in the middle of a word or of another number
    (?P<sign>[-−+](?=[\d.,$€£¥]))?[$€£¥]?
    (?P<digits>\d{{1,3}}(?:(?P<apart>[{_SPACES}'’_])\d{{3}}(?:(?P=apart)\d{{3}})*)(?:[.,]\d+)?(?!\d)
      |\d+(?:[.,]\d+)*|[.,]\d+)
    (?P<exponent>[eE][-+]?\d{{1,3}}(?![\w]))?
    (?:\s?[×x*·]\s?10\^\{{?(?P<power>[-−]?\d{{1,3}})\}}?)?
    (?:\s?(?P<times>thousand|million|billion|trillion|bn)\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_LIST_MARK: Final = re.compile(r"^\s*\d{1,3}[.)]\s+", re.MULTILINE)
_BOXED: Final = re.compile(r"\\boxed\{([^{}]*)\}")
_MARKER: Final = re.compile(r"(?:\banswer\s+is\b|\b(?:answer|result|total)\W{0,3}:|####|=)", re.IGNORECASE)
_CLAUSE_END: Final = re.compile(r"\n|[.!?;](?=\s|$)")
_TIMES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "bn": 10**9, "trillion": 10**12}
_FIELDS: Final = {"value", "tolerance", "relative", "decimal"}
_READ: Final = 20_000
"""How many characters of an answer are looked at: its last ones, where results stand."""


def numeric_problem(value: JsonValue) -> str | None:
    """What is wrong with the value of `numeric`; None when nothing is."""
    told = "a number, {value, tolerance} or {value, relative} is expected"
    if _is_number(value):
        return None
    if not isinstance(value, dict) or not value.keys() <= _FIELDS or not _is_number(value.get("value")):
        return told
    if {"tolerance", "relative"} <= value.keys():
        return "takes either a tolerance or a relative one"
    if not all(
        _is_number(value[name]) and _decimal(value[name]) >= 0 for name in ("tolerance", "relative") if name in value
    ):
        return "a tolerance is a number from 0"
    return None if value.get("decimal", ".") in (".", ",") else 'decimal is "." or ","'


def numeric_misses(value: JsonValue, text: str) -> str | None:
    """Why the number of an answer is not the one expected, within its tolerance; None when it is."""
    spec: Mapping[str, JsonValue] = value if isinstance(value, dict) else {"value": value}
    wanted = _decimal(spec.get("value"))
    given = the_number(text, "," if spec.get("decimal") == "," else ".")
    if isinstance(given, str):
        return given
    allowed = _decimal(spec.get("tolerance", 0)) + abs(wanted) * _decimal(spec.get("relative", 0))
    if abs(given - wanted) <= allowed:
        return None
    within = f" (±{allowed.normalize():f})" if allowed else ""
    return f"gives {_plain(given)}, not {_plain(wanted)}{within}"


def the_number(text: str, decimal: str = ".") -> Decimal | str:
    """The number that an answer gives, or why it cannot be said which."""
    text = _LIST_MARK.sub("\n", text[-_READ:].replace("{,}", ",").replace("\\,", ""))
    boxed = _BOXED.findall(text)
    marked = [match.end() for match in _MARKER.finditer(text)]
    final = boxed[-1] if boxed else _clause(text[marked[-1] :]) if marked else ""
    stated = _numbers(final, decimal)
    if len(stated) == 1:
        return stated[0]
    every = stated or _numbers(text, decimal)
    if not every:
        return "holds no number"
    if len(every) == 1:
        return every[0]
    shown = ", ".join(_plain(number) for number in every[:5])
    return f"is ambiguous: it holds {shown}{', …' if len(every) > 5 else ''}"  # noqa: PLR2004 (five are read)


def _clause(text: str) -> str:
    text = text.lstrip()
    end = _CLAUSE_END.search(text)
    return text[: end.start()] if end else text


def _numbers(text: str, decimal: str) -> list[Decimal]:
    """The different numbers of a text, in order."""
    found: dict[Decimal, None] = {}
    for match in _NUMBER.finditer(text):
        if (digits := _western(match["digits"], decimal)) is None:
            continue
        number = Decimal(f"{digits}{match['exponent'] or ''}")
        number *= _TIMES[match["times"].lower()] if match["times"] else 1
        number *= Decimal(10) ** int(match["power"].replace("−", "-")) if match["power"] else 1
        found[-number if match["sign"] in ("-", "−") else number] = None
    return list(found)


def _western(digits: str, decimal: str) -> str | None:
    """Digits with a point for decimals and nothing between thousands; None for a version, a date, a list."""
    digits = re.sub(rf"[{_SPACES}'’_]", "", digits)
    group = "," if decimal == "." else "."
    both = decimal in digits and group in digits
    if (
        (both and digits.rfind(group) > digits.rfind(decimal))  # 1.234,50
        or (not both and digits.count(decimal) > 1)  # 1.234.567
        or (not both and digits.count(group) == 1 and not _grouped(digits, group))  # 3,14
    ):
        decimal, group = group, decimal
    whole, _, part = digits.partition(decimal)
    if group in part or decimal in part or (group in whole and not _grouped(whole, group)):
        return None
    return f"{whole.replace(group, '')}.{part}" if part else whole.replace(group, "")


def _grouped(digits: str, group: str) -> bool:
    """Whether the separators stand where thousands are parted, or lakhs."""
    return re.fullmatch(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}", digits.replace(group, ",")) is not None


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _decimal(value: JsonValue) -> Decimal:
    return Decimal(str(value)) if _is_number(value) else Decimal(0)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if abs(number.adjusted()) < 15 else str(number)  # noqa: PLR2004 (digits read)
