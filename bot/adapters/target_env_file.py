"""The target kind `env_file`: a variable of a dotenv file and those that go with it, replaced at once, and the reload.

What a text holds and how it changes is `dotenv_text`; here are the file system, the lock and the compare-and-set. An
editor that takes no lock can still slip in between our last look at the file and its replacement: some microseconds.
"""

import asyncio
import errno
import fcntl
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.command import run
from bot.adapters.dotenv_text import AmbiguousError, unusable, value_of, with_value
from bot.ports import DriftError, OutsideError
from bot.runbook.models.targets.env_file import EnvFilePlan
from bot.runbook.models.targets.templates import unfit

_LARGEST = 4 * 1024 * 1024
_ATTEMPTS = 5
_POLL = 0.02
_LOCK_WAIT = 10.0


@dataclass(frozen=True)
class _Seen:
    """A file at one moment."""

    path: Path
    data: bytes
    status: os.stat_result

    @property
    def text(self) -> str:
        return self.data.decode("latin-1")

    def same_as(self, other: "_Seen") -> bool:
        """Whether nothing that a rewrite would carry over has changed."""
        mine, theirs = self.status, other.status
        return (self.path, self.data, mine.st_mode, mine.st_uid, mine.st_gid) == (
            other.path,
            other.data,
            theirs.st_mode,
            theirs.st_uid,
            theirs.st_gid,
        )


class EnvFileTarget:
    """Implements `bot.ports.Target` for dotenv files.

    `environment` is what restart commands get, `secrets` what must not stand in their errors. `at` is called with the
    name of each step of a write (`locked`, `read`, `written`, `replaced`), so that tests can do something there.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        secrets: Callable[[], Iterable[str]] = tuple,
        lock_wait: float = _LOCK_WAIT,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._environment = environment
        self._secrets = secrets
        self._lock_wait = lock_wait
        self._at = at

    async def read(self, target: EnvFilePlan) -> str | None:
        """What the variable holds, None when the file does not set it. Raises OutsideError."""
        return await asyncio.to_thread(self._read, target)

    async def write(self, target: EnvFilePlan, *, expected: str | None, value: str | None) -> bool:
        """Compare-and-set; True when the file changed. Raises DriftError, and OutsideError with nothing changed."""
        if value is not None and (reason := _unfit(target, value)):
            what = f"{value!r} was not written to {target.place}: {reason}"
            raise OutsideError(what, whose="requester", again=False, code="value_unusable")
        return await asyncio.to_thread(self._write, target, expected, value)

    async def restart(self, target: EnvFilePlan) -> None:
        """Run the restart command, if there is one, to its end. Raises OutsideError."""
        if target.restart:
            await run(
                target.restart,
                limit=target.restart_timeout,
                environment=self._environment,
                secrets=self._secrets(),
            )

    async def wait(self, target: EnvFilePlan, *, value: str | None) -> None:
        """A file holds what was written at once, and its readers have been restarted."""

    async def refusal(self, target: EnvFilePlan, value: str) -> str:
        """Why this is no model for the file, empty when it is one."""
        return unfit(value) or _unfit(target, value)

    async def check_writable(self, target: EnvFilePlan) -> str:
        """Empty when a write would be possible now, else what stands in the way. Writes nothing."""
        try:
            await asyncio.to_thread(self._check, target)
        except OutsideError as error:
            return error.what
        return ""

    def _read(self, target: EnvFilePlan) -> str | None:
        with _outside(target):
            held = _held(_seen(target).text, target)
            if held.trouble:
                raise _refused(f"{target.path}: {held.trouble}")
            return held.model

    def _check(self, target: EnvFilePlan) -> None:
        with _outside(target):
            seen = _seen(target)
            held = _held(seen.text, target)
            if held.trouble:
                raise _refused(f"{target.path}: {held.trouble}")
            for name in (target.variable, *target.also):
                with_value(seen.text, name, "model")
            _refuse_unwritable(seen)

    def _write(self, target: EnvFilePlan, expected: str | None, value: str | None) -> bool:
        with _outside(target), _locked(Path(os.path.realpath(target.path)).parent, self._lock_wait):
            self._at("locked")
            for _ in range(_ATTEMPTS):
                seen = _seen(target)
                self._at("read")
                held = _held(seen.text, target)
                if held.model == value and not held.trouble:
                    return False
                if held.model != expected or held.trouble:
                    raise DriftError(target.place, expected=expected, found=held.told)
                changed = _with(seen.text, target, value).encode("latin-1")
                _refuse_unwritable(seen)
                if self._replace(target, seen, changed):
                    return True
        what = f"{target.path} is being edited by somebody else right now; nothing was written"
        raise OutsideError(what, whose="sre", again=True, code="target_busy")

    def _replace(self, target: EnvFilePlan, seen: _Seen, data: bytes) -> bool:
        """Put a whole new file in the place of the one that was seen; False when that one has changed meanwhile."""
        temporary = _beside(seen.path)
        with suppress(FileNotFoundError):
            temporary.unlink()  # left by a write that was killed; the lock says no other is under way
        try:
            _write_whole(temporary, data, seen)
            self._at("written")
            if not _seen(target).same_as(seen):
                return False
            temporary.replace(seen.path)
        finally:
            with suppress(OSError):
                temporary.unlink()
        self._at("replaced")
        _sync_folder(seen.path.parent)
        return True


@dataclass(frozen=True)
class _Held:
    """What a file holds of a target: the model, and what of the variables that go with it is not as it should be."""

    model: str | None
    trouble: str = ""

    @property
    def told(self) -> str | None:
        """The model; with what does not go with it, it is no model that anybody set."""
        return f"{self.model or 'no model'} ({self.trouble})" if self.trouble else self.model


def _held(text: str, target: EnvFilePlan) -> _Held:
    """What a text holds. Raises AmbiguousError."""
    model = value_of(text, target.variable)
    found = {name: value_of(text, name, what="value") for name in target.also}
    try:
        wanted = target.bundle(model)
    except KeyError as error:
        return _Held(model, _unsaid(error, model or ""))
    wrong = [
        f"{name} holds {value or 'nothing'}, not {wanted[name] or 'nothing'}"
        for name, value in found.items()
        if value != wanted[name]
    ]
    return _Held(model, f"{', '.join(wrong)}, which the runbook's `also` says goes with it" if wrong else "")


def _unsaid(error: KeyError, model: str) -> str:
    return f"the runbook's `also` does not say what {error.args[0]} holds beside {model}; add a line for it"


def _with(text: str, target: EnvFilePlan, model: str | None) -> str:
    """The text with every variable of the bundle set."""
    for name, value in target.bundle(model).items():
        text = with_value(text, name, value)
    return text


def _unfit(target: EnvFilePlan, model: str) -> str:
    """Why a file cannot hold this model, or nobody knows what goes with it; empty when it can."""
    if reason := unusable(model):
        return reason
    try:
        bundle = target.bundle(model)
    except KeyError as error:
        return _unsaid(error, model)
    wrong = {name: (value, unusable(value)) for name, value in bundle.items() if value}
    return next((f"{name} would be {value!r}, and {why}" for name, (value, why) in wrong.items() if why), "")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.rotate-new")


def _seen(target: EnvFilePlan) -> _Seen:
    """The file a target's path leads to, links followed. Raises OutsideError and OSError."""
    path = Path(os.path.realpath(target.path))
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _refused(f"{target.path} is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise _refused(f"{target.path} is larger than 4 MB; this is no env file")
    if b"\0" in data:
        # In UTF-16 no line would be found, and "nothing set" would be written behind it in another encoding.
        raise _refused(f"{target.path} holds NUL bytes, as UTF-16 does; write it as plain text (UTF-8)")
    return _Seen(path, data, status)


def _refused(what: str) -> OutsideError:
    return OutsideError(what, whose="sre", again=False, code="target_refused")


def _refuse_unwritable(seen: _Seen) -> None:
    """Raise OutsideError when replacing the file is not allowed or would change more than one line of it."""
    path, folder, status = seen.path, seen.path.parent, seen.status
    user = os.geteuid()
    if not os.access(path, os.W_OK):
        raise _refused(f"{path} may not be written by this user (id {user}); change its mode or owner")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise _refused(
            f"the folder {folder} may not be written by this user (id {user}); a file is replaced as a whole, "
            "so its folder must be writable too",
        )
    mine = user == 0 or (status.st_uid == user and status.st_gid in {os.getegid(), *os.getgroups()})
    if not mine:
        raise _refused(
            f"{path} belongs to user {status.st_uid}, group {status.st_gid}, which this user (id {user}) could not "
            "give back to a new file; change its owner, or run rotate as that user",
        )
    if status.st_nlink > 1:
        raise _refused(
            f"{path} has {status.st_nlink} hard links, which a replaced file would lose; use a symbolic link"
        )
    if str(path) in _mounted_files():
        raise _refused(f"{path} is mounted as a single file and cannot be replaced; mount its folder instead")
    beside = _beside(path)
    with suppress(FileNotFoundError):
        left = beside.lstat()
        if stat.S_ISDIR(left.st_mode) or user not in {0, left.st_uid}:
            raise _refused(f"{beside} is in the way; remove it")


def _mounted_files() -> frozenset[str]:
    """Where something is mounted, on Linux; elsewhere nothing is known and the replacement itself will tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    points = (line.split(" ")[4] for line in lines)
    return frozenset(point.replace("\\040", " ") for point in points)


def _write_whole(path: Path, data: bytes, like: _Seen) -> None:
    """Write a new file that has the mode, owner and extended attributes of the one that was seen, down to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        made = os.fstat(file.fileno())
        if (made.st_uid, made.st_gid) != (like.status.st_uid, like.status.st_gid):
            os.fchown(file.fileno(), like.status.st_uid, like.status.st_gid)
        _copy_attributes(like.path, path)
        os.fchmod(file.fileno(), stat.S_IMODE(like.status.st_mode))
        os.fsync(file.fileno())


def _copy_attributes(source: Path, copy: Path) -> None:
    """Access control lists and other extended attributes, where the system has them."""
    if not hasattr(os, "listxattr"):
        return
    for name in os.listxattr(source):
        try:
            os.setxattr(copy, name, os.getxattr(source, name))
        except OSError as error:
            # Labels are given by the system itself; an access list that is lost would lock the file's readers out.
            if not name.startswith("security.") and error.errno != errno.ENODATA:
                raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path, wait: float) -> Iterator[None]:
    """Hold the folder's lock; other writers of ours wait. Raises OutsideError when it is not to be had in time."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + wait
        pause = threading.Event()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    what = f"another program holds the lock of {folder}; nothing was written"
                    raise OutsideError(what, whose="sre", again=True, code="target_busy") from None
            pause.wait(_POLL)
        yield
    finally:
        os.close(descriptor)


_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EINTR, errno.EAGAIN, errno.EMFILE})


@contextmanager
def _outside(target: EnvFilePlan) -> Iterator[None]:
    """Turn what the file system and the text refuse into OutsideError."""
    try:
        yield
    except AmbiguousError as error:
        raise _refused(f"{target.path}: {error}") from None
    except FileNotFoundError:
        raise OutsideError(
            f"there is no file {target.path}; create it, or correct `env_file` in the runbook",
            whose="sre",
            again=False,
            code="target_missing",
        ) from None
    except OSError as error:
        again = error.errno in _PASSING
        what = f"{target.path}: {error.strerror or error}"
        raise OutsideError(what, whose="sre", again=again, code="target_refused") from None
