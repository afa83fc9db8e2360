"""Which blocks and views Slack takes, by its documented figures, and how they read as plain text."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.seed import Seed
from bot.sandbox.slack import plain
from bot.sandbox.slack.blocks import check_message, check_view, text_length
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.mrkdwn import plain as plain_text
from bot.sandbox.slack.mrkdwn import spoken
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.slackparts import Json, ManualClock, actions, button, field, modal, section, text

CONFIRM = {"title": text("t"), "text": {"type": "mrkdwn", "text": "x"}, "confirm": text("Yes"), "deny": text("No")}


def menu(count: int, **more: object) -> Json:
    options = [{"text": text(f"o{n}"), "value": f"v{n}"} for n in range(count)]
    return {"type": "static_select", "action_id": "pick", "placeholder": text("Pick"), "options": options, **more}


def line(name: str, value: object = 1.5) -> Json:
    return {"name": name, "data": [{"label": label, "value": value} for label in ("a", "b")]}


def chart(title: str = "Errors", **more: object) -> Json:
    drawn = {"type": "line", "series": [line("new"), line("old", 2)], "axis_config": {"categories": ["a", "b"]}}
    return {"type": "data_visualization", "title": title, "chart": {**drawn, **more}}


def pie(*segments: Json) -> Json:
    return {"type": "data_visualization", "title": "Share", "chart": {"type": "pie", "segments": list(segments)}}


def table(rows: int, cells: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


FINE: dict[str, list[Json]] = {
    "a request": [
        {"type": "header", "text": text("Approval needed")},
        section("*x*", accessory=button("Open", "open")),
        section("y", fields=[{"type": "mrkdwn", "text": "f"}] * 10),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}] * 10},
        {"type": "divider"},
        actions(button("Go", "go", style="primary", confirm=CONFIRM), menu(3)),
        {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"},
        table(100, 20),
    ],
    "the newer blocks": [
        {"type": "alert", "text": {"type": "mrkdwn", "text": "x"}, "level": "warning"},
        {"type": "markdown", "text": "# x"},
        {"type": "plan", "title": "Stages", "tasks": [{"task_id": "1", "title": "staging", "status": "complete"}]},
        {"type": "task_card", "task_id": "2", "title": "pilots", "status": "in_progress"},
        {"type": "container", "title": text("Evidence"), "child_blocks": [section("x")]},
        {"type": "card", "title": {"type": "mrkdwn", "text": "x"}, "actions": [button("A", "a")]},
        {"type": "data_table", "caption": "c", "rows": [[{"type": "raw_text", "text": "x"}]]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
        chart(),
        pie({"label": "new", "value": 2}),
    ],
    "the same action in two blocks": [actions(button("A", "same")), actions(button("B", "same"))],
    "fifty blocks": [{"type": "divider"}] * 50,
    "a button for some": [actions(button("A", "a", visible_to_user_ids=["U1"]))],
    "nothing": [],
}

WRONG: dict[str, tuple[Any, str]] = {
    "no list": ({"type": "divider"}, "must be an array"),
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items"),
    "an unknown type": ([{"type": "banner"}], "unsupported type: banner"),
    "an empty section": ([{"type": "section"}], "text or fields"),
    "empty text": ([section("")], "more than 0 characters"),
    "3001 characters": ([section("x" * 3001)], "less than 3001"),
    "a field of 2001": ([section("x", fields=[{"type": "mrkdwn", "text": "x" * 2001}])], "less than 2001"),
    "11 fields": ([section("x", fields=[{"type": "mrkdwn", "text": "f"}] * 11)], "fields"),
    "a mrkdwn header": ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "expected plain_text"),
    "a header of 151": ([{"type": "header", "text": text("x" * 151)}], "150"),
    "a button of 76": ([actions(button("x" * 76, "a"))], "75"),
    "a value of 2001": ([actions(button("x", "a", "v" * 2001))], "2000"),
    "an action_id of 256": ([actions(button("x", "a" * 256))], "255"),
    "a strange style": ([actions(button("x", "a", style="loud"))], "style"),
    "26 elements": ([actions(*(button("x", f"a{n}") for n in range(26)))], "25"),
    "no elements": ([actions()], "at least 1 item"),
    "an action twice in a block": ([actions(button("x", "a"), button("y", "a"))], 'action_id` "a" already exists'),
    "a block_id twice": ([section("x", block_id="b"), section("y", block_id="b")], 'block_id` "b" already exists'),
    "a typed input in actions": ([actions({"type": "plain_text_input", "action_id": "a"})], "unsupported type"),
    "a button in context": ([{"type": "context", "elements": [button("x", "a")]}], "unsupported type: button"),
    "11 in context": ([{"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}] * 11}], "10"),
    "101 options": ([actions(menu(101))], "100"),
    "an option without value": ([actions(menu(0, options=[{"text": text("x")}]))], "value"),
    "a long placeholder": ([actions(menu(1, placeholder=text("x" * 151)))], "151"),
    "half a dialog": ([actions(button("x", "a", confirm={"title": text("t")}))], "missing required field: text"),
    "a dialog title of 101": (
        [actions(button("x", "a", confirm={**CONFIRM, "title": text("t" * 101)}))],
        "100",
    ),
    "three charts": ([chart(), chart(), chart()], "no more than 2 data_visualization"),
    "a chart's long title": ([chart(title="x" * 51)], "less than 51"),
    "an unknown chart": ([chart(type="radar")], "unsupported type: radar"),
    "seven series": ([chart(series=[line(f"s{n}") for n in range(7)])], "no more than 6"),
    "two series of one name": ([chart(series=[line("s"), line("s")])], "must be unique"),
    "a long name": ([chart(series=[line("s" * 21)])], "less than 21"),
    "a missing point": ([chart(series=[{"name": "s", "data": [{"label": "a", "value": 1}]}])], "match the categories"),
    "a point that is no number": ([chart(series=[line("s", "1")])], "must be a number"),
    "21 categories": ([chart(axis_config={"categories": [str(n) for n in range(21)]})], "no more than 20"),
    "a long axis": ([chart(axis_config={"categories": ["a", "b"], "y_label": "y" * 51})], "less than 51"),
    "no slice": ([pie()], "at least 1 item"),
    "a slice of nothing": ([pie({"label": "a", "value": 0})], "greater than 0"),
    "a slice without a name": ([pie({"value": 1})], "more than 0"),
    "two tables": ([table(1, 1), table(1, 1)], "only_one_table_allowed"),
    "101 rows": ([table(101, 1)], "no more than 100"),
    "21 cells": ([table(1, 21)], "no more than 20"),
    "an image without alt text": ([{"type": "image", "image_url": "https://x.example"}], "alt_text"),
    "a key Slack does not know": ([section("x", colour="red")], "invalid additional property: colour"),
    "two much markdown": ([{"type": "markdown", "text": "x" * 7000}] * 2, "12001"),
    "a table cell of nothing": ([{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}], "more than 0"),
    "an unknown level": ([{"type": "alert", "text": text("x"), "level": "panic"}], "level"),
    "text that is no object": ([{"type": "section", "text": "x"}], ""),
    "nonsense inside": ([actions(button("x", "a", confirm="sure"))], ""),
}


@pytest.mark.parametrize("name", FINE)
def test_blocks_slack_takes(name: str) -> None:
    assert check_message(FINE[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_blocks_slack_refuses(name: str) -> None:
    blocks, reason = WRONG[name]
    faults = check_message(blocks)
    assert faults
    assert reason in " ".join(faults)
    assert all(fault.startswith("[ERROR] ") for fault in faults)


def test_faults_point_at_the_place() -> None:
    [fault] = check_message([section("x"), actions(button("x" * 80, "a"))])
    assert fault.endswith("[json-pointer:/blocks/1/elements/0]")


NAMES = ("type", "text", "elements", "fields", "accessory", "element", "label", "rows", "options", "confirm", "blocks")
KINDS = (
    "section",
    "actions",
    "input",
    "table",
    "button",
    "mrkdwn",
    "plain_text",
    "static_select",
    "container",
    "modal",
)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(KINDS)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)


@given(ANY_JSON)
def test_whatever_is_sent_gets_an_answer(sent: Any) -> None:  # noqa: ANN401 - that is the point
    blocks = [{**sent, "type": kind} for kind in KINDS] if isinstance(sent, dict) else sent
    assert all(isinstance(fault, str) for fault in check_message(blocks))
    assert check_view(sent) != [] or sent["type"] == "modal"


GOOD_VIEW = modal(field("Reason", "why"), callback_id="c", private_metadata="{}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": text("x" * 25)}, "24"),
        ({"title": None}, "title"),
        ({"submit": None}, "submit is required"),
        ({"blocks": []}, "at least 1 item"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100"),
        ({"blocks": [table(1, 1)]}, "unsupported type: table"),
        ({"private_metadata": "x" * 3001}, "3000"),
        ({"callback_id": "x" * 256}, "255"),
        ({"type": "window"}, "unsupported view type"),
        ({"colour": "red"}, "invalid additional property"),
        ({"blocks": [{**field("x", "b"), "element": button("x", "a")}]}, "unsupported type: button"),
    ],
)
def test_views_slack_refuses(change: Json, reason: str) -> None:
    assert check_view(GOOD_VIEW) == []
    assert reason in " ".join(check_view({**GOOD_VIEW, **change}))


def test_a_home_tab_has_no_submit() -> None:
    assert check_view({"type": "home", "blocks": [section("x")]}) == []
    assert check_view({"type": "home", "blocks": [section("x")], "submit": text("Go")}) != []


def test_all_text_counts_towards_the_total() -> None:
    assert text_length([section("abc", fields=[{"type": "mrkdwn", "text": "de"}]), actions(button("fg", "a"))]) == 7


# How things read ----------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(clock: ManualClock) -> Workspace:
    return Workspace(Seed(), clock, Changes())


def test_mentions_dates_and_marks_read_as_words(workspace: Workspace) -> None:
    mia, room = workspace.find_user("mia"), workspace.find_channel("ml-oncall")
    group = workspace.find_group("sre-oncall")
    assert mia is not None
    assert room is not None
    assert group is not None
    said = f"*Hi* <@{mia.id}>, see <#{room.id}> &amp; <!subteam^{group.id}>: `a_b_c` _soon_ <https://x.example|here>"
    assert plain_text(workspace, said) == "Hi @mia, see #ml-oncall & @sre-oncall: a_b_c soon here"
    at = int(workspace.clock())
    assert plain_text(workspace, f"<!date^{at}^{{date_short_pretty}} {{time}}|later>") == "today 16:00"
    assert plain_text(workspace, f"<!date^{at - 86400 * 3}^{{date_num}}|later>") == "2025-11-21"
    assert plain_text(workspace, f"<!date^{at}^{{nonsense}}|later>") == "later"
    assert plain_text(workspace, "openai/gpt_4_mini costs 2 * 3 * 4") == "openai/gpt_4_mini costs 2 * 3 * 4"


def test_what_people_type_becomes_entities(workspace: Workspace) -> None:
    mia = workspace.find_user("mia")
    assert mia is not None
    assert spoken(workspace, "@mia <b> mia@acme.example @nobody") == (f"<@{mia.id}> &lt;b&gt; mia@acme.example @nobody")
    assert spoken(workspace, "@mia", named=True) == f"<@{mia.id}|mia>"


@pytest.mark.parametrize(
    ("blocks", "reads"),
    [
        ([section("*A*", fields=[{"type": "mrkdwn", "text": "b"}], accessory=button("Open", "o"))], "A\nb\n[Open]"),
        ([actions(button("Approve", "a"), menu(2), {"type": "overflow", "options": []})], "[Approve] [Pick ▾] […]"),
        ([table(2, 2)], "x | x\nx | x"),
        ([chart()], "Errors\nnew: a 1.5, b 1.5\nold: a 2, b 2"),
        ([pie({"label": "new", "value": 2})], "Share\nnew: 2"),
        ([{"type": "plan", "title": "P", "tasks": [{"title": "t", "status": "in_progress"}]}], "P\nt (in progress)"),
        ([{"type": "container", "title": text("T"), "child_blocks": [section("in")]}], "T\nin"),
        ([{"type": "image", "alt_text": "errors"}], "(errors)"),
        ([field("Reason", "why", initial_value="because")], "Reason: because"),
        ([FINE["the newer blocks"][7]], "x"),
    ],
)
def test_blocks_read_as_plain_text(workspace: Workspace, blocks: list[Json], reads: str) -> None:
    assert plain.of_blocks(workspace, blocks) == reads


def test_every_kind_of_block_reads_somehow(workspace: Workspace) -> None:
    reads: Callable[[Json], str] = lambda block: plain.of_blocks(workspace, [block])  # noqa: E731 - one line, used once
    silent = [b["type"] for blocks in FINE.values() for b in blocks if not reads(b) and b["type"] != "divider"]
    assert silent == []
