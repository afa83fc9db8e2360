"""A rotation among impatient people on a bad line, through the real bot: what others' bots were complained about.

One world, in the order of a day; each test leaves it so that the next can go on. The table beside this file says which
complaint each test is about.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.demo.play import Play
from bot.demo.player import opened
from bot.sandbox.client import Control, Message
from bot.settings import command_environment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

CHANNEL = "model-rotation"
PATIENCE_S = 60.0
GOOD, OTHER = "acme/sable-5", "orbit/comet-1"
CALLS = re.compile(r"<!subteam\^|<!here>|<!channel>|<!everyone>|<@U")
"""What makes somebody's phone ring."""
LINES_A_STAGE = 3
HELD = re.compile(r": held, because|: data are back after")
"""What is said of looks that a busy machine takes too late to see anything."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    folder = tmp_path_factory.mktemp("impatient")
    async with opened(folder, command_environment(), sys.executable, lambda _line: None, quiet_staging=False) as play:
        yield play


async def seen(control: Control, user: str, pattern: str, after: int = 0, *, private: bool = False) -> Message:
    """The first message that matches among those changed after a cursor; `private`: among those for this person."""
    clock = asyncio.get_running_loop()
    end = clock.time() + PATIENCE_S
    while clock.time() < end:
        found = await control.messages(user, threads=True, after=after)
        for message in found.messages:
            if re.search(pattern, message.plain, re.DOTALL) and message.ephemeral >= private:
                return message
        await control.wait(user, "", after=found.cursor, timeout=1)
    heard = [m.plain[:200] for m in (await control.messages(user, threads=True, after=after)).messages]
    pytest.fail(f"{user} waited for /{pattern}/ and saw {heard}")


async def spoken(play: Play) -> list[Message]:
    """Everything the bot has said in the channel and its threads that is not for one person alone."""
    found = (await play.control.messages("mia", CHANNEL, threads=True)).messages
    return [said for said in found if said.user_name == "rotate" and not said.ephemeral]


async def test_a_command_whose_ack_was_lost_is_typed_again_and_done_once(play: Play) -> None:
    await play.tell("provider", "latency", seconds=0.3)  # so that it still runs when an ack would have been late
    await play.control.fault("ack_lost", type="slash_commands")
    lost = await play.control.command("mia", CHANNEL, f"/rotate diff {GOOD}")
    assert lost.failure == "operation_timeout"
    after = await play.control.cursor()
    again = await play.control.command("mia", CHANNEL, f"/rotate diff {GOOD}")
    assert again.failure is None
    await seen(play.control, "mia", "running already: D1", after, private=True)
    await play.tell("provider", "latency", seconds=0)
    await seen(play.control, "mia", "D1 chat.*fine")
    assert not [said for said in await spoken(play) if re.search(r"\bD2\b", said.plain)]


async def test_a_promotion_changes_nothing_in_production_before_somebody_agreed(play: Play) -> None:
    assert (await play.control.command("mia", CHANNEL, "/rotate promote")).failure is None
    await seen(play.control, "max", r"on pilots\?.*\[Approve\]")
    held = play.files()
    assert GOOD.encode() in held["staging.env"]
    assert (held["pilots.env"], held["global.env"]) == (play.before["pilots.env"], play.before["global.env"])


async def test_who_waits_can_still_look_and_compare(play: Play) -> None:
    after = await play.control.cursor()
    await play.control.command("rex", CHANNEL, "/rotate status")
    await seen(play.control, "rex", "R1.*pilots", after, private=True)
    await play.control.command("max", CHANNEL, f"/rotate diff {OTHER}")
    await seen(play.control, "max", "D2 chat.*fine", after)
    held = play.files()
    assert (held["pilots.env"], held["global.env"]) == (play.before["pilots.env"], play.before["global.env"])


async def test_the_holder_too_waits_in_line_with_another_change(play: Play) -> None:
    before, after = play.files(), await play.control.cursor()
    await play.control.command("mia", CHANNEL, "/rotate promote D2")
    await seen(play.control, "mia", "R2 waits in line behind R1", after)
    assert play.files() == before
    await play.control.command("mia", CHANNEL, "/rotate abort R2")
    await seen(play.control, "mia", "R2 chat.*(Ended before any change|ended)", after)


async def test_a_click_whose_ack_was_lost_is_repeated_and_counts_once(play: Play) -> None:
    request = await seen(play.control, "max", r"on pilots\?.*\[Approve\]")
    after = await play.control.cursor()
    await play.control.fault("ack_lost", type="interactive")
    lost = await play.control.click("max", request, action_id="approve")
    assert lost.failure == "operation_timeout"
    assert lost.notice
    again = await play.control.click("max", request, action_id="approve", stale=True)
    assert again.failure is None
    await seen(play.control, "max", "approved by max", after)
    await seen(play.control, "mia", "pilots: watching", after)
    lines = [said for said in await spoken(play) if re.search("max approved pilots", said.plain)]
    assert len(lines) == 1


async def test_a_rate_limit_in_the_middle_delays_words_and_loses_none(play: Play) -> None:
    await play.control.fault("api_rate_limit", method="chat.postMessage", retry_after=1, times=2)
    await play.control.fault("api_rate_limit", method="chat.update", retry_after=1, times=2)
    request = await seen(play.control, "max", r"on global\?.*\[Approve\]")
    limited = [call for call in await play.control.calls() if call["status"] == 429]
    assert limited
    card = next(said for said in await spoken(play) if said.thread_ts in {None, said.ts} and "R1 chat" in said.plain)
    assert request.thread_ts == card.ts


async def test_after_a_restart_it_goes_on_in_the_same_thread_and_card(play: Play) -> None:
    before = next(said for said in await spoken(play) if said.thread_ts in {None, said.ts} and "R1 chat" in said.plain)
    # Killed before it has noted where its question stands, it would ask once more and say that this may be a repeat.
    await seen(play.control, "mia", "Waiting for: 1 approval of global.*Open the question")
    await play.restart_bot()
    request = await seen(play.control, "max", r"on global\?.*\[Approve\]")
    after = await play.control.cursor()
    assert (await play.control.click("max", request, action_id="approve")).failure is None
    end = await seen(play.control, "mia", "Completed: every place holds", after)
    assert end.thread_ts == before.ts
    card = await seen(play.control, "mia", r"R1 chat: acme/sable-4 → acme/sable-5\s.*Completed")
    assert card.ts == before.ts


async def test_one_card_a_thread_of_few_lines_and_only_questions_call_anybody(play: Play) -> None:
    said = await spoken(play)
    cards = [one for one in said if one.thread_ts in {None, one.ts} and re.search(r"R1 chat: acme", one.plain)]
    assert len(cards) == 1
    lines = [one for one in said if one.thread_ts == cards[0].ts and one.ts != cards[0].ts]
    asked = [one for one in lines if re.search(r"on (pilots|global)\?", one.plain)]
    told = [one for one in lines if one not in asked and not one.raw["files"] and not HELD.search(one.plain)]
    assert len(asked) == 2
    assert len([one for one in told if not one.broadcast]) <= 1 + LINES_A_STAGE * 3  # however often it is looked at
    assert [one.plain for one in told if CALLS.search(one.text + str(one.blocks))] == []
    for question in asked:
        assert question.buttons == ()
        assert "Approved by max" in question.plain


async def test_frozen_it_says_who_and_until_when_one_can_still_look_and_lifting_it_helps(
    play: Play,
) -> None:
    after = await play.control.cursor()
    await play.control.command("sam", CHANNEL, "/rotate freeze all --until 2h --reason the year ends")
    await seen(play.control, "rex", "every model setting is frozen until.*the year ends.*/rotate unfreeze F1", after)
    await play.control.command("rex", CHANNEL, "/rotate unfreeze all")
    await seen(play.control, "rex", "not among those who may.*sam, who set it", after, private=True)
    await play.control.command("mia", CHANNEL, f"/rotate diff {OTHER}")
    compared = await seen(play.control, "mia", rf"{GOOD} → {OTHER}.*Promote", after)
    before = play.files()
    assert (await play.control.click("mia", compared, action_id="promote")).failure is None
    await seen(play.control, "mia", "R3 has begun.*staging is frozen until.*sam", after, private=True)
    await seen(play.control, "rex", "R3 chat.*begins when the freeze is over", after)
    await play.control.command("rex", CHANNEL, "/rotate status")
    await seen(play.control, "rex", "everything until.*sam", after, private=True)
    assert play.files() == before
    await play.control.command("max", CHANNEL, "/rotate unfreeze F1 --reason all is well")
    await seen(play.control, "mia", "max lifted F1.*all is well", after)
    await seen(play.control, "mia", "staging: the new model is set", after)
    assert OTHER.encode() in play.files()["staging.env"]
