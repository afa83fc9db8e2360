"""Taking secrets out of text before anybody reads it: known values, and whatever has the shape of a token. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from bot.masking.formats import LONG, TOKENS

_SHAPES: Final = re.compile(
    r"xox[a-z]-[\w-]{6,}|xapp-[\w-]{6,}"  # Slack bot, user, config and app tokens
    r"|\b(?:sk|pk|rk|gsk|ghp|gho|glpat|hf|whsec|github_pat)[-_][\w-]{12,}"  # provider and forge keys
    r"|(?<![\w-])ey[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
    r"|(?<=hooks\.slack\.com/)[\w/+-]{20,}|(?<=webhook\.office\.com/)[\w/@+-]{20,}"  # addresses that are keys
    r"|(?<=discord\.com/api/webhooks/)[\w/-]{20,}|(?<=discordapp\.com/api/webhooks/)[\w/-]{20,}"
    r"|(?<=hooks\.zapier\.com/hooks/)[\w/-]{10,}"
    r"|(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}",
)
_NAMED: Final = re.compile(
    r"(?i)\b([\w-]{0,60}(?:"
    r"(?:token|secret|password|passwd|passphrase|(?:api|access|account|private|signing)[_-]?key)[\w-]{0,60}\s*[=:]\s*"
    r"|(?:signature|session_?id|sharedaccesskey)=))(\"[^\"]*\"|'[^']*'|\S+)"
)
_NAMES: Final = ("token", "secret", "passw", "passphrase", "key", "signature", "session")
"""Without one of these a line names nothing, which is sooner found out."""
MASK: Final = "•••"
_SHORTEST: Final = 4  # a shorter "secret" would mask half of any text and protect nothing


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every known secret, token-shaped word and `..._KEY=value` value replaced by a mask."""
    for secret in sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return replace_secrets(text, lambda _: MASK)


def replace_secrets(text: str, by: Callable[[str], str]) -> str:
    """The text with every token-shaped word and `..._KEY=value` value put through `by`; a value has its quotes."""
    shaped = _SHAPES.sub(lambda found: by(found[0]), text)
    known = LONG.sub(lambda run: TOKENS.sub(lambda found: by(found[0]), run[0]), shaped)
    lower = known.lower()
    if not any(name in lower for name in _NAMES):
        return known
    return _NAMED.sub(lambda found: f"{found[1]}{by(found[2])}", known)
