"""The scenarios: what people do, and how each must end. `check` names what is not as it must be."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.demo.people import PlayFailedError
from bot.demo.play import End, Play, settle
from bot.demo.runbook import RUNBOOK

CURRENT = "acme/sable-4"
GOOD = "acme/sable-5"
WORSE = "lumen/quill-2"
CLUMSY = "lumen/forge-2"
SLOW = "orbit/comet-1"
DEAR = "orbit/regal-1"
OLDER = "acme/sable-3"

Story = Callable[[Play], Awaitable[None]]
Check = Callable[[End], Iterator[str]]


@dataclass(frozen=True)
class Scenario:
    """A story and how it must end. Sabotaged, `candidate` answers as `instead` would, and the end is not reached."""

    story: Story
    check: Check
    candidate: str = GOOD
    instead: str = WORSE
    quiet_staging: bool = False


async def _to_pilots(play: Play, candidate: str) -> None:
    comparison = await play.compare("mia", candidate, "--reason", '"cheaper at the same quality"')
    await play.promote("mia", comparison)
    await play.approve("max", "pilots")


async def _whole_way(play: Play, candidate: str = GOOD) -> None:
    await _to_pilots(play, candidate)
    await play.approve("max", "global")
    await play.ended()


async def good(play: Play) -> None:
    """A candidate as good as the current model goes all the way."""
    await _whole_way(play)


def good_end(end: End) -> Iterator[str]:
    """Completed, the list met, the candidate everywhere."""
    yield from _phase(end, "completed")
    items = end.said("completed").get("items", [])
    if not items or any(item["state"] != "met" for item in items):
        yield f"the verification list is {[(item['name'], item['state']) for item in items]}, not all met"
    wrong = {stage: model for stage, model in end.models().items() if model != GOOD}
    if wrong:
        yield f"the targets hold {wrong}, not {GOOD}"
    if end.pages():
        yield f"somebody was paged: {end.pages()}"


def _phase(end: End, wanted: str) -> Iterator[str]:
    if end.phase() != wanted:
        yield f"R1 ended {end.phase() or 'before it began'} (through {' > '.join(end.phases())}), not {wanted}"


def _paged(end: End, group: str, cause: str) -> Iterator[str]:
    if (group, cause) not in end.pages():
        yield f"{group} was not paged about {cause}; pages: {end.pages() or 'none'}"


def _bad_comparison(candidate: str, told: str) -> Story:
    async def story(play: Play) -> None:
        await play.people.command("mia", f"/rotate diff {candidate}")
        await play.people.sees("mia", "(?i)worse", seconds=20)
        await play.people.sees("mia", "D1", "ml-oncall")

    story.__doc__ = told
    return story


def _refused_comparison(end: End) -> Iterator[str]:
    if end.verdict() != "fail":
        yield f"the comparison's verdict is {end.verdict() or 'missing'}, not fail"
    yield from _paged(end, "ml", "comparison_failed")
    if not end.untouched():
        yield "a target was changed"
    if end.phase():
        yield "a rotation began"


def _bad_pilots(candidate: str, told: str) -> Story:
    async def story(play: Play) -> None:
        await _to_pilots(play, candidate)
        await play.ended()

    story.__doc__ = told
    return story


def _rolled_back(group: str, dimension: str) -> Check:
    def check(end: End) -> Iterator[str]:
        if end.verdict() != "pass":
            yield f"the comparison's verdict is {end.verdict() or 'missing'}, not pass"
        yield from _phase(end, "rolled_back")
        yield from _paged(end, group, "guardrail_failed")
        failed = [c["dimension"] for c in end.said("guardrail_failed").get("checks", [])]
        if dimension not in failed:
            yield f"the guardrail that failed is {failed}, not {dimension}"
        if end.said("guardrail_failed").get("stage") != "pilots":
            yield f"it failed at {end.said('guardrail_failed').get('stage')}, not at pilots"
        if not end.untouched():
            yield "a target does not hold what it held"

    return check


async def outage(play: Play) -> None:
    """The provider fails for both models while the pilots are watched; it comes back later."""
    await _to_pilots(play, GOOD)
    await play.people.sees("mia", "pilots: watching for", seconds=15)
    await play.tell("provider", "outage", rate=0.5)
    await play.people.sees("sam", "R1", "sre-oncall")
    await play.tell("provider", "outage", rate=0)
    await play.request("max", "global")


def outage_end(end: End) -> Iterator[str]:
    """Held, SRE paged, no rollback of the innocent candidate."""
    yield from _paged(end, "sre", "provider_incident")
    if "rolling_back" in end.phases():
        yield "the innocent candidate was rolled back"
    held = [e for e in end.effects("post_timeline") if e["code"] == "held"]
    if not held:
        yield "the bake was not held"
    if end.models().get("pilots") != GOOD:
        yield f"the pilots hold {end.models().get('pilots')}, not {GOOD}"


async def no_data(play: Play) -> None:
    """Requests stop while the pilots are watched, and do not come back."""
    await _to_pilots(play, GOOD)
    await play.people.sees("mia", "pilots: watching for", seconds=15)
    await play.tell("platform", "traffic", stage="pilots", on=False)
    await play.people.offered("sam", "decide", seconds=20)


def no_data_end(end: End) -> Iterator[str]:
    """Held, then a decision asked; never promoted."""
    yield from _phase(end, "awaiting_decision")
    if not [e for e in end.effects("post_timeline") if e["code"] == "held"]:
        yield "the bake was not held"
    if end.models().get("global") != CURRENT:
        yield "global was changed"


async def quiet_staging(play: Play) -> None:
    """Staging has no traffic: it is judged by read-back, health and a smoke run."""
    comparison = await play.compare("mia", GOOD)
    await play.promote("mia", comparison)
    await play.request("max", "pilots")


def quiet_staging_end(end: End) -> Iterator[str]:
    """Staging passed on its three checks, and the pilots are asked for."""
    yield from _phase(end, "awaiting_approval")
    passed = end.said("stage_passed")
    names = {check["name"] for check in passed.get("checks", [])}
    if passed.get("stage") != "staging" or not {"read-back", "health", "smoke"} <= names:
        yield f"staging was judged by {sorted(names)}, not by read-back, health and smoke"
    if end.models().get("staging") != GOOD or end.models().get("pilots") != CURRENT:
        yield f"the targets hold {end.models()}"


async def not_an_approver(play: Play) -> None:
    """Somebody in no group, the requester and a guest press Approve."""
    comparison = await play.compare("mia", GOOD)
    await play.promote("mia", comparison)
    request = await play.request("max", "pilots")
    for user in ("rex", "mia", "gil"):
        await play.people.click(user, request, "approve")
        await play.people.answered(user, "Who can")
    await settle(play)


def not_an_approver_end(end: End) -> Iterator[str]:
    """Three true answers, and nothing happened."""
    yield from _phase(end, "awaiting_approval")
    codes = [row["code"] for row in end.happened("refused")]
    if len(codes) != 3 or not {"not_entitled", "own_request"} <= set(codes):  # noqa: PLR2004 - three people pressed
        yield f"the refusals are {codes}"
    if end.happened("approve"):
        yield "an approval was taken"
    if end.models().get("pilots") != CURRENT:
        yield "the pilots were changed"


async def double_click(play: Play) -> None:
    """An approver's click reaches the bot twice, and then they press once more."""
    comparison = await play.compare("mia", GOOD)
    await play.promote("mia", comparison)
    request = await play.request("max", "pilots")
    await play.control.fault("duplicate", type="interactive")
    await play.people.click("max", request, "approve")
    answers = await play.control.click("max", request, action_id="approve", stale=True)
    if answers.failure:
        message = f"the second click was not taken: {answers.failure}"
        raise PlayFailedError(message)
    await play.people.answered("max", "approved by max")
    await play.request("max", "global")


def double_click_end(end: End) -> Iterator[str]:
    """One approval, one change, and a true answer to the second click."""
    if len(end.happened("approve")) != 1:
        yield f"{len(end.happened('approve'))} approvals were taken"
    written = [row["event"]["target"] for row in end.happened("target_written")]
    if sorted(written) != ["pilots", "staging"]:
        yield f"targets were written: {written}"
    if not end.happened("refused"):
        yield "the second click was not answered"


async def rollback_after_completion(play: Play) -> None:
    """It is completed, and somebody goes back all the same."""
    await _whole_way(play)
    await play.people.command("mia", '/rotate rollback R1 --reason "customers noticed"')
    await play.people.sees("mia", "Rolled back to", seconds=20)


def back_end(end: End) -> Iterator[str]:
    """Rolled back, every byte as before."""
    yield from _phase(end, "rolled_back")
    if "completed" not in end.phases():
        yield "it was never completed"
    if not end.untouched():
        yield "a target is not byte for byte what it was"
    if end.said("rolled_back").get("unconfirmed"):
        yield "it is unconfirmed although there was traffic"


async def rollback_without_traffic(play: Play) -> None:
    """Going back while no requests flow."""
    await _to_pilots(play, GOOD)
    await play.people.sees("mia", "pilots: watching for", seconds=15)
    await play.tell("platform", "traffic", stage="all", on=False)
    await play.people.command("max", '/rotate rollback R1 --reason "changed our minds"')
    await play.people.sees("mia", "Rolled back to", seconds=20)


def unconfirmed_end(end: End) -> Iterator[str]:
    """Rolled back, every byte as before, and it says that nobody saw traffic."""
    yield from _phase(end, "rolled_back")
    if not end.untouched():
        yield "a target is not byte for byte what it was"
    if end.said("rolled_back").get("unconfirmed") != "no_traffic":
        yield "it does not say unconfirmed"


async def current_retired(play: Play) -> None:
    """The current model is gone: the candidate is judged alone, and the way back is the named one."""
    await play.control.call("PATCH", f"provider/models/{CURRENT}", {"retired": "2026-01-01"})
    comparison = await play.compare("mia", GOOD, "--rollback", OLDER, "--trigger", "deprecated")
    await play.promote("mia", comparison)
    await play.people.offered("max", "decide", seconds=20)
    await play.people.command("max", "/rotate rollback R1")
    await play.people.sees("mia", "Rolled back to", seconds=20)


def retired_end(end: End) -> Iterator[str]:
    """Judged alone and said so; rollback wrote the named model."""
    yield from _phase(end, "rolled_back")
    begun = end.happened("begun")
    if not begun or not begun[0]["state"]["comparison"]["candidate_alone"]:
        yield "the comparison did not judge the candidate alone"
    if not any("alone" in row.data["text"] for row in end.messages):
        yield "no message says that the candidate was judged alone"
    if end.models().get("staging") != OLDER:
        yield f"staging holds {end.models().get('staging')}, not {OLDER}"


async def proposal(play: Play) -> None:
    """The provider announces the current model's end; somebody presses Start under what the bot says of it."""
    runbook = play.stage.folder / RUNBOOK
    often = runbook.read_text(encoding="utf-8") + "catalog: {every: 1s}\n"
    runbook.write_text(often, encoding="utf-8")
    await play.restart_bot()
    await play.control.call("PATCH", f"provider/models/{CURRENT}", {"retired": "2099-01-01"})
    told = await play.people.sees("mia", f"(?s){CURRENT}.*retires.*{GOOD}")
    await play.people.click("mia", told, "start_proposed")
    if await play.control.wait_view("mia", "New model") is None:
        message = "the form never showed the proposed model"
        raise PlayFailedError(message)
    await play.people.fill("mia", {})
    await play.promote("mia", await play.people.offered("mia", "promote", seconds=20))
    await play.approve("max", "pilots")
    await play.approve("max", "global")
    await play.ended()


def proposal_end(end: End) -> Iterator[str]:
    """Told once, and the rotation that came of it is completed with the proposal's reason."""
    yield from _phase(end, "completed")
    told = [row["proposal"]["code"] for row in end.happened("proposed")]
    if told != ["retirement"]:
        yield f"the proposals are {told}, not one retirement"
    begun = end.happened("begun")
    if not begun or begun[0]["state"]["trigger"] != "deprecated" or "retires" not in begun[0]["state"]["reason"]:
        yield "the rotation does not carry the proposal's reason"
    if set(end.models().values()) != {GOOD}:
        yield f"the targets hold {end.models()}, not {GOOD}"


SCENARIOS: Mapping[str, Scenario] = {
    "good": Scenario(good, good_end),
    "quality": Scenario(
        _bad_comparison(WORSE, "A candidate that gives worse answers is compared."), _refused_comparison, WORSE, GOOD
    ),
    "tools": Scenario(
        _bad_comparison(CLUMSY, "A candidate that calls tools wrongly is compared."), _refused_comparison, CLUMSY, GOOD
    ),
    "slow": Scenario(
        _bad_pilots(SLOW, "A candidate that is fast until it has load goes to the pilots."),
        _rolled_back("sre", "latency"),
        SLOW,
        DEAR,
    ),
    "costly": Scenario(
        _bad_pilots(DEAR, "A candidate that is dear for long prompts goes to the pilots."),
        _rolled_back("finance", "cost"),
        DEAR,
        SLOW,
    ),
    "outage": Scenario(outage, outage_end),
    "no-data": Scenario(no_data, no_data_end),
    "quiet-staging": Scenario(quiet_staging, quiet_staging_end, quiet_staging=True),
    "not-an-approver": Scenario(not_an_approver, not_an_approver_end),
    "double-click": Scenario(double_click, double_click_end),
    "rollback-after-completion": Scenario(rollback_after_completion, back_end),
    "rollback-without-traffic": Scenario(rollback_without_traffic, unconfirmed_end),
    "proposal": Scenario(proposal, proposal_end),
    "current-model-retired": Scenario(current_retired, retired_end, instead=CLUMSY),
}
"""Name -> story and end."""
