"""Taking secrets out of text before anybody reads it: known values, and whatever has the shape of a token. Pure."""

import re
from collections.abc import Iterable

_SHAPES = re.compile(
    r"xox[a-z]-[\w-]{6,}|xapp-[\w-]{6,}"  # Slack bot, user, config and app tokens
    r"|\b(?:sk|pk|rk|gsk|ghp|gho|glpat|hf)[-_][\w-]{12,}"  # provider and forge keys
    r"|\bey[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"  # JSON web tokens
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
    r"|(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}",
)
_NAMED = re.compile(
    r"(?i)\b([\w-]*(?:token|secret|password|passwd|api[_-]?key)[\w-]*\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\S+)"
)
MASK = "•••"
_SHORTEST = 4  # a shorter "secret" would mask half of any text and protect nothing


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every known secret, token-shaped word and `..._KEY=value` value replaced by a mask."""
    for secret in sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _NAMED.sub(rf"\1{MASK}", _SHAPES.sub(MASK, text))
