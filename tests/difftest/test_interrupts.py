"""`rotate diff` ended by a real signal: the place is put back, the engine is gone, and the exit code says by which."""

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.difftest.provider_server import Body
from tests.difftest.test_cli import engine_runbook, started, surroundings

__all__ = ["surroundings"]  # a fixture

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]

WAITS = """\
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open("pids", "a") as pids:
    pids.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""
LINGERS = f"""\
import os, pathlib, signal, time
def asked(*_):
    pathlib.Path("asked to end").touch()
    while not os.path.exists("go"):
        time.sleep(0.01)
    os._exit(1)
signal.signal(signal.SIGTERM, asked)
{WAITS}"""
RESTART = """\
import os, sys, time
with open("restarts", "a") as restarts:
    restarts.write("begun ")
    restarts.flush()
    while os.path.exists("hold") and open("restarts").read().count("begun") > 1:
        time.sleep(0.01)
    restarts.write("done\\n")
"""


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """What starts the tests may ignore hang-ups (nohup does), and a child would inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def asked(folder: Path, program: str = WAITS, *, restart: bool = False) -> list[str]:
    args = engine_runbook(folder, mapped=True)
    (folder / "engine.py").write_text(program, encoding="utf-8")
    (folder / "restart.py").write_text(RESTART, encoding="utf-8")
    if restart:
        again: Body = {"env_file": "test.env", "restart": [sys.executable, str(folder / "restart.py")]}
        text = (folder / "r.yml").read_text("utf-8")
        text = text.replace("test_target: {env_file: test.env}", f"test_target: {json.dumps(again)}")
        (folder / "r.yml").write_text(text, encoding="utf-8")
    return args[:-2]


async def there(file: Path, holding: str = "") -> str:
    """What a file says, once another process has written so much of it."""
    while not file.exists() or holding not in file.read_text("utf-8"):  # noqa: ASYNC110 (another process writes)
        await asyncio.sleep(0.01)
    return file.read_text("utf-8")


async def gone(pids: list[int]) -> None:
    """Return when none of the processes runs any more."""

    def runs(pid: int) -> bool:
        stat = Path(f"/proc/{pid}/stat")
        return stat.exists() and stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"

    while any(map(runs, pids)):  # noqa: ASYNC110 (the system reaps them)
        await asyncio.sleep(0.01)


def everybody(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "pids").read_text("utf-8").split()]


def put_back(folder: Path) -> bool:
    notes = json.loads((folder / ".rotate" / "test-targets.json").read_text("utf-8"))
    return notes == {} and (folder / "test.env").read_text("utf-8") == "A=1\nMODEL=test/model\n"


@pytest.mark.parametrize(("number", "code"), SIGNALS)
async def test_a_signal_unwinds(tmp_path: Path, number: signal.Signals, code: int) -> None:
    (tmp_path / "out.json").write_text('{"verdict": "pass"}', encoding="utf-8")
    process = await started(*asked(tmp_path), "--json", "out.json")
    await there(tmp_path / "pids", "\n")
    assert (tmp_path / "test.env").read_text("utf-8") == "A=1\nMODEL=new\n"
    process.send_signal(number)
    _, err = await process.communicate()
    assert process.returncode == code
    assert b"The same command goes on from here" in err
    assert b"Traceback" not in err
    assert put_back(tmp_path)
    await gone(everybody(tmp_path))
    older = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert older["verdict"] is None  # an older report is not taken for this run's


async def test_more_signals_cut_short_neither_the_engines_end_nor_the_restore(tmp_path: Path) -> None:
    process = await started(*asked(tmp_path, LINGERS, restart=True))
    await there(tmp_path / "pids", "\n")
    (tmp_path / "hold").touch()
    process.send_signal(signal.SIGTERM)
    await there(tmp_path / "asked to end")
    for number, _ in SIGNALS:
        process.send_signal(number)
    (tmp_path / "go").touch()
    await there(tmp_path / "restarts", "begun done\nbegun ")
    assert (tmp_path / "test.env").read_text("utf-8") == "A=1\nMODEL=test/model\n"
    for number, _ in SIGNALS:
        process.send_signal(number)
    (tmp_path / "hold").unlink()
    _, err = await process.communicate()
    assert process.returncode == 143
    assert b"ending already" in err
    assert (tmp_path / "restarts").read_text("utf-8") == "begun done\n" * 2
    assert put_back(tmp_path)
    await gone(everybody(tmp_path))


async def test_a_first_signal_during_the_restore_does_not_skip_it(tmp_path: Path) -> None:
    """The run has broken off by itself: its key is refused, so to speak."""
    process = await started(*asked(tmp_path, "import sys; sys.exit('boom')", restart=True))
    (tmp_path / "hold").touch()
    await there(tmp_path / "restarts", "begun done\nbegun ")
    process.send_signal(signal.SIGTERM)
    (tmp_path / "hold").unlink()
    await process.communicate()
    assert process.returncode == 143
    assert (tmp_path / "restarts").read_text("utf-8") == "begun done\n" * 2
    assert put_back(tmp_path)


async def test_a_signal_while_the_place_is_being_set(tmp_path: Path) -> None:
    args = asked(tmp_path, restart=True)
    (tmp_path / "restarts").write_text("begun ", encoding="utf-8")  # so that the first one waits
    (tmp_path / "hold").touch()
    process = await started(*args)
    await there(tmp_path / "restarts", "begun begun ")
    process.send_signal(signal.SIGTERM)
    (tmp_path / "hold").unlink()
    await process.communicate()
    assert process.returncode == 143
    assert (tmp_path / "restarts").read_text("utf-8").endswith("begun done\n")
    assert put_back(tmp_path)


async def test_a_closed_terminal_is_a_hang_up(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    leads = "import fcntl, os, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{leads}; from bot.cli.main import main; main()", "diff", *asked(tmp_path)),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    await there(tmp_path / "pids", "\n")
    os.close(ours)
    assert await process.wait() == 129
    assert put_back(tmp_path)
    await gone(everybody(tmp_path))


async def test_nohup_is_heeded(tmp_path: Path) -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{ignoring}; from bot.cli.main import main; main()", "diff", *asked(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await there(tmp_path / "pids", "\n")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 143
