"""The env file on a real disk: compare-and-set, other editors, kills, owners, links, and the restart command."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.target_env_file import EnvFileTarget
from bot.ports import DriftError, OutsideError
from bot.runbook.models.targets.env_file import EnvFilePlan

TEXT = 'A=1\n# the model\nM="old/m"  # do not touch\nB=2\n'
STEPS = ("locked", "read", "written", "replaced")
PATH = {"PATH": os.defpath}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app.env"
    path.write_text(TEXT)
    return path


def plan(path: Path, *restart: str, limit: float = 20) -> EnvFilePlan:
    return EnvFilePlan(
        id="global", path=str(path), variable="M", restart=restart, restart_timeout=timedelta(seconds=limit)
    )


def adapter(at: Callable[[str], None] = lambda _step: None, lock_wait: float = 10) -> EnvFileTarget:
    return EnvFileTarget(environment=PATH, at=at, lock_wait=lock_wait)


def once(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    pending = [act]

    def at(now: str) -> None:
        if now == step and pending:
            pending.pop()()

    return at


def left_behind(file: Path) -> list[str]:
    return sorted(p.name for p in file.parent.iterdir() if p.name != file.name)


async def test_write_and_write_back_is_byte_identical(file: Path) -> None:
    target = adapter()
    assert await target.read(plan(file)) == "old/m"
    assert await target.write(plan(file), expected="old/m", value="new/m") is True
    assert file.read_text() == TEXT.replace("old/m", "new/m")
    assert await target.write(plan(file), expected="new/m", value="old/m") is True
    assert file.read_text() == TEXT
    assert left_behind(file) == []


async def test_what_is_already_there_is_not_written_again(file: Path) -> None:
    before = file.stat()
    assert await adapter().write(plan(file), expected="something else", value="old/m") is False
    assert file.stat().st_ino == before.st_ino


async def test_something_else_is_drift_and_stays(file: Path) -> None:
    with pytest.raises(DriftError) as caught:
        await adapter().write(plan(file), expected="other", value="new/m")
    assert (caught.value.found, caught.value.expected) == ("old/m", "other")
    assert file.read_text() == TEXT


async def test_unset_is_restored_as_unset(file: Path) -> None:
    file.write_bytes(b"A=1\r\nB=2")
    assert await adapter().read(plan(file)) is None
    await adapter().write(plan(file), expected=None, value="new/m")
    assert file.read_bytes() == b"A=1\r\nB=2\r\nM=new/m"
    await adapter().write(plan(file), expected="new/m", value=None)
    assert file.read_bytes() == b"A=1\r\nB=2"


async def test_other_lines_may_hold_any_bytes(file: Path) -> None:
    file.write_bytes(b"A=\xff\xfe\x80\nM=a\n")
    await adapter().write(plan(file), expected="a", value="b")
    assert file.read_bytes() == b"A=\xff\xfe\x80\nM=b\n"


@pytest.mark.parametrize("step", STEPS[:3])
async def test_an_editor_who_sets_our_variable_meanwhile_wins(file: Path, step: str) -> None:
    edit = once(step, lambda: file.write_text(TEXT.replace("old/m", "mine/m")))
    with pytest.raises(DriftError) as caught:
        await adapter(edit).write(plan(file), expected="old/m", value="new/m")
    assert caught.value.found == "mine/m"
    assert file.read_text() == TEXT.replace("old/m", "mine/m")
    assert left_behind(file) == []


@pytest.mark.parametrize("step", STEPS)
async def test_an_editor_of_another_line_keeps_the_edit_and_so_do_we(file: Path, step: str) -> None:
    def edit() -> None:
        edited = file.with_name("editor.tmp")
        edited.write_text(file.read_text().replace("B=2", "B=3"))
        edited.replace(file)

    assert await adapter(once(step, edit)).write(plan(file), expected="old/m", value="new/m") is True
    assert file.read_text() == TEXT.replace("old/m", "new/m").replace("B=2", "B=3")
    assert left_behind(file) == []


async def test_an_editor_who_never_stops_is_told_as_busy(file: Path) -> None:
    def at(step: str) -> None:
        if step == "written":
            with file.open("a") as opened:
                opened.write("C=3\n")

    with pytest.raises(OutsideError, match="edited by somebody else") as caught:
        await adapter(at).write(plan(file), expected="old/m", value="new/m")
    assert caught.value.again is True
    assert "old/m" in file.read_text()
    assert left_behind(file) == []


async def test_a_link_that_is_turned_meanwhile_is_followed_anew(file: Path) -> None:
    second = file.with_name("second.env")
    second.write_text("M=other\n")
    link = file.with_name("link.env")
    link.symlink_to(file)

    def turn() -> None:
        link.unlink()
        link.symlink_to(second)

    with pytest.raises(DriftError):
        await adapter(once("written", turn)).write(plan(link), expected="old/m", value="new/m")
    assert (file.read_text(), second.read_text()) == (TEXT, "M=other\n")


async def test_a_symbolic_link_stays_one(file: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "app.env"
    link.symlink_to("../app.env")
    await adapter().write(plan(link), expected="old/m", value="new/m")
    assert link.is_symlink()
    assert link.readlink() == Path("../app.env")
    assert "new/m" in file.read_text()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666])
async def test_mode_stays(file: Path, mode: int) -> None:
    file.chmod(mode)
    await adapter().write(plan(file), expected="old/m", value="new/m")
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_owner_and_group_stay(file: Path) -> None:
    os.chown(file, 1234, 4321)
    file.chmod(0o4750)
    await adapter().write(plan(file), expected="old/m", value="new/m")
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o4750)


async def test_two_writers_of_ours_never_both_win(file: Path) -> None:
    writes = [adapter().write(plan(file), expected="old/m", value=f"new/{n}") for n in range(8)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert results.count(True) == 1
    assert sum(isinstance(result, DriftError) for result in results) == 7
    assert file.read_text() == TEXT.replace("old/m", f"new/{results.index(True)}")


async def test_a_lock_that_is_not_let_go_is_told(file: Path) -> None:
    holder = (
        "import fcntl, os, sys; folder = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(folder, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(file.parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(OutsideError, match="holds the lock") as caught:
            await adapter(lock_wait=0.1).write(plan(file), expected="old/m", value="new/m")
        assert caught.value.again is True
        process.communicate("")
    assert await adapter().write(plan(file), expected="old/m", value="new/m") is True


_KILLED = """
import asyncio, os, signal, sys
from datetime import timedelta
from bot.adapters.target_env_file import EnvFileTarget
from bot.runbook.models.targets.env_file import EnvFilePlan
def at(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
plan = EnvFilePlan(id="g", path=sys.argv[1], variable="M", restart_timeout=timedelta(seconds=1))
asyncio.run(EnvFileTarget(environment={}, at=at).write(plan, expected="old/m", value="new/m"))
"""


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_at_any_step_leaves_the_file_whole(file: Path, step: str) -> None:
    file.chmod(0o640)
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _KILLED, str(file), step], check=False, cwd=Path(__file__).parents[2]
    )
    assert killed.returncode == -signal.SIGKILL
    assert file.read_text() == (TEXT.replace("old/m", "new/m") if step == "replaced" else TEXT)
    assert await adapter().check_writable(plan(file)) == ""
    await adapter().write(plan(file), expected=await adapter().read(plan(file)), value="after/m")
    assert file.read_text() == TEXT.replace("old/m", "after/m")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert left_behind(file) == []


@pytest.mark.parametrize("value", ["two words", "a\nB=evil", "a\x00b", "it's", 'say "x"', "$(reboot)"])
async def test_a_value_that_is_no_model_id_is_refused_with_the_reason(file: Path, value: str) -> None:
    with pytest.raises(OutsideError, match="it holds") as caught:
        await adapter().write(plan(file), expected="old/m", value=value)
    assert caught.value.again is False
    assert file.read_text() == TEXT


@pytest.mark.parametrize(
    ("text", "says"), [("M=a\nM=b\n", "lines 1 and 2"), ("M=a b\n", "a space"), ("M=$X\n", "expand")]
)
async def test_a_file_that_is_ambiguous_is_neither_read_nor_written(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    assert says in await adapter().check_writable(plan(file))
    with pytest.raises(OutsideError, match=says):
        await adapter().read(plan(file))
    with pytest.raises(OutsideError, match=says):
        await adapter().write(plan(file), expected="a", value="b")
    assert file.read_text() == text


async def test_what_is_not_there_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="there is no file") as caught:
        await adapter().read(plan(tmp_path / "gone.env"))
    assert caught.value.code == "target_missing"
    assert "there is no file" in await adapter().check_writable(plan(tmp_path / "no" / "folder.env"))
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "not a regular file" in await adapter().check_writable(plan(fifo))
    assert "not a regular file" in await adapter().check_writable(plan(tmp_path))


async def test_checking_writes_nothing(file: Path) -> None:
    before, folder = file.stat(), file.parent.stat()
    assert await adapter().check_writable(plan(file)) == ""
    assert (file.stat(), file.parent.stat().st_mtime_ns) == (before, folder.st_mtime_ns)


async def test_hard_links_and_things_in_the_way_are_refused(file: Path) -> None:
    beside = file.with_name(".app.env.rotate-new")
    beside.mkdir()
    assert "is in the way" in await adapter().check_writable(plan(file))
    with pytest.raises(OutsideError, match="is in the way"):
        await adapter().write(plan(file), expected="old/m", value="new/m")
    beside.rmdir()
    os.link(file, file.with_name("other.env"))
    assert "2 hard links" in await adapter().check_writable(plan(file))
    with pytest.raises(OutsideError, match="2 hard links"):
        await adapter().write(plan(file), expected="old/m", value="new/m")


async def test_a_link_planted_where_we_write_is_not_followed(file: Path) -> None:
    victim = file.with_name("victim")
    victim.write_text("precious")
    file.with_name(".app.env.rotate-new").symlink_to(victim)
    await adapter().write(plan(file), expected="old/m", value="new/m")
    assert victim.read_text() == "precious"
    assert "new/m" in file.read_text()


_AS_NOBODY = """
import asyncio, concurrent.futures.thread, os, sys
from datetime import timedelta
from bot.adapters.target_env_file import EnvFileTarget
from bot.runbook.models.targets.env_file import EnvFilePlan
if os.geteuid() == 0:
    for path in (sys.argv[1], os.path.dirname(sys.argv[1])):
        os.chown(path, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
plan = EnvFilePlan(id="g", path=sys.argv[1], variable="M", restart_timeout=timedelta(seconds=1))
print(asyncio.run(EnvFileTarget(environment={}).check_writable(plan)))
"""


@pytest.mark.parametrize(("mode", "folder_mode"), [(0o644, 0o555), (0o444, 0o755), (0o000, 0o755)])
async def test_missing_permissions_are_found_without_writing(
    file: Path, tmp_path: Path, mode: int, folder_mode: int
) -> None:
    """Root may do anything, so the check runs as nobody where the test runs as root."""
    file.chmod(mode)
    tmp_path.chmod(folder_mode)
    for parent in list(tmp_path.parents)[:3]:
        if parent.owner() == "root" and parent != Path("/tmp"):
            parent.chmod(0o755)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _AS_NOBODY, str(file)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    tmp_path.chmod(0o755)
    assert done.stdout.strip()
    assert "ermission denied" in done.stdout or "may not be written by this user" in done.stdout


async def test_a_restart_that_ends_well_says_nothing(file: Path, tmp_path: Path) -> None:
    await adapter().restart(plan(file))
    marker = tmp_path / "a b; $HOME {}"
    await adapter().restart(plan(file, "touch", str(marker)))
    assert marker.exists()


async def test_a_restart_gets_the_allowed_variables_only(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    out = tmp_path / "out"
    await adapter().restart(plan(file, "sh", "-c", f"env > {out}"))
    assert "SLACK" not in out.read_text()
    assert f"PATH={os.defpath}" in out.read_text()


async def test_a_failed_restart_shows_its_last_words_without_secrets(file: Path) -> None:
    target = EnvFileTarget(environment=PATH, secrets=lambda: ["hunter2-hunter2"])
    command = ("sh", "-c", "echo first; echo key hunter2-hunter2 xoxb-123456-abcdef >&2; exit 3")
    with pytest.raises(OutsideError, match="ended with status 3") as caught:
        await target.restart(plan(file, *command))
    assert "first / key" in caught.value.what
    assert "hunter2" not in caught.value.what
    assert "xoxb" not in caught.value.what
    assert caught.value.again is True


async def test_a_restart_that_cannot_start_is_said(file: Path) -> None:
    with pytest.raises(OutsideError, match="could not be started: No such file") as caught:
        await adapter().restart(plan(file, "no-such-program-anywhere"))
    assert caught.value.again is False


async def test_a_restart_that_hangs_is_ended_with_its_children(file: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    command = ("sh", "-c", f"sleep 60 & echo $! > {pid}; wait")
    with pytest.raises(OutsideError, match=r"did not end within 0\.5 s"):
        await adapter().restart(plan(file, *command, limit=0.5))
    for _ in range(100):
        state = Path(f"/proc/{pid.read_text().strip()}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        await asyncio.sleep(0.02)
    pytest.fail("the child lives on")


async def test_a_daemon_left_behind_does_not_hold_the_restart_up(file: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    await adapter().restart(plan(file, "sh", "-c", f"setsid sleep 30 & echo $! > {pid}", limit=10))
    os.kill(int(pid.read_text()), signal.SIGKILL)


ALSO: dict[str, dict[str, str | None]] = {"P": {"old/*": "first", "new/*": "second"}, "T": {"new/*": "0.2", "*": None}}


def bundle(path: Path, **also: dict[str, str | None]) -> EnvFilePlan:
    return plan(path).model_copy(update={"also": also or ALSO})


async def test_a_bundle_is_one_replacement(file: Path) -> None:
    file.write_text(f"{TEXT}P=first\n")
    replaced: list[str] = []
    target = adapter(lambda step: replaced.append(step) if step == "replaced" else None)
    assert await target.write(bundle(file), expected="old/m", value="new/m") is True
    assert file.read_text() == f"{TEXT}P=second\nT=0.2\n".replace("old/m", "new/m")
    assert replaced == ["replaced"]
    assert await target.write(bundle(file), expected="new/m", value="old/m") is True
    assert file.read_text() == f"{TEXT}P=first\n"


async def test_a_variable_that_does_not_go_with_the_model_is_told_with_what_would(file: Path) -> None:
    file.write_text(f"{TEXT}P=other\n")
    with pytest.raises(OutsideError, match="P holds other, not first, which the runbook's `also` says") as caught:
        await adapter().read(bundle(file))
    assert caught.value.again is False
    with pytest.raises(DriftError) as drift:
        await adapter().write(bundle(file), expected="old/m", value="new/m")
    assert drift.value.found is not None
    assert drift.value.found.startswith("old/m (P holds other, not first")
    assert file.read_text() == f"{TEXT}P=other\n"
    assert "P holds other" in await adapter().check_writable(bundle(file))


async def test_somebody_who_edits_a_variable_of_the_bundle_meanwhile_wins(file: Path) -> None:
    file.write_text(f"{TEXT}P=first\n")
    edit = once("written", lambda: file.write_text(f"{TEXT}P=theirs\n"))
    with pytest.raises(DriftError):
        await adapter(edit).write(bundle(file), expected="old/m", value="new/m")
    assert file.read_text() == f"{TEXT}P=theirs\n"


async def test_a_model_of_which_nobody_said_what_goes_with_it_is_refused(file: Path) -> None:
    file.write_text(f"{TEXT}P=first\n")
    why = "the runbook's `also` does not say what P holds beside x/y; add a line for it"
    assert await adapter().refusal(bundle(file), "x/y") == why
    with pytest.raises(OutsideError, match="does not say what P holds"):
        await adapter().write(bundle(file), expected="old/m", value="x/y")
    assert file.read_text() == f"{TEXT}P=first\n"


async def test_a_companion_that_would_not_be_read_as_it_is_written_is_refused(file: Path) -> None:
    file.write_text(f"{TEXT}P=first\n")
    odd = bundle(file, P={"old/*": "first", "new/*": "two words"})
    assert await adapter().refusal(odd, "new/m") == "P would be 'two words', and it holds a space"
    with pytest.raises(OutsideError, match="two words"):
        await adapter().write(odd, expected="old/m", value="new/m")
    assert file.read_text() == f"{TEXT}P=first\n"


@pytest.mark.parametrize("data", ["M=old/m\n".encode("utf-16"), b"A=1\n\0\0\0\0"])
async def test_a_file_in_another_encoding_is_refused_and_stays(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "app.env"
    file.write_bytes(data)
    target = EnvFileTarget(environment={})
    plan = EnvFilePlan(id="g", path=str(file), variable="M", restart_timeout=timedelta(minutes=1))
    for asked in (target.read(plan), target.write(plan, expected=None, value="new/m")):
        with pytest.raises(OutsideError, match="NUL bytes, as UTF-16 does"):
            await asked
    assert "UTF-16" in await target.check_writable(plan)
    assert file.read_bytes() == data
