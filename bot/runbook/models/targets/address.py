"""Addresses in which a tenant or a value is filled in: checked as they are read, percent-encoded as filled. Pure."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator

from bot.runbook.models.targets.templates import Template, filled_in


def _address(value: str) -> str:
    """An address whose host has no placeholder in it: nothing that is filled in chooses who is asked."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in value):
        message = "expected an address such as https://platform/v1/tenants/{tenant}/preferences"
        raise ValueError(message)
    if parts.username or parts.password:
        message = "holds a name and password; a secret goes into the environment, and `auth` names it"
        raise ValueError(message)
    if "{" in parts.netloc:
        message = "placeholders may stand in the path and behind `?`, not in the host"
        raise ValueError(message)
    return value


Address = Annotated[Template, AfterValidator(_address)]
"""Where something is asked; what is filled in is percent-encoded."""


def in_address(url: str, values: Mapping[str, str]) -> str:
    """An address with its placeholders filled in, percent-encoded: what is filled in stays within its part of it."""
    return filled_in(url, values, lambda text: quote(text, safe=""))
