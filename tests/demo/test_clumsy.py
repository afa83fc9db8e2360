"""What people do wrong, and what goes wrong around them: one world, played through a real bot, in the order of a day.

Each test leaves the world so that the next can go on. What is said is judged as the person saw it.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.play import Play, settle
from bot.demo.player import opened
from bot.sandbox.client import Control, Message
from bot.settings import command_environment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

CHANNEL = "model-rotation"
PATIENCE_S = 60.0
LOUD = "<!here> & <b>bold</b> "
LONG = LOUD + "because it is cheaper " * 135
CURRENT, GOOD, OTHER, WORSE = b"acme/sable-4", "acme/sable-5", "orbit/comet-1", "lumen/quill-2"
READERS = ("mia", "max", "sam", "sol", "fin", "rex", "gil")
SECRETS = ("bot_token", "app_token", "signing_secret", "provider_key")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    folder = tmp_path_factory.mktemp("clumsy")
    async with opened(folder, command_environment(), sys.executable, lambda _line: None, quiet_staging=False) as play:
        yield play


async def _until(control: Control, user: str, pattern: str, after: int, *, private: bool) -> Message:
    """The first message that matches among those changed after a cursor: private ones, or those everybody sees."""
    clock = asyncio.get_running_loop()
    end = clock.time() + PATIENCE_S
    while clock.time() < end:
        seen = await control.messages(user, threads=True, after=after)
        for message in seen.messages:
            if message.ephemeral is private and re.search(pattern, message.plain, re.DOTALL):
                return message
        await control.wait(user, "", after=seen.cursor, timeout=1)
    heard = [m.plain[:300] for m in (await control.messages(user, threads=True, after=after)).messages]
    pytest.fail(f"{user} waited for /{pattern}/ and saw {heard}")


async def _typed(play: Play, user: str, words: str, answer: str) -> str:
    """Type a command and wait for the private answer."""
    after = await play.control.cursor()
    outcome = await play.control.command(user, CHANNEL, f"/rotate {words}")
    assert outcome.failure is None, outcome.failure
    return (await _until(play.control, user, answer, after, private=True)).plain


async def _pressed(play: Play, user: str, shown: Message, action: str, answer: str, *, stale: bool = False) -> str:
    """Press a button and wait for the private answer."""
    after = await play.control.cursor()
    outcome = await play.control.click(user, shown, action_id=action, stale=stale)
    assert outcome.failure is None, outcome.failure
    return (await _until(play.control, user, answer, after, private=True)).plain


async def _reasoned(play: Play, user: str, shown: Message, action: str, reason: str, answer: str) -> str:
    """Press a button that asks why, say why, and wait for the private answer."""
    after = await play.control.cursor()
    await play.control.click(user, shown, action_id=action)
    assert await play.control.wait_view(user, "Reason", timeout=PATIENCE_S) is not None
    blank = await play.control.submit(user, {"Reason": "   "})
    assert list(blank.errors) == ["reason"]
    assert (await play.control.submit(user, {"Reason": reason})).errors == {}
    return (await _until(play.control, user, answer, after, private=True)).plain


async def _public(play: Play, pattern: str, after: int = 0, user: str = "mia") -> Message:
    return await _until(play.control, user, pattern, after, private=False)


async def _request(play: Play, rotation: str, stage: str, after: int) -> Message:
    """The newest request for a stage, with its buttons."""
    found = await _public(play, rf"on {stage}\?.*\[Approve\]", after)
    assert rotation in str(next(b for b in found.buttons if b.action_id == "approve").value)
    return found


async def _sol_may_approve(play: Play, *, too: bool) -> None:
    ids = {user["name"]: user["id"] for user in (await play.control.workspace())["users"]}
    await play.control.group("ml-oncall", [ids["mia"], ids["max"], *([ids["sol"]] if too else [])])


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


UNKNOWN = [
    ("promot D1", "promot. Did you mean promote"),
    ("hlep", "hlep. Did you mean help"),
    ("🚀", "I do not know 🚀"),
    ("v" * 300, "I do not know vvvv"),
    ("<!channel>", "I do not know .?<!channel>"),
    ("rollback chta", "no chta. Did you mean chat"),
    ("status chatt", "no chatt. Did you mean chat"),
    ("rollback R9", "no R9"),
    ("promote D7", "no D7"),
    ("promote " + "s" * 300, "no s{30,45}…s{30,45}\\."),
    ("promote &lt;b&gt;", "no &lt;b"),
    ("abort R5", "no R5"),
    ("rollback D6", "D6 is a comparison"),
    ("pause", "nothing to pause"),
    ("promote", "no comparison to promote"),
    ("promote D1\nD2", "I do not understand D2"),
    (f"diff {GOOD} chta", "called chta. Did you mean chat"),
    (f"diff {GOOD} —reason", "--reason needs a value"),
    (f"diff {GOOD} --resaon x", "--resaon. Did you mean --reason"),
    (f"diff {GOOD} --trigger bogus", "bogus is not one of"),
    (f"diff “{GOOD}", "opened and not closed"),
    ("diff --flag", "the flag --flag"),
    ("diff <!here>", "<!here> cannot be a model"),
    ("diff `rm`", "rm.? cannot be a model"),
    ("diff <script>x</script>", "<script>x</script> cannot be a model"),
    ("diff $(rm)", r"\$\(rm\) cannot be a model"),
    ("diff ../../etc/passwd", "passwd cannot be a model"),
    ("diff " + "m" * 300, "m{30,45}…m{30,45} cannot be a model"),
    (f"diff {GOOD} --rollback {GOOD}", "the way back at once"),
    ("diff ‘acme/sable-4’", "acme/sable-4 is what is live already"),
]
"""What is typed -> what the private answer says."""


async def test_what_nobody_can_mean_is_answered_in_private_and_does_nothing(play: Play) -> None:
    for words, _ in UNKNOWN:
        assert (await play.control.command("mia", CHANNEL, f"/rotate {words}")).failure is None
    for _, answer in UNKNOWN:
        await _until(play.control, "mia", answer, 0, private=True)
    answers = [m for m in (await play.control.messages("mia", threads=True)).messages if m.user_name == "rotate"]
    assert len(answers) == len(UNKNOWN)
    assert all(message.ephemeral for message in answers)
    assert [call for call in await play.control.calls("chat.postMessage") if call["ok"]] == []
    assert play.files() == play.before


async def test_a_near_miss_of_a_model_costs_nothing_and_wakes_nobody(play: Play) -> None:
    told = await _typed(play, "mia", "diff acme/sable5", "acme/sable5")
    assert "acme/sable-5" in told
    assert [call for call in await play.control.calls("chat.postMessage") if call["ok"]] == []


async def test_the_form_says_under_each_field_what_is_wrong(play: Play) -> None:
    await play.control.command("mia", CHANNEL, "/rotate")
    assert await play.control.wait_view("mia", "New model", timeout=PATIENCE_S) is not None
    assert list((await play.control.submit("mia", {"Way back": ""})).errors) == ["candidate"]
    for wrong in ("two words", "<!channel>", "‘acme/sable-5’", "acme/sab"):
        found = await play.control.submit("mia", {"New model": GOOD, "Way back": wrong})
        assert list(found.errors) == ["rollback:chat"]
    assert "Did you mean acme/sable-" in found.errors["rollback:chat"]
    same = await play.control.submit("mia", {"New model": GOOD, "Way back": GOOD})
    assert list(same.errors) == ["rollback:chat"]
    after = await play.control.cursor()
    await play.control.submit("mia", {"New model": CURRENT.decode(), "Way back": ""})
    await _until(play.control, "mia", "is what is live already", after, private=True)


async def test_one_candidate_is_compared_once_and_a_long_loud_reason_stays_words(play: Play) -> None:
    await _typed(play, "gil", f"diff {GOOD}", "Guests")
    after = await play.control.cursor()
    words = f'/rotate diff {GOOD} --reason "{LONG[:2990]}"'
    both = [play.control.command(user, CHANNEL, words) for user in ("mia", "max")]
    assert [outcome.failure for outcome in await asyncio.gather(*both)] == [None, None]
    answers = [await _until(play.control, user, r"\bD1\b", after, private=True) for user in ("mia", "max")]
    assert sorted("running already" in answer.plain for answer in answers) == [False, True]
    await _typed(play, "rex", "abort D9", "no D9")
    await _public(play, "D1 chat.*fine", after)
    await _typed(play, "mia", f"diff {OTHER} --reason other", "D2 of chat")
    await _typed(play, "mia", "promote D2", "no verdict")
    await _public(play, "D2 chat.*fine", after)


async def test_two_promotions_are_one_rotation_and_another_candidate_waits_in_line(play: Play) -> None:
    after = await play.control.cursor()
    await _typed(play, "mia", "promote D1", "R1 has begun")
    await _typed(play, "mia", "promote D1", "D1 is under R1 already")
    await _typed(play, "mia", "promote D2", "R2 waits in line behind R1")
    await _typed(play, "max", "pause R2", "paused")
    await _typed(play, "rex", "rollback R1", "You are not among")
    await _request(play, "R1", "pilots", after)


async def test_nobody_approves_who_may_not_and_an_approver_who_left_does_not_count(play: Play) -> None:
    request = await _request(play, "R1", "pilots", 0)
    await _pressed(play, "mia", request, "approve", "another pair of eyes")
    await _pressed(play, "gil", request, "approve", "Guests")
    await _pressed(play, "sol", request, "approve", "You are not among")
    fault = await play.control.fault("api_error", method="usergroups.users.list", error="internal_error", times=None)
    clock = asyncio.get_running_loop()
    end = clock.time() + PATIENCE_S
    told = ""
    while "could not read who belongs" not in told and clock.time() < end:
        told = await _pressed(play, "sol", request, "approve", "❌")
    assert "could not read who belongs to ML" in told, told
    await _sol_may_approve(play, too=True)
    await play.control.end_fault(fault)
    await _typed(play, "mia", "pause R1", "paused")
    await _typed(play, "mia", "pause R1", "paused already, by mia")
    await _pressed(play, "sol", request, "approve", "your approval counts")
    assert play.files()["pilots.env"] == play.before["pilots.env"]


async def test_a_click_while_the_bot_is_down_fails_visibly_and_counts_once_after_it(play: Play) -> None:
    await play.bot.kill()
    request = await _request(play, "R1", "pilots", 0)
    dead = await play.control.click("max", request, action_id="approve")
    assert dead.failure == "dispatch_failed"
    assert (await play.control.command("max", CHANNEL, "/rotate status")).failure == "dispatch_failed"
    await _sol_may_approve(play, too=False)
    await play.restart_bot()
    after = await play.control.cursor()
    await _typed(play, "mia", "resume R1", "going on")
    await _public(play, "sol approved, but is no longer in the group they stood for", after)
    assert play.files()["pilots.env"] == play.before["pilots.env"]
    request = await _request(play, "R1", "pilots", after)
    await play.control.fault("duplicate", type="interactive")
    await _pressed(play, "max", request, "approve", "your approval counts")
    again = next(one for one in reversed(await play.control.deliveries()) if one["type"] == "interactive")
    assert (await play.control.deliver_again(again["id"])).failure is None
    await _pressed(play, "max", request, "approve", "approved by max", stale=True)
    await _public(play, "pilots: watching", after)


async def test_what_somebody_changed_by_hand_is_shown_and_not_overwritten(play: Play) -> None:
    request = await _request(play, "R1", "global", 0)
    target = Path(play.facts["directory"]) / "global.env"
    by_hand = target.read_bytes().replace(CURRENT, b"hand/made-1")
    target.write_bytes(by_hand)
    after = await play.control.cursor()
    await _pressed(play, "max", request, "approve", "your approval counts")
    told = await _public(play, "Not changed, asked again", after)
    assert re.search(r"holds hand/made-1, not acme/sable-4", told.plain)
    assert target.read_bytes() == by_hand
    target.write_bytes(play.before["global.env"])


async def test_slack_being_down_holds_up_no_rollback_and_loses_nothing(play: Play) -> None:
    fault = await play.control.fault("api_status", method="chat.postMessage", status=503, times=None)
    after = await play.control.cursor()
    await _typed(play, "max", f'rollback R1 --reason "{LOUD}"', "going back")
    await _typed(play, "max", "rollback R1", "going back already|is over")
    clock = asyncio.get_running_loop()
    end = clock.time() + PATIENCE_S
    while play.files() != play.before and clock.time() < end:  # noqa: ASYNC110 - another process writes the files
        await asyncio.sleep(0.05)
    assert play.files() == play.before
    await play.control.end_fault(fault)
    await _public(play, "R1 chat: ↩️ Rolled back to acme/sable-4", after)


async def test_the_next_in_line_begins_meets_a_failing_restart_and_is_tried_again(play: Play) -> None:
    await _sol_may_approve(play, too=True)
    await play.tell("platform", "restarts", stage="staging", mode="fail")
    await _typed(play, "max", "resume R2", "going on")
    page = await _until(play.control, "sam", "Action needed.*R2.*restart", 0, private=False)
    assert page.channel_name == "sre-oncall"
    await _typed(play, "rex", "retry R2", "members of ML or SRE")
    await _typed(play, "mia", "abort R2", "rollback takes it back")
    await play.tell("platform", "restarts", stage="staging", mode="ok")
    after = await play.control.cursor()
    await _typed(play, "sam", "retry R2", "trying again")
    request = await _request(play, "R2", "pilots", after)
    await _typed(play, "sam", "retry R2", "not possible now")
    old = next(m for m in (await play.control.messages("max", threads=True)).messages if "Approved by max" in m.plain)
    await _pressed(play, "max", old, "approve", "settled: approved by max", stale=True)
    await play.control.delete("mia", request)
    after = await play.control.cursor()
    await play.control.say("max", CHANNEL, "@rotate promote", thread_ts=request.thread_ts)
    request = await _request(play, "R2", "pilots", after)
    await _reasoned(play, "rex", request, "reject", "no", "You are not among")
    await _reasoned(play, "max", request, "reject", f"no {LOUD}", "rejected")
    await _public(play, "R2 chat: ↩️ Rolled back", after)
    assert play.files() == play.before
    await _pressed(play, "max", request, "roll_back", "is over", stale=True)


async def test_breaking_the_glass_takes_two_others_and_is_marked(play: Play) -> None:
    await _typed(play, "mia", f"diff {WORSE}", "D3 of chat")
    await _public(play, "D3 chat.*worse")
    after = await play.control.cursor()
    await _typed(play, "mia", "promote D3", "R3 has begun")
    question = await _public(play, r"break the glass\?.*\[Break glass and go on\]", after)
    await _reasoned(play, "mia", question, "decide:go_on", "me", "another pair of eyes")
    await _reasoned(play, "max", question, "decide:go_on", f"one {LOUD}", "your answer counts")
    await _reasoned(play, "max", question, "decide:go_on", "again", "One person counts once")
    assert play.files() == play.before
    await _reasoned(play, "sol", question, "decide:go_on", "two", "your answer counts")
    await _request(play, "R3", "pilots", after)
    await _typed(play, "mia", "rollback R3", "going back")
    await _public(play, "R3 chat: ↩️ Rolled back", after)
    card = await _public(play, r"R3 chat: acme/sable-4 → lumen/quill-2\s.*Rolled back", after)
    assert "Break-glass" in card.plain
    assert "max went on" in card.plain
    assert "sol went on" in card.plain


async def test_in_the_end_nobody_was_called_by_what_people_wrote_and_no_secret_lies_about(play: Play) -> None:
    await settle(play)
    said = [m for user in READERS for m in (await play.control.messages(user, threads=True)).messages]
    loud = [m.plain for m in said if m.user_name == "rotate" and any("<!here>" in s for s in _strings(m.raw["blocks"]))]
    loud += [m.plain for m in said if m.user_name == "rotate" and "<!here>" in m.text]
    assert loud == []
    assert any("&lt;!here&gt;" in json.dumps(m.raw["blocks"]) for m in said)
    assert play.bot.process.returncode is None
    await play.bot.stop()
    assert await play.verify_record() == ""
    folder = play.stage.folder
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "sandbox.log")
    assert [name for name in SECRETS if play.facts[name].encode() in kept] == []
    assert b"Traceback" not in (folder / "serve.log").read_bytes()
