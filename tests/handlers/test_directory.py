"""Who people are and what they belong to: fresh, and honest about what could not be read."""

from datetime import timedelta

import pytest

from bot.ports import OutsideError
from bot.runbook.models.people import Group
from tests.handlers import scenes
from tests.handlers.conftest import Workspace

ML = Group(channel="ml-oncall", group="ml-oncall")


async def test_a_person_a_guest_and_a_bot(workspace: Workspace) -> None:
    mia = await workspace.directory.person(workspace.user_id("mia"))
    assert (mia.name, mia.guest, mia.bot, mia.stranger) == ("mia", False, False, False)
    assert (await workspace.directory.person(workspace.user_id("gil"))).guest
    assert (await workspace.directory.person(workspace.world.slack.workspace.bot_user)).bot
    with pytest.raises(OutsideError) as failed:
        await workspace.directory.person("U0NOBODY")
    assert failed.value.code == "unknown_person"


async def test_a_user_group_is_kept_for_ten_seconds_and_not_longer(workspace: Workspace) -> None:
    members = await workspace.directory.group(ML)
    assert members.ids == (workspace.user_id("mia"), workspace.user_id("max"))
    assert members.mention.startswith("<!subteam^S")
    assert (members.problem, members.read_at) == ("", scenes.T0)
    await workspace.do("groups", group="ml-oncall", users=["sam"])
    workspace.clock.at += timedelta(seconds=9)
    assert (await workspace.directory.group(ML)).ids == members.ids
    assert len((await workspace.see("calls", method="usergroups.users.list"))["calls"]) == 1
    workspace.clock.at += timedelta(seconds=1)
    fresh = await workspace.directory.group(ML)
    assert fresh.ids == (workspace.user_id("sam"),)
    assert fresh.read_at == scenes.T0 + timedelta(seconds=10)


async def test_a_list_of_people_asks_slack_nothing(workspace: Workspace) -> None:
    members = await workspace.directory.group(Group(channel="finance-ops", people=("U024BE7LH", "U0FIN")))
    assert members.ids == ("U024BE7LH", "U0FIN")
    assert members.mention == "<@U024BE7LH> <@U0FIN>"
    assert members.problem == ""
    odd = await workspace.directory.group(Group(channel="finance-ops", people=("U024BE7LH", "fin")))
    assert odd.ids == ("U024BE7LH",)
    assert "fin" in odd.problem
    assert [call for call in (await workspace.see("calls"))["calls"] if call["method"].startswith("usergroups")] == []


@pytest.mark.parametrize(
    "fault", [{"kind": "missing_scope", "scope": "usergroups:read"}, {"kind": "revoke_token", "token": "bot"}]
)
async def test_a_group_that_cannot_be_read_says_why_and_has_nobody(workspace: Workspace, fault: dict[str, str]) -> None:
    before = await workspace.directory.group(ML)
    assert before.ids
    workspace.clock.at += timedelta(minutes=1)
    await workspace.do("faults", **fault)
    members = await workspace.directory.group(ML)
    assert members.ids == ()
    assert "@ml-oncall" in members.problem
    await workspace.forget_faults()
    assert (await workspace.directory.group(ML)).ids == before.ids


async def test_groups_that_do_not_exist_or_are_empty(workspace: Workspace) -> None:
    nobody = await workspace.directory.group(Group(channel="x", group="nobody-oncall"))
    assert nobody.problem == "there is no user group @nobody-oncall"
    await workspace.do("groups", group="sre-oncall", users=[])
    empty = await workspace.directory.group(Group(channel="x", group="sre-oncall"))
    assert empty.problem == "user group @sre-oncall has no members"
    upper = await workspace.directory.group(Group(channel="x", group="ML-Oncall"))
    assert upper.ids


async def test_members_of_a_channel_by_name_and_by_id(workspace: Workspace) -> None:
    by_name = await workspace.directory.channel("#model-rotation")
    by_id = await workspace.directory.channel(workspace.channel_id("model-rotation"))
    assert set(by_name.ids) == set(by_id.ids)
    assert workspace.user_id("gil") in by_name.ids
    assert workspace.user_id("sam") not in (await workspace.directory.channel("ml-oncall")).ids


async def test_a_channel_of_many_pages_is_read_whole(workspace: Workspace) -> None:
    room = workspace.world.slack.workspace.channels[workspace.channel_id("model-rotation")]
    room.members.update(f"U0CROWD{number:04}" for number in range(450))
    members = await workspace.directory.channel("model-rotation")
    assert len(members.ids) == len(room.members)


async def test_a_channel_that_cannot_be_read_says_why(workspace: Workspace) -> None:
    strange = await workspace.directory.channel("general")
    assert strange.ids == ()
    assert "/invite @rotate" in strange.problem
    await workspace.do("faults", kind="missing_scope", scope="channels:read")
    refused = await workspace.directory.channel("sre-oncall")
    assert refused.ids == ()
    assert "channels:read" in refused.problem


async def test_without_groups_read_public_channels_are_still_found(workspace: Workspace) -> None:
    await workspace.do("faults", kind="missing_scope", scope="groups:read")
    assert (await workspace.directory.channel("model-rotation")).ids
