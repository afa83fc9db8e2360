"""The deployment files against the project: what the image copies, and what the unit starts, is there."""

import re
from collections.abc import Iterator
from typing import Final

from tests.docs import typed
from tests.docs.generate import ROOT

_FOLDER: Final = ROOT / "bot" / "examples" / "deploy"
_COPY: Final = re.compile(r"^COPY (?!--from)(?P<paths>.+) \S+$", re.MULTILINE)
_START: Final = re.compile(r"^ExecStart=(.+)$", re.MULTILINE)


def problems() -> Iterator[str]:
    """One line for each thing that would keep the image from being built or the unit from starting."""
    copied = {path for found in _COPY.finditer(_text("Containerfile")) for path in found["paths"].split()}
    for path in sorted(copied):
        if not (ROOT / path).exists():
            yield f"Containerfile copies {path}, which is not there"
    for link in sorted(
        path for folder in ("bot", "handlers") for path in (ROOT / folder).rglob("*") if path.is_symlink()
    ):
        wanted = link.resolve().relative_to(ROOT)
        if not any(wanted.is_relative_to(path) for path in copied):
            yield f"Containerfile does not copy {wanted}, to which {link.relative_to(ROOT)} leads"
    for started in _START.findall(_text("rotate.service")):
        yield from (f"rotate.service: {what}" for what in typed.wrong(started))


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
