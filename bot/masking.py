"""Taking secrets out of text before anybody reads it: known values, and whatever has the shape of a token. Pure."""

import re
from collections.abc import Callable, Iterable

_SHAPES = re.compile(
    r"xox[a-z]-[\w-]{6,}|xapp-[\w-]{6,}"  # Slack bot, user, config and app tokens
    r"|\b(?:sk|pk|rk|gsk|ghp|gho|glpat|hf|whsec|github_pat)[-_][\w-]{12,}"  # provider and forge keys
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{20,}"  # cloud keys
    r"|\bey[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
    r"|(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}",
)
_NAMED = re.compile(
    r"(?i)\b([\w-]{0,60}(?:token|secret|password|passwd|api[_-]?key)[\w-]{0,60}\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\S+)"
)
MASK = "•••"
_SHORTEST = 4  # a shorter "secret" would mask half of any text and protect nothing


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every known secret, token-shaped word and `..._KEY=value` value replaced by a mask."""
    for secret in sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return replace_secrets(text, lambda _: MASK)


def replace_secrets(text: str, by: Callable[[str], str]) -> str:
    """The text with every token-shaped word and `..._KEY=value` value put through `by`; a value has its quotes."""
    shaped = _SHAPES.sub(lambda found: by(found[0]), text)
    return _NAMED.sub(lambda found: f"{found[1]}{by(found[2])}", shaped)
