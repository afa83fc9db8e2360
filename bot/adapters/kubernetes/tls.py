"""What a connection to an API server is made with: verified always, by the cluster's own authority where it has one."""

import os
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.adapters.kubernetes.access import Tls, no_access


def verified(tls: Tls) -> ssl.SSLContext:
    """A context that takes nobody's word but the authority's. Raises OutsideError where a certificate is none."""
    try:
        context = ssl.create_default_context(cadata=tls.authority.decode() if tls.authority is not None else None)
    except (ssl.SSLError, ValueError):
        raise no_access("the certificates that should vouch for the API server are no PEM certificates") from None
    # Python 3.13 also asks of an authority's certificate what those of many clusters lack and no other client asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if tls.certificate is not None and tls.key is not None:
        _present(context, tls.certificate, tls.key)
    return context


def _present(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load the client's certificate, which Python takes from files only: one that nobody else may read, and briefly."""
    descriptor, name = tempfile.mkstemp(prefix="rotate-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate.rstrip() + b"\n" + key)
        context.load_cert_chain(name, password="")
    except (ssl.SSLError, ValueError, OSError):
        what = (
            "the client certificate and its key do not belong together, or one of them is no PEM (without a password)"
        )
        raise no_access(what) from None
    finally:
        with suppress(OSError):
            Path(name).unlink()
