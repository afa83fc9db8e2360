"""Where an endpoint is: on this machine or not, and the proxy that leads to it."""

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def is_loopback(base_url: str) -> bool:
    """Whether the endpoint is on this machine, where no key is needed."""
    host = urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_for(base_url: str) -> str | None:
    """The proxy the system names for the endpoint; never one for loopback.

    Not aiohttp's `trust_env`, which also reads .netrc, at every request, and then refuses our Authorization header.
    """
    parts = urlsplit(base_url)
    if is_loopback(base_url) or proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)
