r"""The formats of JSON Schema (draft 2020-12, section 7.3) that a text is held to. Pure.

jsonschema asserts none by itself, and most of them only with packages that we do not carry. What its Format asks for
is read from the RFC that the draft names; every pattern takes time in proportion to the text. `idn-hostname` is
missing: it takes the tables of IDNA. What the draft does not name (`int32`, `password`) says nothing here.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from bot.difftest.marking.patterns import pattern_problem

_TIME: Final = re.compile(
    r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION: Final = re.compile(
    r"P(?:\d+W|(?=.)(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?"
    r"(?:T(?=.)(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)",
    re.ASCII,
)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST_NAME: Final = 253
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*|\"(?:[\x20\x21\x23-\x5B\x5D-\x7E]|\\[\x20-\x7E])*\"")
_LONGEST_LOCAL: Final = 64
_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_RELATIVE: Final = re.compile(r"(?:0|[1-9][0-9]*)(#|(?:/(?:[^~/]|~[01])*)*)")
_PERCENT: Final = r"%[0-9A-Fa-f]{2}"
_PCHAR: Final = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|{_PERCENT})"
_SEGMENTS: Final = rf"(?:{_PCHAR}|/)*"
_TAIL: Final = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?"
_USER: Final = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{_PERCENT})*"
_HOST: Final = rf"(?:\[(?P<literal>[0-9A-Za-z.:_~-]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|{_PERCENT})*)"
_AUTHORITY: Final = rf"//(?:{_USER}@)?{_HOST}(?::[0-9]*)?(?:/{_SEGMENTS})?"
_URI: Final = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}|(?!//){_SEGMENTS}){_TAIL}")
_RELATIVE_URI: Final = re.compile(rf"(?:{_AUTHORITY}|(?!//)(?![^/?\#]*:){_SEGMENTS}){_TAIL}")
_BEYOND_ASCII: Final = re.compile("[\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd]")
_VARIABLE: Final = rf"(?:[A-Za-z0-9_]|{_PERCENT})(?:\.?(?:[A-Za-z0-9_]|{_PERCENT}))*(?::[1-9][0-9]{{0,3}}|\*)?"
_TEMPLATE: Final = re.compile(
    rf"(?:[^\x00-\x20\"'%<>\\^`{{|}}\x7f]|{_PERCENT}|\{{[+\#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}})*"
)


def _is_date(text: str) -> bool:
    """RFC 3339, full-date."""
    try:
        return _DAY.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    """RFC 3339, full-time; the sixtieth second only where a leap second can be, at the end of a day of UTC."""
    found = _TIME.fullmatch(text)
    if found is None or found[3] != "60":
        return found is not None
    ahead = (int(found[5]) * 60 + int(found[6])) * (-1 if found[4] == "-" else 1) if found[4] else 0
    return (int(found[1]) * 60 + int(found[2]) - ahead) % (24 * 60) == 24 * 60 - 1


def _is_date_time(text: str) -> bool:
    """RFC 3339, date-time."""
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_duration(text: str) -> bool:
    """RFC 3339, appendix A."""
    return _DURATION.fullmatch(text) is not None


def _is_ipv4(text: str) -> bool:
    return _is_address(ipaddress.IPv4Address, text)


def _is_ipv6(text: str) -> bool:
    return "%" not in text and _is_address(ipaddress.IPv6Address, text)


def _is_address(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _is_hostname(text: str) -> bool:
    """RFC 1123, section 2.1."""
    return len(text) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in text.split("."))


def _is_email(text: str) -> bool:
    """RFC 5321, Mailbox."""
    local, _, domain = text.rpartition("@")
    if len(local) > _LONGEST_LOCAL or _LOCAL.fullmatch(local) is None:
        return False
    if domain.startswith("[") and domain.endswith("]"):
        inner = domain[1:-1]
        return _is_ipv6(inner[5:]) if inner.lower().startswith("ipv6:") else _is_ipv4(inner)
    return _is_hostname(domain)


def _is_idn_email(text: str) -> bool:
    """RFC 6531: as RFC 5321, with letters of all scripts, which stand here for one of ASCII's."""
    return _is_email(_BEYOND_ASCII.sub("x", text))


def _is_uri(text: str) -> bool:
    """RFC 3986, URI."""
    return _fits(_URI, text)


def _is_uri_reference(text: str) -> bool:
    """RFC 3986, URI-reference."""
    return _fits(_URI, text) or _fits(_RELATIVE_URI, text)


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    found = pattern.fullmatch(text)
    if found is None:
        return False
    literal = found["literal"]
    return literal is None or literal[:1] in ("v", "V") or _is_ipv6(literal)


def _is_iri(text: str) -> bool:
    """RFC 3987: a URI with letters of all scripts, which stand here for what they are written as in one."""
    return _is_uri(_BEYOND_ASCII.sub("x", text))


def _is_iri_reference(text: str) -> bool:
    return _is_uri_reference(_BEYOND_ASCII.sub("x", text))


def _is_uri_template(text: str) -> bool:
    """RFC 6570."""
    return _TEMPLATE.fullmatch(text) is not None


def _is_uuid(text: str) -> bool:
    """RFC 4122."""
    return _UUID.fullmatch(text) is not None


def _is_json_pointer(text: str) -> bool:
    """RFC 6901."""
    return _POINTER.fullmatch(text) is not None


def _is_relative_json_pointer(text: str) -> bool:
    """Relative JSON pointers, draft 01."""
    return _RELATIVE.fullmatch(text) is not None


def _is_regex(text: str) -> bool:
    """A regular expression as they are read everywhere here."""
    return pattern_problem(text) is None


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "duration": _is_duration,
    "email": _is_email,
    "idn-email": _is_idn_email,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "uri": _is_uri,
    "uri-reference": _is_uri_reference,
    "iri": _is_iri,
    "iri-reference": _is_iri_reference,
    "uri-template": _is_uri_template,
    "uuid": _is_uuid,
    "json-pointer": _is_json_pointer,
    "relative-json-pointer": _is_relative_json_pointer,
    "regex": _is_regex,
}
"""Whether a text is of each format that is asserted."""
