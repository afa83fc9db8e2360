"""An authority of one's own, by `openssl`: a server's certificate for loopback and a client's, for tests of TLS."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """Files of an authority: its own certificate, the server's and the client's with their keys."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    def certificate(self, of: str) -> Path:
        return self.folder / f"{of}.crt"

    def key(self, of: str) -> Path:
        return self.folder / f"{of}.key"

    def serving(self) -> ssl.SSLContext:
        """What the server speaks TLS with; it asks for a client's certificate and takes none for an answer."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.authority))
        context.load_cert_chain(self.certificate("server"), self.key("server"))
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


def made_in(folder: Path, openssl: Path) -> Certificates:
    """Make an authority and what it signs. Elliptic keys take no time."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"]
    kinds = {
        "ca": ["-x509", "-subj", "/CN=test authority"],
        "server": ["-subj", "/CN=api", "-addext", "subjectAltName=DNS:api.cluster,IP:127.0.0.1"],
        "client": ["-subj", "/CN=rotate"],
    }
    for name, more in kinds.items():
        out = ["-keyout", f"{name}.key", "-out", f"{name}.crt" if name == "ca" else f"{name}.csr"]
        _run([openssl, "req", *key, *out, *more], folder)
    for name in ("server", "client"):
        issuer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "3650"]
        _run([openssl, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *issuer], folder)
    return Certificates(folder)


def _run(argv: list[object], folder: Path) -> None:
    subprocess.run([str(word) for word in argv], cwd=folder, check=True, capture_output=True)
