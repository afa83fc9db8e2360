"""Addresses and names of variables as people write them: what is wrong with one. Pure.

Nothing here repeats what was written: it may hold a secret.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from bot.masking import mask

_VARIABLE: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_KEY_LIKE: Final = 24
_MIXED: Final = re.compile(r"(?=.*[a-z])(?=.*[0-9])[A-Za-z0-9]+")


def address_trouble(text: str) -> str:
    """What is wrong with an address, empty when nothing is."""
    wanted = "expected an address such as http://localhost:9090"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return wanted
    try:
        usable = usable and (parts.port or 1) > 0
    except ValueError:
        return f"{wanted}; the port is a number from 1 to 65535"
    if not usable or any(character.isspace() for character in text):
        return wanted
    if parts.username or parts.password:
        return f"{wanted}, without a name and password in it"
    return ""


def base_url_trouble(text: str) -> str:
    """What is wrong with a provider's address, without repeating it: it may hold a secret. Empty when nothing is."""
    if reason := address_trouble(text):
        return reason.replace("an address such as http://localhost:9090", "a URL such as https://openrouter.ai/api/v1")
    parts = urlsplit(text)
    if parts.query or parts.fragment or text.rstrip().endswith(("?", "#")):
        return (
            "expected a URL such as https://openrouter.ai/api/v1, without anything behind `?` or `#`:"
            " a key goes into the environment"
        )
    return ""


def variable_trouble(name: str) -> str:
    """Why this can be no name of an environment variable, without repeating it: it may be the secret itself."""
    looks_secret = mask(name) != name or (len(name) >= _KEY_LIKE and _MIXED.fullmatch(name) is not None)
    if _VARIABLE.fullmatch(name) and not looks_secret:
        return ""
    return "expected the name of an environment variable, such as OPENROUTER_API_KEY, never the key itself"
