"""Who may do what as a file writes it: lines and defaults, a slot's own, what is refused, what nobody could act by."""

import json
from pathlib import Path

import pytest

from bot.runbook.changes import changes
from bot.runbook.impossible import never_asked, unreachable_approvals
from bot.runbook.load import checked
from bot.runbook.models.authority import EASY, HOUSE, AuthorityPlan, BreakGlassPlan, Who
from bot.runbook.models.file import Runbook
from bot.runbook.models.people import GroupName
from bot.runbook.models.plan import Plan, authority_in, plan_for
from tests.rotation.cast import FINANCE, ML, SRE
from tests.runbook.conftest import MINIMAL, Loads, Problems, edited

FILE_ONLY = "authority: {steer: [ml], settle: [sre], break_glass: {groups: [ml, sre], count: 3}}\n"
OWN = "\n    authority: {steer: [sre, channel], break_glass: {count: 4}}"


def read(text: str) -> Runbook:
    return checked(text, "runbook.yml", Path())


def with_own(text: str = MINIMAL) -> str:
    first = next(line for line in MINIMAL.splitlines() if "suite:" in line)
    return text.replace(first, first + OWN)


def test_what_is_not_written_is_as_the_house_has_it() -> None:
    plan = plan_for(read(MINIMAL), "chat")
    assert (
        plan.authority
        == HOUSE
        == AuthorityPlan(
            compare=(Who.CHANNEL,),
            steer=(Who.CHANNEL, Who.ML, Who.SRE, Who.FINANCE),
            settle=(ML, SRE),
            freeze=(ML, SRE, FINANCE),
            break_glass=BreakGlassPlan(groups=(), count=2, each=False),
        )
    )
    assert plan.fallback_group is SRE


def test_a_slots_own_lines_win_line_by_line_and_the_files_others_hold() -> None:
    runbook = read(with_own() + FILE_ONLY)
    found = plan_for(runbook, "chat").authority
    assert found == HOUSE.model_copy(
        update={
            "steer": (Who.SRE, Who.CHANNEL),
            "settle": (SRE,),
            "break_glass": BreakGlassPlan(groups=(ML, SRE), count=4),
        }
    )
    assert authority_in(runbook, "chat") == found
    assert authority_in(runbook, "gone").steer == (Who.ML,)


def test_a_line_that_says_the_default_again_wins_over_the_files() -> None:
    again = with_own(MINIMAL).replace(OWN, "\n    authority: {settle: [ml, sre], break_glass: {count: 2}}")
    runbook = read(again + FILE_ONLY)
    assert plan_for(runbook, "chat").authority.settle == (ML, SRE)
    stored = Runbook.model_validate_json(runbook.model_dump_json())
    assert plan_for(stored, "chat") == plan_for(runbook, "chat")
    assert plan_for(stored, "chat").authority.break_glass.count == 2


def test_one_of_each_takes_as_many_as_there_are_groups() -> None:
    written = "authority: {break_glass: {groups: [ml, sre, finance], each: true}}\n"
    assert plan_for(read(MINIMAL + written), "chat").authority.break_glass.needed == 3


@pytest.mark.parametrize("key", ["roll_back", "rollback", "pause"])
@pytest.mark.parametrize("own", [False, True])
def test_rolling_back_and_pausing_cannot_be_restricted(problems: Problems, key: str, own: bool) -> None:
    block = f"authority: {{\n      {key}: [sre]}}"
    text = with_own().replace(OWN.strip(), block) if own else f"{MINIMAL}{block}\n"
    ((line, field, what),) = problems(text)
    assert what == EASY == "Rolling back and pausing are deliberately easy: they cannot be restricted"
    assert field == f"{'slots.chat.' if own else ''}authority.{key}"
    assert key in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    ("block", "field", "says"),
    [
        (
            "{hands_off: [sre]}",
            "authority.hands_off",
            "`settle` says who may settle by hand, retry, confirm, take hands",
        ),
        ("{abort: [sre]}", "authority.abort", "`steer` says who may begin, promote again, resume and abort"),
        ("{approve: [sre]}", "authority.approve", "is said for each stage: `approval` there"),
        ("{decide: [sre]}", "authority.decide", "`fallback_group` where nobody answers"),
        ("{unfreeze: [sre]}", "authority.unfreeze", "whoever set a freeze lifts it"),
        ("{diff: [sre]}", "authority.diff", "is called `compare` here"),
        ("{stear: [sre]}", "authority.stear", "did you mean `steer`?"),
        ("{settle: [channel]}", "authority.settle[1]", "expected one of ml, sre or finance, found 'channel'"),
        ("{steer: [ops]}", "authority.steer[1]", "expected one of channel, ml, sre or finance, found 'ops'"),
        ("{steer: []}", "authority.steer", "is empty, and then nobody could"),
        ("{steer: }", "authority.steer", "is empty"),
        ("{freeze: [ml, ml]}", "authority.freeze", "names ml twice"),
        ("{compare: ml}", "authority.compare", "write [ml]"),
        ("{break_glass: }", "authority.break_glass", "is empty"),
        ("{break_glass: {count: 0}}", "authority.break_glass.count", "at least 1"),
        ("{break_glass: {count: }}", "authority.break_glass.count", "is empty"),
        ("{break_glass: {groups: []}}", "authority.break_glass.groups", "is empty, and then nobody could"),
        ("{break_glass: {each: true}}", "authority.break_glass.each", "name them beside it"),
    ],
)
def test_what_cannot_be_meant_is_answered_where_it_stands(
    problems: Problems, block: str, field: str, says: str
) -> None:
    ((line, found, what),) = problems(f"{MINIMAL}authority: {block}\n")
    assert (line, found) == (len(MINIMAL.splitlines()) + 1, field)
    assert says in what


def test_the_fallback_group_can_be_named(problems: Problems) -> None:
    assert plan_for(read(f"{MINIMAL}fallback_group: ml\n"), "chat").fallback_group is ML
    ((_, field, what),) = problems(f"{MINIMAL}fallback_group: ops\n")
    assert (field, what) == ("fallback_group", "expected one of ml, sre or finance, found 'ops'")


# ---- what was stored before there were such lines


def test_what_says_nothing_of_it_is_stored_as_it_was_and_keeps_its_digest(loads: Loads) -> None:
    loaded = loads(MINIMAL)
    runbook, plan = loaded.runbook.model_dump(mode="json"), plan_for(loaded.runbook, "chat")
    assert not {"authority", "fallback_group"} & {*runbook, *runbook["slots"]["chat"]}
    assert "authority" not in plan.model_dump(mode="json")
    assert Plan.model_validate(plan.model_dump(mode="json")).authority == HOUSE
    written = loads(f"{MINIMAL}authority: {{steer: [channel, ml, sre, finance]}}\nfallback_group: sre\n")
    assert plan_for(written.runbook, "chat").digest() == plan.digest()


def test_what_is_said_counts_for_every_digest_and_reads_back(loads: Loads) -> None:
    seen = set()
    for text in (MINIMAL, MINIMAL + FILE_ONLY, with_own(), with_own() + FILE_ONLY, f"{MINIMAL}fallback_group: ml\n"):
        loaded = loads(text)
        plan = plan_for(loaded.runbook, "chat")
        assert Plan.model_validate_json(plan.model_dump_json()) == plan
        seen.add((loaded.digest, plan.digest()))
    assert len({digest for digest, _ in seen}) == len({digest for _, digest in seen}) == 5


def test_a_changed_line_is_told_for_each_slot_with_both_values() -> None:
    found = changes(read(MINIMAL), read(MINIMAL + FILE_ONLY + "fallback_group: ml\n"))
    assert all(change.weighty for change in found)
    house = [*json.loads(HOUSE.model_dump_json())["steer"]]
    assert {change.field: (change.before, change.after) for change in found} == {
        "slots.chat.authority.steer": (house, ["ml"]),
        "slots.chat.authority.settle": (["ml", "sre"], ["sre"]),
        "slots.chat.authority.break_glass.groups": ([], ["ml", "sre"]),
        "slots.chat.authority.break_glass.count": (2, 3),
        "fallback_group": ("sre", "ml"),
    }


# ---- what nobody could act by

SIZES: dict[GroupName, int | None] = {ML: 2, SRE: 1, FINANCE: 0}


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{steer: [finance]}", ["authority.steer: finance is empty; add people to it"]),
        ("{compare: [finance]}", ["authority.compare: finance is empty; add people to it"]),
        ("{compare: [channel, finance], steer: [finance, sre]}", []),
        (
            "{settle: [finance], freeze: [finance]}",
            ["authority.settle: finance is empty", "authority.freeze: finance is"],
        ),
        ("{break_glass: {groups: [ml, sre], count: 3}}", []),
        (
            "{break_glass: {groups: [ml, sre], count: 4}}",
            ["fail takes 4 people, and ml and sre have 3 people: add people to it, or lower `break_glass.count`"],
        ),
        ("{break_glass: {groups: [ml, finance], each: true}}", ["one of each of its groups, and finance is empty"]),
        (
            "{break_glass: {count: 3}}",
            [
                "takes 3 people, and ml has 2 people",
                "takes 3 people, and sre has 1 person",
                "authority.break_glass: finance is empty",
            ],
        ),
    ],
)
def test_lines_nobody_could_act_by(block: str, says: list[str]) -> None:
    found = unreachable_approvals(read(f"{MINIMAL}authority: {block}\n"), SIZES)
    assert len(found) == len(says)
    for sentence, said in zip(found, says, strict=True):
        assert sentence.startswith("slot chat, authority.")
        assert said.replace("one of each", "it needs somebody of each") in sentence


def test_a_group_of_unknown_size_is_not_called_too_small() -> None:
    runbook = read(f"{MINIMAL}authority: {{steer: [finance], break_glass: {{groups: [ml, sre], count: 9}}}}\n")
    assert unreachable_approvals(runbook, {ML: None, SRE: 1, FINANCE: None}) == ()


# ---- groups that are asked when nobody is waited for any more


@pytest.mark.parametrize(
    ("fallback", "rest", "late"),
    [
        ("[{group: sre, after: 4h}, {group: finance, after: 1d}]", "", {}),
        ("[{group: sre, after: 3d}]", "", {1: "sre is never asked: it would be after 3d, and a request waits 3d"}),
        (
            "[{group: sre, after: 2d}, {group: finance, after: 1d}]",
            "",
            {2: "finance is never asked: it would be after 2d + 1d, and a request waits 3d (`deadlines.approval`)"},
        ),
        ("[{group: sre, after: 2d}, {group: finance, after: 23h}]", "", {}),
        (
            "[{group: sre, after: 20h}, {group: finance, after: 20h}]",
            "deadlines: {approval: 1d}\n",
            {2: "finance is asked in time only where a night or a day off comes between: it would be after 20h + 20h"},
        ),
        (
            "[{group: sre, after: 20h}, {group: finance, after: 20h}]",
            "deadlines: {approval: 1d, count: calendar}\n",
            {2: "finance is never asked"},
        ),
        (
            "[{group: sre, after: 20h}, {group: finance, after: 20h}]",
            "deadlines: {approval: 1d}\nworking_hours: {days: []}\n",
            {2: "finance is never asked"},
        ),
        (
            "[{group: sre, after: 5h}, {group: finance, after: 1h}]",
            "deadlines: {approval: 4h}\n",
            {1: "sre is never asked: it would be after 5h", 2: "finance is never asked: it would be after 5h + 1h"},
        ),
    ],
)
def test_a_step_after_the_end_of_the_waiting_is_named_with_its_place(
    fallback: str, rest: str, late: dict[int, str]
) -> None:
    text = edited(("      pilots:  {", f"      pilots:  {{approval: {{fallback: {fallback}}}, "))
    found = never_asked(read(text + rest))
    stage = ("slots", "chat", "stages", "pilots", "approval", "fallback")
    assert [path for path, _ in found] == [(*stage, number - 1, "after") for number in late]
    for (_, what), says in zip(found, late.values(), strict=True):
        assert what.startswith(says)
