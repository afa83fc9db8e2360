"""A fleet's env file as its worker reads it, and what changed in it: read only, apart from making it once."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

MODE = 0o640
LINE = re.compile(r"^\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*?)\s*$")
START = """\
# Settings of the {stage} workers. Read when a worker starts.
# Model ids: https://openrouter.ai/models

CRUVERO_LLM_FAILOVER_THRESHOLD=3
{variable}={model}
export LOG_LEVEL=info
WORKER_CONCURRENCY="16"   # per process
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it."""

    inode: int
    modified_ns: int
    size: int
    mode: int


def make(path: Path, stage: str, variable: str, model: str) -> None:
    """Write the file a fleet starts with, unless there is one already; mode 0640."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=MODE)
    path.chmod(MODE)
    path.write_text(START.format(stage=stage, variable=variable, model=model), encoding="utf-8")


def stamp(path: Path) -> Stamp | None:
    """The file's stamp; None when it cannot be seen."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return Stamp(seen.st_ino, seen.st_mtime_ns, seen.st_size, seen.st_mode & 0o7777)


def digest(path: Path) -> str | None:
    """SHA-256 of the file's bytes; None when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def value_in(path: Path, variable: str) -> str | None:
    """What the file sets the variable to, as a shell would: the last assignment counts. None when unset or unreadable.

    Quotes are taken off; outside quotes a ` #` starts a comment; an empty value counts as unset.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    value: str | None = None
    for line in text.splitlines():
        found = LINE.match(line)
        if found and found["name"] == variable:
            value = _unquoted(found["value"])
    return value or None


def _unquoted(raw: str) -> str:
    if raw[:1] in {'"', "'"}:
        end = raw.find(raw[0], 1)
        return raw[1:end] if end > 0 else raw[1:]
    return re.split(r"\s+#", raw, maxsplit=1)[0].strip() if not raw.startswith("#") else ""
