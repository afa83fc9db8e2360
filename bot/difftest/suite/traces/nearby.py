"""Secrets that only the words around them tell: hexadecimal near a word for a key, a plain word called one's password.

Pure. A hexadecimal word is a hash or an id as often as a key, so it is taken for one only in the sentence of a word
such as key, token or secret, and where no word for a hash or an id stands nearer. `My password is swordfish` tells one;
`my password is expired` says how it is, as other words about passwords do that are listed here.
"""

import re
from collections.abc import Callable
from typing import Final

from bot.difftest.suite.traces.keys import entropy

_HEX: Final = re.compile(r"(?<![\w+/-])(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![\w+/-])")
_LEAST_BITS: Final = 3.0
"""Bits a sign: 32 drawn ones have 3.6 on average; repeated ones, counts and fillings have fewer."""
_REACH: Final = 60
_SENTENCE: Final = re.compile(r"[\n!?;]|\.\s")
_KEY: Final = re.compile(
    r"(?i)(?<![^\W\d_])(?:keys?|tokens?|secrets?|credentials?|pass(?:word|phrase|code)s?|schlüssel|geheimnis|passwort|clés?"
    r"|jetons?|claves?|chaves?|chiav[ei]|sleutels?|klucz\w{0,2}|токен\w{0,2}|ключ\w{0,2}|секрет\w{0,2})(?![^\W\d_])"
    r"|密钥|令牌|トークン|キー|키|토큰"
)
_HASH: Final = re.compile(
    r"(?i)(?<![^\W\d_])(?:(?:hash|digest|checksum|fingerprint|commit|revision|etag|sha-?\d*|md5|uuid|guid)(?:s|es)?"
    r"|ids?|prüfsumme|public key|(?:cache|primary|foreign|idempotency|object|partition|sort)[ -]keys?)(?![^\W\d_])"
)
_MINE: Final = re.compile(
    r"(?i)(?<!\w)(?:my|our|mein|unser|mon|notre|mi|nuestra|la mia|minha|nossa|mijn|ons)\s(?:[\w-]{2,12}\s){0,2}"
    r"(?:pass ?(?:word|phrase|code)|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord)\s"
    r"(?:is|was|ist|war|lautet|est|était|es|era|é|was)\s(?P<word>[^\W\d_]{4,40})"
    r"(?=\s*(?:$|[\n,;!)]|\.(?:\s|$))|\s(?:and|but|und|aber|et|mais|y|pero|e|mas|maar)\s)"
)
_STATES: Final = frozenset(
    (
        *("missing", "wrong", "incorrect", "correct", "invalid", "valid", "weak", "strong", "long"),
        *("short", "safe", "secure", "insecure", "lost", "gone", "empty", "blank", "null", "none"),
        *("unknown", "public", "private", "secret", "hidden", "visible", "known", "unsafe"),
        *("outdated", "stale", "temporary", "ready", "different", "identical", "same", "fine"),
        *("good", "okay", "unset", "broken", "compromised", "leaked", "hashed", "stolen"),
        *("sensitive", "right", "true", "false", "here", "there", "mine", "abgelaufen", "falsch"),
        *("richtig", "ungültig", "gültig", "weg", "leer", "kurz", "lang", "sicher", "unsicher"),
        *("unbekannt", "bekannt", "vergessen", "gesperrt", "expiré", "oublié", "perdu"),
        *("faible", "court", "longue", "valide", "invalide", "faux", "vide", "bloqué", "inconnu"),
        *("incorrecta", "correcta", "caducada", "débil", "corta", "larga", "válida", "inválida"),
        *("vacía", "olvidada", "errada", "expirada", "fraca", "curta", "verlopen", "onjuist"),
        *("juist", "zwak", "kort", "leeg", "vergeten", "ongeldig"),
    )
)
"""How passwords are said to be, beside what ends as English participles do."""
_PARTICIPLE: Final = re.compile(r"\w{2,}(?:ed|ing|able|ible)$")


def replace_nearby(text: str, by: Callable[[str], str]) -> str:
    """The text with each such word put through `by`."""

    def one(found: re.Match[str]) -> str:
        return by(found[0]) if entropy(found[0]) >= _LEAST_BITS and _near_key(text, *found.span()) else found[0]

    return _HEX.sub(one, _MINE.sub(lambda found: _worded(found, by), text))


def _worded(found: re.Match[str], by: Callable[[str], str]) -> str:
    word = found["word"]
    if word.lower() in _STATES or _PARTICIPLE.match(word.lower()):
        return found[0]
    return f"{found[0][: found.start('word') - found.start()]}{by(word)}"


def _near_key(text: str, start: int, end: int) -> bool:
    """Whether a word for a key stands in its sentence, and nearer than any for a hash or an id."""
    before = _SENTENCE.split(text[max(0, start - _REACH) : start])[-1]
    after = _SENTENCE.split(text[end : end + _REACH])[0]
    keys, hashes = _distances(_KEY, before, after), _distances(_HASH, before, after)
    return bool(keys) and (not hashes or min(keys) < min(hashes))


def _distances(words: re.Pattern[str], before: str, after: str) -> list[int]:
    return [len(before) - found.end() for found in words.finditer(before)] + [
        found.start() for found in words.finditer(after)
    ]
