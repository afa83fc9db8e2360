"""The home tab in Slack: everybody sees their own, and it keeps itself up to date as long as they look at it."""

from typing import Any

from bot.engine.models.commands import Steer
from bot.engine.models.notes import CardNote
from bot.engine.models.shown import Home, HomeRotation, Waiting
from bot.rotation.machine import TRANSITIONS
from handlers.blocks import ids
from tests.handlers import notes, scenes
from tests.handlers.conftest import PATIENCE, Workspace


def shows(workspace: Workspace, *names: str, waits: str = "") -> None:
    """The homes of everybody: these scenes running, and something waiting for the one named."""
    rotations = [getattr(scenes, name)() for name in names]

    def home_of(reader: str) -> Home:
        mine = Waiting(what="approve", subject="R42", rotation="R42", slot="chat", message=notes.CARD)
        running = [
            HomeRotation(
                note=CardNote(rotation=one, now=scenes.later(one), actions=tuple(TRANSITIONS[one.phase])),
                may_roll_back=True,
            )
            for one in rotations
        ]
        found = [mine] if waits and reader == workspace.user_id(waits) else []
        return Home(now=scenes.T0, running=tuple(running), waits=tuple(found), cards={"R42": notes.CARD})

    workspace.engine.home_of = home_of
    workspace.engine.rows += 1


async def home(workspace: Workspace, user: str, contains: str) -> dict[str, Any]:
    found = await workspace.see("wait", user=user, what="home", contains=contains, timeout=PATIENCE)
    assert found["found"], f"{user} never saw {contains!r} on their home tab"
    shown: dict[str, Any] = found["view"]
    return shown


async def test_each_sees_what_waits_for_them_and_begins_a_comparison_from_there(workspace: Workspace) -> None:
    shows(workspace, "pilots_asked", waits="max")
    await workspace.do("home", user="max")
    shown = await home(workspace, "max", "approve or reject")
    assert "waiting for approval (pilots)" in shown["plain"].casefold()
    await workspace.do("home", user="mia")
    shown = await home(workspace, "mia", "Nothing waits for you")
    assert "R42" in shown["plain"]
    await workspace.do("click", user="mia", view_id="home", label="Compare a new model")
    await workspace.view("mia", "Compare a model")


async def test_it_is_drawn_anew_by_itself_when_something_has_happened(workspace: Workspace) -> None:
    shows(workspace, "pilots_asked")
    for user in ("max", "mia"):
        await workspace.do("home", user=user)
        await home(workspace, user, "Waiting for approval")
    shows(workspace, "pilots_watched", waits="max")
    await workspace.homes.refresh()
    await home(workspace, "max", "approve or reject")
    await home(workspace, "mia", "Watching")
    calls = await workspace.see("calls", method="views.publish")
    await workspace.homes.refresh()  # nothing has happened since
    assert len((await workspace.see("calls", method="views.publish"))["calls"]) == len(calls["calls"])


async def test_who_has_never_opened_it_is_shown_nothing(workspace: Workspace) -> None:
    shows(workspace, "pilots_asked")
    await workspace.homes.refresh()
    assert (await workspace.see("calls", method="views.publish"))["calls"] == []


async def test_after_a_restart_it_is_shown_once_more(workspace: Workspace) -> None:
    workspace.engine.viewers = [workspace.user_id("mia")]
    shows(workspace, "pilots_watched")
    await workspace.homes.refresh()
    await home(workspace, "mia", "Watching")


async def test_one_that_cannot_be_shown_keeps_nobody_elses_back(workspace: Workspace) -> None:
    workspace.engine.viewers = ["U0GONE", workspace.user_id("mia")]
    shows(workspace, "pilots_watched")
    await workspace.homes.refresh()
    await home(workspace, "mia", "Watching")
    assert workspace.engine.viewers == [workspace.user_id("mia")]


async def test_going_back_from_there_asks_once(workspace: Workspace) -> None:
    shows(workspace, "pilots_watched")
    await workspace.do("home", user="sam")
    await home(workspace, "sam", "Watching")
    outcome = await workspace.do("click", user="sam", view_id="home", action_id=ids.ROLL_BACK)
    assert scenes.OLD in outcome["dialog"]["text"]
    (command,) = workspace.engine.commands
    assert isinstance(command, Steer)
    assert (command.verb, command.subject, command.actor) == ("roll_back", "R42", workspace.user_id("sam"))
