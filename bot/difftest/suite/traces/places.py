"""Secrets by where they stand: in an address's query, in cookies, in connection strings, in variables. Pure."""

import re
from collections.abc import Callable
from typing import Final

from bot.difftest.suite.traces.fields import LONG_KEY, like_key

_QUERY: Final = re.compile(
    r"(?i)(?<=[?&])((?:(?P<sure>access_token|refresh_token|id_token|token|api_?key|password|passwd|pwd|client_secret|secret"
    r"|signature|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|awsaccesskeyid|jwt|hmac)"
    r"|key|sig|auth|authorization|session(?:_?id)?|sid|code|otp|ticket|sso)=)([^&#\s\"'<>\\]{4,4000})"
)
_COOKIES: Final = re.compile(r"(?im)\b((?:set-)?cookie[\"']?[ \t]{0,3}:[ \t]{0,3}[\"']?)([^\n\"']{3,4000})")
_COOKIE: Final = re.compile(r"([^\s=;,]{1,100}=)([^\s;,]{1,4000})")
_ATTRIBUTES: Final = frozenset(("path=", "domain=", "expires=", "max-age=", "samesite=", "version="))
_SESSION: Final = re.compile(
    r"(?i)(?<![A-Za-z])((?:[\w.-]{0,40}sess(?:ion)?(?:[_-]?(?:id|key|token))?|phpsessid|connect\.sid|[cx]srf[\w-]{0,20}"
    r"|remember[_-]?\w{0,20})=)([^\s;,&\"'<>]{6,4000})"
)
_CONNECTION: Final = re.compile(
    r"(?i)((?:account|shared ?access|primary|secondary)[ _]?key[ ]?=[ ]?|sharedaccesssignature=)([^;\s\"'<>]{8,4000})"
)
_VARIABLE: Final = re.compile(
    r"(?<![A-Za-z0-9_])([A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){0,6}_(?:KEY|(?P<sure>PASS|PWD)|AUTH|CREDS?|DSN|SALT)"
    r"[ ]?[=:][ ]?[\"']?)([^\s\"';,]{4,4000})"
)


def replace_placed(text: str, by: Callable[[str], str]) -> str:
    """The text with the value at every such place put through `by`; where others stand, too, if it looks like it."""
    if "=" not in text and ":" not in text:
        return text

    def surely(found: re.Match[str]) -> str:
        return f"{found[1]}{by(found[2])}"

    def perhaps(found: re.Match[str]) -> str:
        *_, value = found.groups()
        sure = found.groupdict().get("sure") is not None or like_key(value, LONG_KEY)
        return f"{found[1]}{by(value)}" if sure else found[0]

    def cookies(found: re.Match[str]) -> str:
        return found[1] + _COOKIE.sub(lambda one: one[0] if one[1].lower() in _ATTRIBUTES else surely(one), found[2])

    text = _COOKIES.sub(cookies, text) if "ookie" in text else text
    for pattern, how in ((_QUERY, perhaps), (_SESSION, perhaps), (_CONNECTION, surely), (_VARIABLE, perhaps)):
        text = pattern.sub(how, text)
    return text
