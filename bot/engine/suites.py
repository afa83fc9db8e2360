"""Suites as the engine uses them: read beside the event loop, and kept until their file changes."""

import asyncio
from functools import lru_cache
from pathlib import Path

from bot.difftest.located import MalformedFile
from bot.difftest.suite import Suite, load_suite
from bot.ports import OutsideError
from bot.runbook.models.plan import Plan


async def suite_of(plan: Plan) -> Suite:
    """The slot's suite as its file is now. Raises MalformedFile, OSError."""
    # A large suite takes seconds to check, and an ack or a look must not wait for it.
    return await asyncio.to_thread(_suite, Path(plan.suite))


async def usable_suite(plan: Plan) -> Suite:
    """As `suite_of`, for effects: a suite that cannot be used is an OutsideError, and trying again does not mend it."""
    try:
        return await suite_of(plan)
    except (MalformedFile, OSError) as error:
        what = f"the suite {plan.suite} cannot be used: {str(error).splitlines()[0]}"
        raise OutsideError(what, whose="ml", again=False, code="suite_broken") from None


def _suite(path: Path) -> Suite:
    seen = path.stat()
    return _loaded(path, seen.st_mtime_ns, seen.st_size, seen.st_ino)


@lru_cache(maxsize=4)
def _loaded(path: Path, modified: int, size: int, inode: int) -> Suite:
    del modified, size, inode  # they are the key: another file in its place is read anew
    return load_suite(path)
