"""Checks an operator changed or added, in a running bot: a signal asks its owner, a number is asked at each look."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.engine.models.notes import QuestionNote
from bot.monitor.model import HealthReport, NumberRead
from bot.rotation.model.rotation import Phase
from bot.runbook.models.checks import CheckRules
from bot.wording.summaries import summary_text
from bot.wording.text import plain
from tests.engine.world import FIN, MAX, NEW, OLD, RUNBOOK, SAM, World, world

CHECKS = """\
checks:
  by_name:
    latency: {role: signal}
    gateway: {kind: health, command: [gateway], k: 2, n: 3}
    bill: {kind: value, dimension: cost, limit: 900, k: 2, n: 2, http: "http://127.0.0.1:9/usd", unit: USD}
slots:
"""


class Bill:
    """What a month comes to, as the operator's cost page has it; None while it cannot be read."""

    def __init__(self) -> None:
        self.usd: float | None = 500.0
        self.asked: list[tuple[str, str, datetime]] = []
        self.degraded = False

    async def read(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> NumberRead:
        del start
        assert rules.http == "http://127.0.0.1:9/usd"
        self.asked.append((stage, model, end))
        return NumberRead(value=self.usd) if self.usd is not None else NumberRead(problem="503")

    async def word(self, rules: CheckRules, start: datetime, end: datetime, *, stage: str, model: str) -> HealthReport:
        assert (rules.command, start < end, stage, model) == (("gateway",), True, "pilots", NEW)
        return HealthReport(at=end, healthy=not self.degraded, detail="status: degraded" if self.degraded else "ok")


@pytest.fixture
def bill() -> Bill:
    return Bill()


def runbook() -> str:
    return RUNBOOK.replace("slots:\n", CHECKS)


async def reasons(w: World) -> tuple[str, ...]:
    decision = (await w.rotation()).decision
    assert decision is not None
    return decision.reasons


async def test_a_slower_model_is_asked_about_and_accepted_by_its_owner(tmp_path: Path, bill: Bill) -> None:
    async with world(tmp_path, runbook=runbook(), numbers=bill) as w:
        await w.to_pilots_bake()
        w.traffic.slow.add(NEW)
        await w.later(minutes=21)
        assert await w.phase() is Phase.AWAITING_DECISION
        assert await reasons(w) == ("latency: beyond_margin",)
        assert w.holds()["pilots"] == NEW
        asked = [said.note for said in w.room.said.values() if isinstance(said.note, QuestionNote)][-1]
        assert asked.rotation.decision is not None
        assert asked.rotation.decision.group == "sre"
        assert await w.answer("go_on", FIN, reason="fine by me") == "not_entitled"
        assert await w.answer("go_on", SAM, reason="the answers are longer, as wanted") == "accepted"
        await w.later(minutes=41)
        rotation = await w.rotation()
        assert rotation.sealed[-1].accepted_reason == "the answers are longer, as wanted"
        assert rotation.phase is Phase.AWAITING_APPROVAL


async def test_a_bill_beyond_its_limit_goes_back_and_tells_finance(tmp_path: Path, bill: Bill) -> None:
    async with world(tmp_path, runbook=runbook(), numbers=bill) as w:
        await w.to_pilots_bake()
        bill.usd = 1200.0
        await w.later(minutes=41)
        assert await w.phase() is Phase.ROLLED_BACK
        assert w.holds()["pilots"] == OLD
        assert ("finance", "guardrail_failed") in await w.pages()
        assert {(stage, model) for stage, model, _ in bill.asked} == {("pilots", NEW)}


async def test_a_bill_nobody_can_read_is_no_good_bill(tmp_path: Path, bill: Bill) -> None:
    async with world(tmp_path, runbook=runbook(), numbers=bill) as w:
        await w.to_pilots_bake()
        bill.usd = None
        await w.later(hours=1, minutes=5)
        assert await w.phase() is Phase.AWAITING_DECISION
        assert "unread" in await reasons(w)
        assert await w.answer("roll_back", MAX) == "accepted"


async def test_a_gateway_that_is_unwell_twice_goes_back_and_wakes_sre_with_what_it_said(
    tmp_path: Path, bill: Bill
) -> None:
    async with world(tmp_path, runbook=runbook(), numbers=bill) as w:
        await w.to_pilots_bake()
        bill.degraded = True
        await w.later(minutes=21)
        assert await w.phase() is Phase.BAKING  # held
        await w.later(minutes=21)
        assert await w.phase() is Phase.ROLLED_BACK
        assert w.holds()["pilots"] == OLD
        assert ("sre", "guardrail_failed") in await w.pages()
        (failure,) = [told for told in await w.store.told("R1") if told.code == "guardrail_failed"]
        told = plain(summary_text(await w.rotation(), failure.code, failure.facts))
        assert "gateway: not healthy at 2 of 2 checks; it said “status: degraded”" in told
