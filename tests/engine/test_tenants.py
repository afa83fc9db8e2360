"""A stage of forty tenants: several at a time, refused as a whole, resumed where it failed, and restored exactly."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.engine.models.notes import CardNote
from bot.rotation.model.questions import Request
from bot.rotation.model.rotation import Phase
from bot.rotation.model.targets import Standing
from bot.runbook.models.targets.command import CommandPlan
from bot.wording.text import plain
from bot.wording.waits import waiting
from tests.engine.tenants import HEIRS, NAMES, TENANTS_RUNBOOK, Tenants
from tests.engine.world import MAX, NEW, OLD, OTHER, SAM, World, world


async def test_all_are_set_a_few_at_a_time_each_once(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()
        assert tenants.changes() == []
        assert await w.answer("approve") == "accepted"
        await w.later(seconds=30)
        assert await w.phase() is Phase.BAKING
        assert set(tenants.held().values()) == {NEW}
        assert Counter(name for name, _ in tenants.changes()) == dict.fromkeys(NAMES, 1)
        assert 1 < tenants.most <= 4


async def test_going_back_restores_each_as_it_was(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    before = tenants.held()
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()
        await w.answer("approve")
        await w.later(seconds=30)
        assert await w.steer("roll_back") == "accepted"
        await w.later(minutes=15)
        assert await w.phase() is Phase.ROLLED_BACK
    assert tenants.held() == before
    assert {name for name, value in before.items() if value is None} == set(HEIRS)


async def test_tenants_that_may_not_use_it_are_named_before_anything_is_begun(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    tenants.forbidden = {"tenant-07", "tenant-21"}
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        assert await w.diff() == "diff_started"
        command = w.promote_command()
        assert await w.asks(command) == "candidate_refused"
        told = w.answered(command)
        assert told is not None
        why = f"{NEW} is not among the models allowed there"
        assert told.facts["targets"] == [f"tenant-07: preference: {why}", f"tenant-21: preference: {why}"]
        assert await w.store.rotation("R1") is None


async def test_a_list_that_changed_meanwhile_holds_the_stage_and_keeps_the_approvals(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()
        tenants.forbidden = {"tenant-07"}
        await w.answer("approve")
        await w.later(seconds=5)
        assert await w.phase() is Phase.AWAITING_APPROVAL
        request = w.question()
        assert isinstance(request, Request)
        assert (request.note, len(request.approvals)) == ("candidate_refused", 1)
        assert tenants.changes() == []
        tenants.forbidden = set()
        assert await w.promote(subject="R1") == "accepted"
        await w.later(seconds=30)
        assert await w.phase() is Phase.BAKING


async def test_one_that_fails_stops_the_rest_and_a_retry_goes_on_there(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()

        def breaks(step: str) -> None:
            if step == "after" and len(tenants.changes()) == 12:
                tenants.gone = {"tenant-17"}

        tenants.at = breaks
        await w.answer("approve")
        await w.later(minutes=2)
        assert await w.phase() is Phase.ERRORED
        trouble = (await w.rotation()).trouble
        assert trouble is not None
        assert (trouble.target, trouble.what) == ("pilots.1.tenant-17", "tenant-17: preference is not there")
        done = [name for name, _ in tenants.changes()]
        assert 12 <= len(done) <= 20
        tenants.gone = set()
        assert await w.steer("retry", SAM) == "accepted"
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert Counter(name for name, _ in tenants.changes()) == dict.fromkeys(NAMES, 1)


class Slow(Tenants):
    """One tenant's write is held until the test lets it go."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.go = asyncio.Event()

    async def write(self, target: CommandPlan, *, expected: str | None, value: str | None) -> bool:
        if target.tenant == "tenant-02":
            await self.go.wait()
        return await super().write(target, expected=expected, value=value)


async def until(w: World, holds: Callable[[], Awaitable[bool]]) -> None:
    """Let things happen until something holds, though one of them goes on all the while."""
    for _ in range(2_000):
        if await holds():
            return
        await w.engine.turn()
        await w.clock.sleep(0)
    raise AssertionError(await w.events())


async def test_a_write_that_ends_while_a_retry_looks_is_nobodys_change(tmp_path: Path) -> None:
    tenants = Slow(tmp_path)
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()
        tenants.at = lambda _step: tenants.gone.add("tenant-07")
        await w.engine.submit(w.answering("approve", MAX))

        async def errored() -> bool:
            return await w.phase() is Phase.ERRORED

        await until(w, errored)
        assert (await w.rotation()).target("pilots.1.tenant-02").standing is Standing.WRITING
        tenants.at = lambda _step: None
        tenants.gone.clear()
        w.provider.door.clear()  # the look before the change has read every place, and waits for the way back's answer
        await w.engine.submit(w.steering("retry", SAM))

        async def looking() -> bool:
            return w.provider.at_the_door > 0

        await until(w, looking)
        tenants.go.set()

        async def heard() -> bool:
            return (await w.rotation()).target("pilots.1.tenant-02").standing is Standing.WRITTEN

        await until(w, heard)
        w.provider.door.set()
        await w.later(minutes=1)
        assert await w.phase() is Phase.BAKING
        assert "target_drifted" not in {cause for _, cause in await w.pages()}
        assert Counter(name for name, _ in tenants.changes()) == dict.fromkeys(NAMES, 1)


async def test_the_card_says_how_many_tenants_are_set(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    async with world(tmp_path, runbook=TENANTS_RUNBOOK, targets={"command": tenants}) as w:
        await w.to_pilots_question()
        await w.engine.submit(w.answering("approve", MAX))
        seen: list[str] = []
        for _ in range(200):
            rotation = await w.rotation()
            if rotation.phase is Phase.APPLYING and not rotation.preflight:
                seen.append(await told(w))
            if rotation.phase is Phase.BAKING:
                break
            await w.engine.turn()
            for task in list(w.engine.at_work):
                await task
    assert any(f"Next: {n} of 40 tenants of pilots set" in line for line in seen for n in range(1, 40))


async def told(w: World) -> str:
    return plain(waiting(CardNote(rotation=await w.rotation(), actions=(), now=w.clock.at)))


@pytest.mark.parametrize("value", [OTHER, None])
async def test_a_tenant_with_another_model_is_named_at_the_start(tmp_path: Path, value: str | None) -> None:
    tenants = Tenants(tmp_path)
    runbook = TENANTS_RUNBOOK.replace("            inherits: true\n", "") if value is None else TENANTS_RUNBOOK
    for name in HEIRS:
        tenants.put(name, OLD)
    tenants.put("tenant-09", value)
    async with world(tmp_path, runbook=runbook, targets={"command": tenants}) as w:
        command = w.diff_command()
        assert await w.asks(command) == "targets_disagree"
        answer = w.answered(command)
        assert answer is not None
        places = answer.facts["targets"]
        assert isinstance(places, list)
        assert f"tenant-09: preference: {value or 'not set'}" in places
