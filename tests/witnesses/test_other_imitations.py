"""Two independent imitations of Slack's Web API agree with the sandbox, or the difference is listed with its reason."""

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.sandbox.seed import BOT_SCOPES, Person
from bot.sandbox.world import World
from tests.witnesses.conftest import hotel
from tests.witnesses.disagreements import ERRORS, LACKED, OURS, Witness
from tests.witnesses.peers import BACKLOT_SERVES, EMULATE_SERVES, PEOPLE, SCOPES, asker, backlot, emulate, told
from tests.witnesses.script import Json

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
WITNESSES = pytest.mark.parametrize("witness", ["backlot", "emulate"])

Told = Mapping[str, Mapping[str, Json]]


async def ours() -> dict[str, Json]:
    people = tuple(Person(name=name, real_name=real, email=mail) for name, real, mail in PEOPLE)
    seed = hotel(bot_scopes=(*BOT_SCOPES, *SCOPES)).model_copy(update={"users": people})
    world = World(seed)
    await world.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            ask = asker(http, world.facts()["api_url"], world.facts()["bot_token"])
            return await told(ask, BACKLOT_SERVES | EMULATE_SERVES, ("lobby", "roof"))
    finally:
        await world.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def said(
    require_program: Callable[..., Path],
    require_node_package: Callable[[str], Path],
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Told:
    """What each of the three said to the whole script, by step."""
    node, program = require_program("node"), require_node_package("emulate")
    folder = tmp_path_factory.mktemp("emulate")
    return {
        "sandbox": await ours(),
        "backlot": await backlot(),
        "emulate": await emulate(node, program, folder, free_port()),
    }


def outcome(answer: Json) -> str:
    return "ok" if answer["ok"] else str(answer["error"])


def keys(found: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Gives every key of an answer with the kind of its value: `messages.each.ts` is `str`."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from keys(value, f"{place}.{key}" if place else key)
    elif isinstance(found, list):
        for value in found:
            yield from keys(value, f"{place}.each")
    if place:
        yield place, "number" if isinstance(found, int) and not isinstance(found, bool) else type(found).__name__


def only(one: Json, other: Json) -> set[str]:
    """Answers what only the first has: the keys whose parent both have."""
    found = dict(keys(one)).keys() - dict(keys(other)).keys()
    return {key for key in found if key.rpartition(".")[0] not in found}


def unlisted(witness: str, found: set[str], listed: Mapping[tuple[Witness, str], str]) -> list[str]:
    """Answers the differences that no row explains, and the rows that explain none."""
    patterns = [pattern for who, pattern in listed if who == witness]
    strays = [one for one in sorted(found) if not any(fnmatchcase(one, pattern) for pattern in patterns)]
    idle = [f"no longer: {pattern}" for pattern in patterns if not any(fnmatchcase(one, pattern) for one in found)]
    return strays + idle


def steps(said: Told, witness: str) -> Iterator[tuple[str, Json, Json]]:
    """Gives what both say, where they agree on how it ended."""
    for step, theirs in said[witness].items():
        own = said["sandbox"][step]
        if outcome(own) == outcome(theirs):
            yield step, own, theirs


@WITNESSES
async def test_every_call_ends_the_same_way(said: Told, witness: Witness) -> None:
    assert len(said[witness]) >= 45
    found = {
        f"{step}: {outcome(said['sandbox'][step])}, and {outcome(theirs)} there"
        for step, theirs in said[witness].items()
        if outcome(said["sandbox"][step]) != outcome(theirs)
    }
    assert unlisted(witness, found, ERRORS) == []


@WITNESSES
async def test_nothing_they_tell_is_missing(said: Told, witness: Witness) -> None:
    found = {f"{step}: {key}" for step, own, theirs in steps(said, witness) for key in only(theirs, own)}
    assert unlisted(witness, found, LACKED) == []


async def test_nothing_is_told_that_the_measured_one_does_not_tell(said: Told) -> None:
    """Only backlot is asked: what emulate leaves out says nothing of Slack, it was measured against documentation."""
    found = {f"{step}: {key}" for step, own, theirs in steps(said, "backlot") for key in only(own, theirs)}
    assert unlisted("backlot", found, OURS) == []


@WITNESSES
async def test_a_value_is_of_the_same_kind(said: Told, witness: Witness) -> None:
    for step, own, theirs in steps(said, witness):
        mine, other = dict(keys(own)), dict(keys(theirs))
        differing = {key: (mine[key], other[key]) for key in mine.keys() & other.keys() if mine[key] != other[key]}
        assert {key: kinds for key, kinds in differing.items() if "NoneType" not in kinds} == {}, step


@WITNESSES
async def test_the_same_words_come_back(said: Told, witness: Witness) -> None:
    own, theirs = said["sandbox"], said[witness]
    for step in ("posting", "replying", "posting spaces", "changing", "changing the text alone"):
        assert own[step]["message"]["text"] == theirs[step]["message"]["text"], step
    texts = [[one["text"] for one in found["a thread"]["messages"]] for found in (own, theirs)]
    assert texts[0] == texts[1] == ["Good *morning* &lt;all&gt;", "And to you", "All!"]
    for found in (own, theirs):
        root, first, _ = found["a thread"]["messages"]
        assert root["ts"] == first["thread_ts"] == found["posting"]["ts"]
        assert root["reply_count"] == 2
        assert found["a link into a thread"]["permalink"].endswith(f"&cid={found['posting']['channel']}")
