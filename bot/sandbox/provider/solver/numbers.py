"""Arithmetic, unit conversion and numbers in words and other notations. Pure."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

from bot.sandbox.provider.solver import numerals
from bot.sandbox.provider.solver.task import NUMBER, Answer, Task, number_answer, numbers_in, with_others

OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
MAX_EXPONENT = 64
PAIR = 2
FEW_WORDS = 4
EXPRESSION = re.compile(r"[(\d][\d\s.()+\-*/^%]*[\d)]")
A, B = rf"(?P<a>{NUMBER})", rf"(?P<b>{NUMBER})"
SPOKEN = (
    (r"\bdivided by\b", "/"),
    (r"\bmultiplied by\b|\btimes\b|[x×·](?=\s*\d)", "*"),
    (r"\bplus\b", "+"),
    (r"\bminus\b|[−–](?=\s*\d)", "-"),
    (r"\bmod(?:ulo)?\b", "%"),
    (r"÷", "/"),
    (r"\bto the power of\b|\*\*", "^"),
    (r"\bsquared\b", "^2"),
    (r"\bcubed\b", "^3"),
)
LENGTH = {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000, "in": 0.0254, "ft": 0.3048, "yd": 0.9144, "mi": 1609.344}
MASS = {"mg": 1e-6, "g": 0.001, "kg": 1, "t": 1000, "oz": 0.028349523125, "lb": 0.45359237}
VOLUME = {"ml": 0.001, "cl": 0.01, "l": 1, "gal": 3.785411784, "pt": 0.473176473, "cup": 0.2365882365}
TIME = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400, "wk": 604800}
DATA = {"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
DIMENSIONS = (LENGTH, MASS, VOLUME, TIME, DATA)
UNIT_NAMES = {
    "millimet": "mm",
    "centimet": "cm",
    "kilomet": "km",
    "met": "m",
    "inch": "in",
    "foot": "ft",
    "feet": "ft",
    "yard": "yd",
    "mile": "mi",
    "milligram": "mg",
    "kilogram": "kg",
    "kilo": "kg",
    "gram": "g",
    "tonne": "t",
    "ounce": "oz",
    "pound": "lb",
    "lbs": "lb",
    "millilit": "ml",
    "centilit": "cl",
    "lit": "l",
    "gallon": "gal",
    "pint": "pt",
    "cup": "cup",
    "millisecond": "ms",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "day": "d",
    "week": "wk",
    "kilobyte": "kb",
    "megabyte": "mb",
    "gigabyte": "gb",
    "terabyte": "tb",
    "byte": "b",
    "celsius": "C",
    "fahrenheit": "F",
    "kelvin": "K",
}
TEMPERATURE = {"°c": "C", "c": "C", "°f": "F", "f": "F", "k": "K", "degrees celsius": "C", "degrees fahrenheit": "F"}
UNIT = r"(?:degrees? |° ?)?[A-Za-z]+"


def arithmetic(task: Task) -> Answer | None:
    """Sums, products, percentages, averages, powers, roots, remainders: the first that the words ask for."""
    text = _spoken(task.instruction + " " + (task.passage if task.passage not in task.instruction else ""))
    for reading in (_rounded, _percentage, _of_list, _root, _expression, _pair, _story):
        value = reading(text)
        if value is not None:
            return number_answer(value, task)
    return None


def _spoken(text: str) -> str:
    text = re.sub(rf"\b(?:{'|'.join(numerals.ENGLISH_WORDS)})\b", _digits, text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    for pattern, sign in SPOKEN:
        text = re.sub(pattern, sign, text, flags=re.IGNORECASE)
    return text


def _digits(found: re.Match[str]) -> str:
    return str(numerals.ENGLISH_WORDS[found[0].lower()])


def _percentage(text: str) -> float | None:
    if found := re.search(rf"{A}\s*(?:%|percent)\s+of\s+[$€£]?{B}", text, re.IGNORECASE):
        return float(found["a"]) * float(found["b"]) / 100
    if found := re.search(
        rf"(?P<way>increase|decrease|raise|reduce|add|take)\w*\s.*?{A}\D+by\s+{B}\s*(?:%|percent)", text, re.IGNORECASE
    ):
        sign = -1 if found["way"].lower() in {"decrease", "reduce", "take"} else 1
        return float(found["a"]) * (1 + sign * float(found["b"]) / 100)
    if found := re.search(rf"what percent(?:age)? of {A} is {B}", text, re.IGNORECASE):
        return 100 * float(found["b"]) / float(found["a"])
    return None


def _of_list(text: str) -> float | None:
    asked = re.search(r"\b(sum|total|add up|average|mean|product|median|range|maximum|minimum)\b", text, re.IGNORECASE)
    if asked is None:
        return None
    values = numbers_in(text[asked.end() :])
    if len(values) < PAIR:
        return None
    match asked[1].lower():
        case "average" | "mean":
            return sum(values) / len(values)
        case "product":
            return math.prod(values)
        case "median":
            middle = sorted(values)
            return (middle[(len(values) - 1) // 2] + middle[len(values) // 2]) / 2
        case "range":
            return max(values) - min(values)
        case "maximum":
            return max(values)
        case "minimum":
            return min(values)
        case _:
            return sum(values)


def _root(text: str) -> float | None:
    if found := re.search(rf"(?:square root of|√)\s*{A}", text, re.IGNORECASE):
        return math.sqrt(float(found["a"]))
    if found := re.search(rf"remainder\D+{A}\D+{B}", text, re.IGNORECASE):
        return float(found["a"]) % float(found["b"])
    if found := re.search(rf"(?:half|double|triple|twice) (?:of )?{A}", text, re.IGNORECASE):
        factor = {"half": 0.5, "doub": 2.0, "trip": 3.0, "twic": 2.0}[found[0][:4].lower()]
        return float(found["a"]) * factor
    return None


def _expression(text: str) -> float | None:
    for found in EXPRESSION.finditer(text):
        candidate = found[0].strip()
        if not re.search(r"\d\s*[+\-*/^%]\s*[(\d-]|\)\s*[+\-*/^%]", candidate):
            continue
        if re.fullmatch(r"\d{1,4}([-/])\d{1,2}\1\d{1,4}", candidate) or re.fullmatch(r"\d{3,}(-\d{2,})+", candidate):
            continue  # a date or a phone number is no sum
        value = _evaluate(candidate.replace("^", "**"))
        if value is not None:
            return value
    return None


def _evaluate(expression: str) -> float | None:
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and abs(right) > MAX_EXPONENT:
            raise ValueError("an exponent this large is not arithmetic for a chat")
        return OPERATIONS[type(node.op)](left, right)
    raise ValueError("not arithmetic")


def _pair(text: str) -> float | None:
    if found := re.search(rf"difference between {A}\D+{B}", text, re.IGNORECASE):
        return abs(float(found["a"]) - float(found["b"]))
    if found := re.search(rf"subtract {A} from {B}", text, re.IGNORECASE):
        return float(found["b"]) - float(found["a"])
    if found := re.search(rf"add {A} (?:and|to) {B}", text, re.IGNORECASE):
        return float(found["a"]) + float(found["b"])
    if found := re.search(rf"multiply {A} (?:and|by|with) {B}", text, re.IGNORECASE):
        return float(found["a"]) * float(found["b"])
    if found := re.search(rf"divide {A} by {B}", text, re.IGNORECASE):
        return float(found["a"]) / float(found["b"])
    return None


def _rounded(text: str) -> float | None:
    found = re.search(rf"\bround {A}", text, re.IGNORECASE)
    return float(found["a"]) if found else None


def _story(text: str) -> float | None:
    """Two numbers, and a question how many: what happens to the first decides."""
    values = numbers_in(text)
    if len(values) != PAIR or not re.search(r"how (?:many|much)", text, re.IGNORECASE):
        return None
    a, b = values
    if re.search(r"\b(?:each|per|every|apiece)\b", text, re.IGNORECASE):
        return a * b
    if re.search(
        r"\b(?:left|remain|gave|gives?|lost|lose|eats?|ate|sold|sells?|spent|spends?|off|away|fewer)\b",
        text,
        re.IGNORECASE,
    ):
        return a - b
    if re.search(
        r"\b(?:more|altogether|in total|together|buys?|bought|gets?|finds?|another|now)\b", text, re.IGNORECASE
    ):
        return a + b
    return None


def units(task: Task) -> Answer | None:
    """A quantity in another unit of the same dimension."""
    text = task.whole
    forms = (
        rf"{A}\s*(?P<from>{UNIT})\s+(?:in|to|into|as|equals? how many)\s+(?P<to>{UNIT})",
        rf"how many (?P<to>{UNIT}) (?:are|is|make|equal)?\s*(?:there )?(?:in|are in)?\s*{A}\s*(?P<from>{UNIT})",
    )
    for form in forms:
        for found in re.finditer(form, text, re.IGNORECASE):
            value = convert(float(found["a"].replace(",", "")), found["from"], found["to"])
            if value is not None:
                return number_answer(value, task)
    return None


def unit_of(word: str) -> str | None:
    """The symbol of a unit written in words or as a symbol; None for a word that is none."""
    lower = word.strip().lower().rstrip(".")
    bare = re.sub(r"^(?:degrees?\s+|°\s*)", "", lower)
    if lower in TEMPERATURE or bare in TEMPERATURE:
        return TEMPERATURE.get(lower) or TEMPERATURE[bare]
    if any(bare in dimension for dimension in DIMENSIONS):
        return bare
    return next((symbol for stem, symbol in UNIT_NAMES.items() if bare.startswith(stem)), None)


def convert(value: float, source: str, target: str) -> float | None:
    """The value in the target unit; None when a unit is unknown or of another dimension."""
    a, b = unit_of(source), unit_of(target)
    if a is None or b is None:
        return None
    if a in "CFK" and b in "CFK":
        kelvin = {"C": value + 273.15, "F": (value - 32) / 1.8 + 273.15, "K": value}[a]
        return round({"C": kelvin - 273.15, "F": (kelvin - 273.15) * 1.8 + 32, "K": kelvin}[b], 9)
    for dimension in DIMENSIONS:
        if a in dimension and b in dimension:
            return round(value * dimension[a] / dimension[b], 9)
    return None


def wording(task: Task) -> Answer | None:
    """A number in the words of a language, the number behind such words, or another notation."""
    text = f"{task.instruction} {task.passage}"
    if asked := re.search(r"\b(german|french|spanish|italian|english)\b", text, re.IGNORECASE):
        language = asked[1].lower()
        found = re.search(r"(?<![\w-])(\d{1,2})(?![\w-])", text)
        if found and re.search(r"translat|write|say|words?|spell|\bin\b", text, re.IGNORECASE):
            n = int(found[1])
            return with_others(Answer(numerals.words(n, language)), numerals.words((n + 1) % 100, language))
    if re.search(r"\bnumber|digits?|numeral|translat", text, re.IGNORECASE) and (
        n_word := numerals.value_in(_short(task))
    ):
        return number_answer(n_word, task)
    return _notation(text, task)


def _short(task: Task) -> str:
    """Where a number word may stand: not in a long passage, in which other languages' words mean other things."""
    return f"{task.instruction} {task.passage}" if len(task.passage.split()) <= FEW_WORDS else task.instruction


def _notation(text: str, task: Task) -> Answer | None:
    found = re.search(rf"{A}", text)
    if found and re.search(r"roman numeral", text, re.IGNORECASE):
        n = int(float(found["a"]))
        return with_others(Answer(numerals.roman(n)), numerals.roman(n + 1))
    if roman := re.search(r"roman numeral\w*\s+([IVXLCDM]+)\b", text):
        return number_answer(numerals.from_roman(roman[1]), task)
    for name, base in (("binary", "b"), ("hexadecimal", "x"), ("octal", "o")):
        if not re.search(rf"\b{name}\b", text, re.IGNORECASE):
            continue
        back = re.search(rf"{name}(?: number)? (?:0[bxo])?([0-9a-f]+)\b.*decimal", text, re.IGNORECASE)
        if back:
            return number_answer(int(back[1], {"b": 2, "x": 16, "o": 8}[base]), task)
        if found:
            n = int(float(found["a"]))
            return with_others(Answer(format(n, base)), format(n + 1, base))
    return None
