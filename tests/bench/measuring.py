"""How the benches measure: a server in a process of its own, a command as a whole process, and rows of one table."""

import contextlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """A finished process: seconds from start to end and on the processor, its largest memory in MB, what it printed."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    out: str


_BYTECODE = ("-u", "PYTHONDONTWRITEBYTECODE", f"PYTHONPYCACHEPREFIX={Path(tempfile.gettempdir()) / 'rotate-bench'}")
"""As where it is installed: nothing is compiled anew at each start."""
_STARTER = """
import json, os, sys, time
began = time.perf_counter()
pid = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[2:]], os.environ)
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as told:
    wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
    json.dump([wall, cpu, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)], told)
"""
"""Starts and accounts for the command: Linux counts what the one who starts a process has in memory as its own."""


def run(*args: str, folder: Path) -> Ended:
    """Run Python with these arguments to its end, as the operating system accounts for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "out").open("w+", encoding="utf-8") as out, (folder / "err").open("w") as err:
        around = ("env", *_BYTECODE, f"PYTHONPATH={ROOT}", f"XDG_STATE_HOME={folder / 'state'}")
        starter = (*around, sys.executable, "-S", "-c", _STARTER, "used")
        subprocess.run([*starter, *args], stdout=out, stderr=err, cwd=folder, check=True)
        out.seek(0)
        wall_s, cpu_s, peak_mb, code = json.loads((folder / "used").read_text())
        return Ended(wall_s, cpu_s, peak_mb, code, out.read())


def diff(url: str, suite: Path, concurrency: int, *more: str, folder: Path) -> tuple[Ended, dict[str, Any]]:
    """`rotate diff` as a whole process, and its report."""
    options = ("--base-url", url, "--current", "old", "--candidate", "new", "--suite", str(suite), "--json", "-")
    command = ("-c", "from bot.cli.main import main; main()", "diff", *options, "--concurrency", str(concurrency))
    ended = run(*command, *more, folder=folder)
    return ended, json.loads(ended.out)


@dataclass
class Server:
    """The fixed server."""

    url: str

    def p50_s(self) -> float:
        """What its answers since the last question really took, at the middle."""
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/times") as answer:  # noqa: S310 (loopback)
            return float(json.load(answer)["p50_s"])


@contextlib.contextmanager
def server(delay_s: float, size: int = 0) -> Iterator[Server]:
    """A server that answers after a fixed time with so many bytes."""
    command = [sys.executable, "-m", "tests.bench.server", str(delay_s), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield Server(f"http://127.0.0.1:{process.stdout.readline().strip()}/v1")
        finally:
            process.kill()


@dataclass
class Table:
    """One row a figure: what we took, what it is held against, their ratio, and the most that may be."""

    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, what: str, ours: float, against: str, other: float, most: float, unit: str) -> None:
        """Add a row; one above `most` times the other is marked."""
        ratio = ours / other
        mark = "" if ratio <= most else "  <-- missed"
        self.rows.append(
            (what, f"{ours:.4g} {unit}", f"{other:.4g} {unit}", against, f"{ratio:.3f}", f"{most:g}{mark}")
        )

    def show(self) -> str:
        """The table as text."""
        heads = ("what", "ours", "against", "which is", "ratio", "at most")
        lines = [heads, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )
