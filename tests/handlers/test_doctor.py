"""`/rotate doctor`: what the doctor finds, told to whoever may see it, what fails first."""

from bot.doctor.model import fails, not_checked, ok
from bot.wording.doctoring import findings_text
from bot.wording.text import plain
from handlers.blocks.private import examined
from tests.handlers.conftest import Workspace
from tests.handlers.judge import judged

FOUND = (
    ok("bot token", "rotate in workspace Acme"),
    fails("metrics", "requests: no series", "look at `metrics.requests` in the runbook"),
    not_checked("health", "no address", "name `health:` in the runbook"),
)


def test_what_fails_comes_first_with_what_mends_it_and_nothing_is_left_out() -> None:
    said = plain(findings_text(FOUND)).splitlines()
    assert said[0].startswith("1 failure, 1 not checked, 1 fine. Nothing was changed")
    assert said[1] == "❌ metrics: requests: no series. → look at `metrics.requests` in the runbook"
    assert said[2] == "❔ health: no address. → name `health:` in the runbook"
    assert said[3] == "✅ bot token: rotate in workspace Acme"
    assert plain(findings_text(FOUND[:1])).splitlines()[0] == "All is well: 1 check, nothing was changed"


def test_however_much_is_found_it_is_a_message() -> None:
    many = tuple(fails(f"target {n}", "x" * 300, "y" * 300) for n in range(200))
    assert "failure" in judged(examined(many)).text


async def test_whoever_may_steer_is_told_what_was_found(workspace: Workspace) -> None:
    workspace.engine.examined = FOUND
    await workspace.type("doctor")
    await workspace.told("mia", "Looking through the installation")
    told = await workspace.told("mia", "1 failure, 1 not checked")
    assert told["ephemeral"]
    assert "no series" in told["plain"]


async def test_who_may_not_steer_is_told_nothing_of_it(workspace: Workspace) -> None:
    await workspace.type("doctor")
    told = await workspace.told("mia", "What the doctor finds is for those who may begin a rotation")
    assert told["ephemeral"]
    assert workspace.engine.asked == [f"{workspace.user_id('mia')} in {workspace.channel_id('model-rotation')}"]


async def test_it_is_of_everything_so_nothing_is_named(workspace: Workspace) -> None:
    await workspace.type("doctor chat")
    await workspace.told("mia", "/rotate doctor")
    assert workspace.engine.asked == []
