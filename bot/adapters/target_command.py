"""The target kind `command`: a platform's own program reads and writes the setting, never by a shell.

What its output says is `printed_value`; here are starting it, the compare-and-set, and waiting until it has taken
effect. A program that is given `{expected}` compares for itself; one that is not can overwrite an edit that is made in
the moment between our look and its write.
"""

import shlex
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from bot.adapters.command import Printed, how_ended, printed
from bot.adapters.printed_value import UnreadableError, listed, value_in, without_prefix
from bot.adapters.taking_effect import until_it_holds
from bot.masking import mask
from bot.ports import Clock, DriftError, OutsideError
from bot.runbook.models.targets.command import CommandPlan
from bot.runbook.models.targets.templates import filled_in, unfit

MOST_BYTES: Final = 1024 * 1024
"""Of what a program prints: a tenant with its preferences and lists is shorter."""
_SHOWN: Final = 200

Environment = Callable[[Iterable[str]], tuple[dict[str, str], tuple[str, ...]]]
"""What a program gets that is to be given these variables, and which of them are not set."""


class CommandTarget:
    """Implements `bot.ports.Target` for settings that a program reads and writes.

    `secrets` must not stand in errors; nor do the variables a program is given. `at` is called with the name of each
    step of a write (`read`, `written`), so that tests can do something there.
    """

    def __init__(
        self,
        *,
        environment: Environment,
        clock: Clock,
        secrets: Callable[[], Iterable[str]] = tuple,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._secrets = secrets
        self._at = at

    async def read(self, target: CommandPlan) -> str | None:
        """What the program says is set, None when nothing is. Raises OutsideError."""
        return await self._value(target, target.read, target.pointer)

    async def write(self, target: CommandPlan, *, expected: str | None, value: str | None) -> bool:
        """Compare-and-set; True when it was set. Raises DriftError, OutsideError."""
        if value is not None and (reason := unfit(value)):
            what = f"{value!r} was not written to {target.place}: {reason}"
            raise OutsideError(what, whose="requester", again=False, code="value_unusable")
        if value is None and not target.unset:
            what = f"nothing was set at {target.place} before, and the runbook names no `unset` that would restore that"
            raise OutsideError(what, whose="sre", again=False, code="target_refused")
        if not await self._differs(target, expected, value):
            return False
        self._at("read")
        argv = _filled(target.write if value is not None else target.unset, target.prefix, value, expected)
        ended = await self._ended(target, argv, target.time_limit)
        self._at("written")
        if ended.status:
            # It may have compared for itself and refused, or have written before it failed.
            return await self._differs(target, expected, value) and self._fail(target, argv, ended)
        return True

    async def restart(self, target: CommandPlan) -> None:
        """Run the restart command, if there is one, to its end. Raises OutsideError."""
        if target.restart:
            await self._well_ended(target, target.restart, target.restart_timeout)

    async def wait(self, target: CommandPlan, *, value: str | None) -> None:
        """Ask until the value is in effect: by `confirm`, else by `read`. Raises OutsideError."""

        async def seen() -> str | None:
            if target.confirm and value is not None:
                return await self._value(target, target.confirm, target.confirm_pointer)
            return await self.read(target)

        await until_it_holds(value, seen, place=target.place, limit=target.confirm_within, clock=self._clock)

    async def refusal(self, target: CommandPlan, value: str) -> str:
        """Why the place would not take this model. Raises OutsideError."""
        if reason := unfit(value):
            return reason
        if not target.unset and await self.read(target) is None:
            return "nothing is set there, and the runbook names no `unset` that would restore that"
        if not target.allowed and target.allowed_pointer is None:
            return ""
        argv = target.allowed or target.read
        output = await self._well_ended(target, argv, target.time_limit)
        try:
            models = listed(output, target.allowed_pointer)
        except UnreadableError as error:
            raise self._unreadable(argv, error) from None
        return not_among(target.prefix + value, models)

    async def check_writable(self, target: CommandPlan) -> str:
        """Empty when `check` ends well, or there is none, and every variable is set; else what stands in the way."""
        try:
            self._given(target)
            if target.check:
                await self._well_ended(target, target.check, target.time_limit)
        except OutsideError as error:
            return error.what
        return ""

    async def _differs(self, target: CommandPlan, expected: str | None, value: str | None) -> bool:
        """Whether it holds what was expected; False when it holds `value`. Raises DriftError for anything else."""
        held = await self.read(target)
        if held == value:
            return False
        if held != expected:
            raise DriftError(target.place, expected=expected, found=held)
        return True

    async def _value(self, target: CommandPlan, argv: tuple[str, ...], pointer: str | None) -> str | None:
        ended = await self._ended(target, argv, target.time_limit)
        if ended.status and ended.status == target.unset_status:
            return None
        if ended.status:
            self._fail(target, argv, ended)
        try:
            return without_prefix(value_in(ended.output, pointer), target.prefix)
        except UnreadableError as error:
            raise self._unreadable(argv, error) from None

    async def _well_ended(self, target: CommandPlan, argv: tuple[str, ...], limit: timedelta) -> bytes:
        ended = await self._ended(target, argv, limit)
        if ended.status:
            self._fail(target, argv, ended)
        return ended.output

    async def _ended(self, target: CommandPlan, argv: tuple[str, ...], limit: timedelta) -> Printed:
        environment = self._given(target)
        ended = await printed(
            argv,
            name=self._shown(argv),
            limit=limit,
            environment=environment,
            directory=target.directory,
            most_bytes=MOST_BYTES,
            secrets=self._hidden(target, environment),
        )
        if len(ended.output) > MOST_BYTES:
            what = f"`{self._shown(argv)}` printed more than {MOST_BYTES // 1024} KiB, which is no setting"
            raise OutsideError(what, whose="sre", again=False, code="target_unreadable")
        return ended

    def _given(self, target: CommandPlan) -> dict[str, str]:
        environment, missing = self._environment(target.environment)
        if missing:
            what = f"{', '.join(missing)} is not set; {target.place} is to be given it"
            raise OutsideError(what, whose="account", again=False, code="unauthorised")
        return environment

    def _hidden(self, target: CommandPlan, environment: dict[str, str]) -> list[str]:
        return [*self._secrets(), *(environment[name] for name in target.environment)]

    def _shown(self, argv: tuple[str, ...]) -> str:
        shown = mask(shlex.join(argv), self._secrets())
        return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"

    def _fail(self, target: CommandPlan, argv: tuple[str, ...], ended: Printed) -> bool:
        said = f": {ended.last_words}" if ended.last_words else ", and said nothing"
        what = f"`{self._shown(argv)}` {how_ended(ended.status)}{mask(said, self._hidden(target, self._given(target)))}"
        raise OutsideError(what, whose="sre", again=True, code="command_failed")

    def _unreadable(self, argv: tuple[str, ...], error: UnreadableError) -> OutsideError:
        what = f"`{self._shown(argv)}` {mask(str(error), self._secrets())}"
        return OutsideError(what, whose="sre", again=False, code="target_unreadable")


def _filled(argv: tuple[str, ...], prefix: str, value: str | None, expected: str | None) -> tuple[str, ...]:
    """The arguments as they are given: the value and what is expected there, empty where nothing is."""
    values = {name: prefix + said if said else "" for name, said in (("value", value), ("expected", expected))}
    return tuple(filled_in(argument, values) for argument in argv)


def not_among(value: str, models: list[str] | None) -> str:
    """Why a model is not allowed by a list, empty when it is or there is no list; `*` allows all."""
    if models is None or value in models or "*" in models:
        return ""
    few = ", ".join(models[:5])
    more = f" and {len(models) - 5} more" if len(models) > 5 else ""  # noqa: PLR2004 - five are shown
    return f"it is not among the models allowed there ({few}{more})" if models else "no model is allowed there"
