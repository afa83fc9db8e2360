"""Taking secrets and personal data out of recorded conversations. Pure; one `Masking` serves a whole suite.

The same value becomes the same placeholder, `[EMAIL_1]`, wherever it stands, so that what a case asks stays answerable.
Secrets are found by the forms of `bot.masking`, by what is said of them (`spoken`), by where they stand (`places`,
`fields`), and by how they look (`keys`). Names are found only where a field says that it holds one; that is documented,
and no promise beyond it is made.
"""

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from bot.difftest.suite.traces.exchange import Exchange, RecordedCall
from bot.difftest.suite.traces.fields import names_secret, says_id
from bot.difftest.suite.traces.identity import names_identity, replace_identities
from bot.difftest.suite.traces.keys import replace_keys
from bot.difftest.suite.traces.nearby import replace_nearby
from bot.difftest.suite.traces.places import replace_placed
from bot.difftest.suite.traces.spoken import replace_spoken
from bot.masking import replace_secrets

KINDS: Final = ("SECRET", "NAME", "EMAIL", "ID", "IBAN", "CARD", "PHONE", "IP")
_PLACEHOLDER: Final = re.compile(rf"\[(?:{'|'.join(KINDS)})_\d+\]")
_BARE: Final = re.compile(r"NAME_\d+")
_NAME_KEY: Final = re.compile(
    r"(?i)^(?:(?:first|last|middle|full|family|given|customer|contact|patient|client|person|employee|user|display"
    r"|account[_ -]?holder|card[_ -]?holder|recipient|sender)[_ -]?name|surname|account[_ -]?holder|card[_ -]?holder)$"
)
_PHONE_KEY: Final = re.compile(r"(?i)(?:phone|mobile|telephone|fax|whatsapp|msisdn)(?:[_ -]?(?:number|no))?$")
_QUOTED: Final = re.compile(r'(\\*["\'])([\w -]{2,40})\1(\s*:\s*)(\\*["\'])((?:(?!\4)[^\n]){1,400})\4')
_NAME_LINE: Final = re.compile(
    r"(?im)(?:^|(?<=[.;!?(] ))([ \t>*-]*name[ \t]*[:=][ \t]*)([^\n,;|<>\[\]\"]{2,60})"
    r"|\b((?:first|last|full|family|given|customer|contact|patient|client|account[ -]?holder|card[ -]?holder)"
    r"[ _-]?name[ \t]*[:=][ \t]*)([^\n,;|<>\[\]\"]{2,60})"
)
_EMAIL: Final = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,}")
_IBAN_START: Final = re.compile(r"[A-Za-z]{2}\d{2}")
_DIGITS: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,}")
_PHONE: Final = re.compile(
    r"(?<![\w+])(?:\+|00)\d{1,3}(?:[ ().\-/]{0,2}\d){6,12}(?!\d)"  # +49 30 1234567
    r"|(?<![\w.-])(?:\(\d{3}\)[ ]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])"  # (212) 555-0123
    r"|(?<![\w.,:/-])0\d{1,5}[ /-]\d{3,}(?:[ -]?\d{2,}){0,3}(?!\w)"  # 030 1234567
)
_LABELLED: Final = re.compile(
    r"(?i)\b((?:phone|tel|telephone|mobile|cell|fax|whatsapp)(?:[ ]?(?:number|no))?\b[ .:#=]{0,4}(?:is[ ])?)"
    r"(\d(?:[ ().\-/]{0,2}\d){5,14})"
)
_IP4: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)")
_IP6: Final = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_FEWEST_PHONE_DIGITS: Final = 9
_FEWEST_NAMED_DIGITS: Final = 6
_SHORTEST_NAME, _SHORTEST_PART = 4, 5
_CARD: Final = range(13, 20)
_IBAN_LENGTHS: Final = range(15, 35)
_TRAILING: Final = ",;.)}]>\"'"


class Masking:
    """Placeholders for the values found so far; `counts` says how often each kind was replaced."""

    def __init__(self) -> None:
        """Nothing found yet."""
        self.counts: Counter[str] = Counter()
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without secrets and personal data; its conversation id is left for the caller."""
        names = _names_in(exchange)
        return replace(
            exchange,
            messages=[self._message(message, names) for message in exchange.messages],
            answer=self.text(exchange.answer, names),
            calls=tuple(RecordedCall(call.name, self.text(call.arguments, names)) for call in exchange.calls),
            tools=[{**self._mapping(tool, (), fields=False), "name": tool["name"]} for tool in exchange.tools],
            labels={key: self.text(value, names) for key, value in exchange.labels.items()},
        )

    def _message(self, message: dict[str, JsonValue], names: tuple[str, ...]) -> dict[str, JsonValue]:
        made: dict[str, JsonValue] = {**message, "content": self.text(str(message.get("content") or ""), names)}
        if isinstance(name := message.get("name"), str):
            # Providers take letters, digits, _ and - there: the placeholder stands without its brackets.
            made["name"] = name if _BARE.fullmatch(name) else self._put("NAME", name).strip("[]")
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            made["tool_calls"] = [self._call(call, names) for call in calls]
        return made

    def _call(self, call: JsonValue, names: tuple[str, ...]) -> JsonValue:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(function, dict):
            return call
        return {**call, "function": {**function, "arguments": self.text(str(function.get("arguments", "")), names)}}

    def text(self, text: str, names: Iterable[str] = ()) -> str:
        """A text, which may be JSON, without what is looked for; JSON stays JSON."""
        if text.lstrip()[:1] in ("{", "["):
            try:
                parsed: JsonValue = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                masked = self.json(parsed, tuple(names))
                return text if masked == parsed else json.dumps(masked, ensure_ascii=False)
        return self._plain(text, tuple(names))

    def json(self, value: JsonValue, names: tuple[str, ...] = (), key: str = "", *, fields: bool = True) -> JsonValue:
        """A structure with each of its texts masked; with `fields`, what a field's name says about it counts."""
        match value:
            case str():
                kind = _kind_of(key, value) if fields else None
                return (
                    self._put(kind, value) if kind else self._plain(value, names, drawn=not (fields and says_id(key)))
                )
            case bool() | None:
                return value
            case int() | float():
                text = repr(value)
                kind = _kind_of(key, text) if fields else None
                masked = self._put(kind, text) if kind else self._plain(text, names)
                return value if masked == text else masked
            case list():
                return [self.json(inner, names, key, fields=fields) for inner in value]
            case dict():
                return self._mapping(value, names, fields=fields)

    def _mapping(self, value: dict[str, JsonValue], names: tuple[str, ...], *, fields: bool) -> dict[str, JsonValue]:
        return {self._plain(key, names): self.json(inner, names, key, fields=fields) for key, inner in value.items()}

    def _plain(self, text: str, names: tuple[str, ...], *, drawn: bool = True) -> str:
        """A text without what is looked for; unless it is an id, also without words that are `drawn` at random."""
        text = _QUOTED.sub(self._quoted, text)
        for replaced in (replace_placed, replace_spoken, replace_nearby, replace_secrets):
            text = replaced(text, self._secret)
        if "ame" in text or "AME" in text:
            text = _NAME_LINE.sub(self._name_line, text)
        for name in names:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda found: self._put("NAME", found[0]), text)
        if "@" in text:
            text = _EMAIL.sub(lambda found: self._email(found[0]), text)
        if not any(sign.isdigit() for sign in text) and ":" not in text:
            return text
        if drawn:
            text = replace_keys(text, self._secret)
        text = replace_identities(text, lambda found: self._put("ID", found))
        text = self._inside(_IBAN, text, "IBAN", _iban_at)
        text = self._inside(_DIGITS, text, "CARD", _card_at)
        text = _IP4.sub(lambda found: self._put("IP", found[0]) if _is_ip(found[0]) else found[0], text)
        text = _IP6.sub(lambda found: self._put("IP", found[0]) if _is_ip(found[0]) else found[0], text)
        text = _LABELLED.sub(lambda found: found[1] + self._put("PHONE", found[2]), text)
        return _PHONE.sub(lambda found: self._put("PHONE", found[0]) if _is_phone(found[0]) else found[0], text)

    def _put(self, kind: str, value: str) -> str:
        """The placeholder of a value; a placeholder stays what it is."""
        if _PLACEHOLDER.fullmatch(value.strip()):
            return value
        same = re.sub(r"\W", "", value).casefold() if kind in {"CARD", "IBAN", "ID", "PHONE"} else value.strip()
        same = same.casefold() if kind == "EMAIL" else same
        numbers = self._numbers[kind]
        self.counts[kind] += 1
        return f"[{kind}_{numbers.setdefault(same, len(numbers) + 1)}]"

    def _secret(self, value: str) -> str:
        quote = value[0] if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0] else ""
        inner = value[1:-1] if quote else value
        if not quote and (held := _PLACEHOLDER.match(inner)):
            rest = inner[held.end() :]
            return value if not rest.strip(_TRAILING) else held[0] + self._put("SECRET", rest)
        kept = "" if quote else inner[len(inner.rstrip(_TRAILING)) :]
        core = inner.removesuffix(kept) if kept else inner
        return f"{quote}{self._put('SECRET', core)}{quote}{kept}" if any(map(str.isalnum, core)) else value

    def _email(self, value: str) -> str:
        core = value.rstrip("-_.")
        return self._put("EMAIL", core) + value[len(core) :]

    def _quoted(self, found: re.Match[str]) -> str:
        kind = _kind_of(found[2].strip(), found[5])
        masked = self._put(kind, found[5]) if kind else found[5]
        return f"{found[1]}{found[2]}{found[1]}{found[3]}{found[4]}{masked}{found[4]}"

    def _name_line(self, found: re.Match[str]) -> str:
        label, value = found[1] or found[3], found[2] or found[4]
        core = value.strip()
        return f"{label}{self._put('NAME', core)}{value[len(value.rstrip()) :]}" if core else found[0]

    def _inside(
        self, pattern: re.Pattern[str], text: str, kind: str, at: Callable[[str], Iterator[tuple[int, int]]]
    ) -> str:
        """Replace what `at` finds within each match of a wide pattern."""

        def within(found: re.Match[str]) -> str:
            run, made, start = found[0], "", 0
            for begin, end in at(run):
                made += run[start:begin] + self._put(kind, run[begin:end])
                start = end
            return made + run[start:]

        return pattern.sub(within, text)


def _names_in(exchange: Exchange) -> tuple[str, ...]:
    """What fields of the exchange say is a name, and the longer words of it, longest first."""
    texts = [str(message.get("content") or "") for message in exchange.messages]
    texts += [exchange.answer, *(call.arguments for call in exchange.calls)]
    for message in exchange.messages:
        calls = message.get("tool_calls")
        texts += [json.dumps(calls, ensure_ascii=False)] if calls else []
    values = [found[5] for text in texts for found in _QUOTED.finditer(text) if _NAME_KEY.search(found[2].strip())]
    values += [found[2] or found[4] for text in texts for found in _NAME_LINE.finditer(text)]
    values += [str(message["name"]) for message in exchange.messages if isinstance(message.get("name"), str)]
    names: set[str] = set()
    for value in values:
        whole = value.strip()
        parts = [part for part in whole.split() if part[:1].isupper() and len(part) >= _SHORTEST_PART]
        names |= {name for name in (whole, *parts) if len(name) >= _SHORTEST_NAME and not _BARE.search(name)}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _kind_of(key: str, value: str) -> str | None:
    """What a field's name says its value is."""
    if not value.strip():
        return None
    if names_secret(key, value):
        return "SECRET"
    if names_identity(key, value):
        return "ID"
    if _NAME_KEY.search(key):
        return "NAME"
    if _PHONE_KEY.search(key) and sum(sign.isdigit() for sign in value) >= _FEWEST_NAMED_DIGITS:
        return "PHONE"
    return None


def _is_phone(text: str) -> bool:
    return text[0] in "+(" or sum(sign.isdigit() for sign in text) >= _FEWEST_PHONE_DIGITS


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(sign.isdigit() for sign in text)


def _found(run: str, lengths: range, fits: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Where whole groups of a run, put together, fit: the longest from each group on, none twice."""
    groups = [(piece.start(), piece.end(), piece[0]) for piece in re.finditer(r"[A-Za-z0-9]+", run)]
    done = 0
    for first, (begin, _, _) in enumerate(groups):
        if begin < done:
            continue
        together, best = "", 0
        for _, end, text in groups[first : first + lengths.stop]:
            together += text
            if len(together) >= lengths.stop:
                break
            if len(together) in lengths and fits(together):
                best = end
        if best:
            yield begin, best
            done = best


def _card_at(run: str) -> Iterator[tuple[int, int]]:
    yield from _found(run, _CARD, luhn)


def _iban_at(run: str) -> Iterator[tuple[int, int]]:
    yield from _found(run, _IBAN_LENGTHS, lambda text: bool(_IBAN_START.match(text)) and iban(text))


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, Annex B)."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 (the sum of its digits)
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: the rearranged number is 1 modulo 97)."""
    rearranged = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in rearranged)) % 97 == 1
