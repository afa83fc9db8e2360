"""The bot is killed at a commit or a call, started again, and must come to the same end with every change made once.

The points are those a counting run came by (tests/kill/points.py). `make test` plays twelve of each run, spread over
it; `make slow` plays them all. A run dies at several of them, far apart, so that playing them all takes hours no more.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.demo.people import PlayFailedError
from bot.demo.play import End, Play
from bot.demo.scenarios import CURRENT, GOOD, SCENARIOS, SLOW, Scenario
from tests.kill.judge import problems
from tests.kill.world import Run, Samples, run

AT_ONCE = 3
DEATHS = 4
"""In one run, evenly over it: each has been got over when the next one comes."""
UNSEEDED = 8
"""Answers of the comparison that a run asks for itself, so that some points lie in there; the others are put under it
as if it had asked before."""
UNREACHED = 1 / 3
"""At most this share of the points may not come up again: what is asked time and again is asked more or less often."""


async def runs(play: Play, stage: str, model: str) -> None:
    """Wait until a stage runs a model. Raises PlayFailedError."""
    for _ in range(300):
        found = (await play.platform())["stages"][stage]["running"]
        if found == model:
            return
        await asyncio.sleep(0.1)
    message = f"{stage} never ran {model}, but {found}"
    raise PlayFailedError(message)


async def roll_back(play: Play) -> None:
    """While the pilots are watched, somebody goes back."""
    comparison = await play.compare("mia", GOOD)
    await play.promote("mia", comparison)
    await play.approve("max", "pilots")
    await runs(play, "pilots", GOOD)
    await play.people.command("max", '/rotate rollback R1 --reason "changed our minds"')
    await play.ended()


async def compare_on_trial(play: Play) -> None:
    """A comparison of a slot with a test target."""
    await play.compare("mia", GOOD)


def put_back_end(end: End) -> Iterator[str]:
    """The verdict is there, and every byte is as before."""
    if not end.untouched():
        yield "a place does not hold what it held"
    if end.pages():
        yield f"somebody was paged: {end.pages()}"


def rolled_back_end(end: End) -> Iterator[str]:
    """Rolled back on request, nobody paged, every byte as before."""
    if end.phase() != "rolled_back":
        yield f"R1 ended {end.phase()} (through {' > '.join(end.phases())})"
    if not end.untouched():
        yield "a target does not hold what it held"
    if end.pages():
        yield f"somebody was paged: {end.pages()}"


@dataclass(frozen=True)
class Killed:
    """A scenario to be killed in, and the values each stage's file must go through, in order."""

    scenario: Scenario
    candidate: str
    values: dict[str, list[str]]
    trial: bool = False


THERE = {stage: [CURRENT, GOOD] for stage in ("staging", "pilots", "global")}
RUNS = {
    "good": Killed(SCENARIOS["good"], GOOD, THERE),
    "slow": Killed(
        SCENARIOS["slow"],
        SLOW,
        {"staging": [CURRENT, SLOW, CURRENT], "pilots": [CURRENT, SLOW, CURRENT], "global": [CURRENT]},
    ),
    "rollback": Killed(
        Scenario(roll_back, rolled_back_end),
        GOOD,
        {"staging": [CURRENT, GOOD, CURRENT], "pilots": [CURRENT, GOOD, CURRENT], "global": [CURRENT]},
    ),
    "trial": Killed(Scenario(compare_on_trial, put_back_end), GOOD, {"trial": [CURRENT, GOOD, CURRENT]}, trial=True),
}


def distinct(points: Sequence[str]) -> list[str]:
    """The points without those at which dying leaves the same as at the point before.

    Between the end of one commit or call and the beginning of the next, nothing happens that outlives the process.
    """
    following = zip(["", *points], points, strict=False)
    return [here for last, here in following if not (last.startswith("after ") and here.startswith("before "))]


def spread(points: Sequence[str], wanted: int) -> list[str]:
    """That many of the points, evenly over the run."""
    return [points[(2 * place + 1) * len(points) // (2 * wanted)] for place in range(wanted)]


async def recorded(candidate: str, folder: Path) -> Samples:
    """The answers of one whole comparison."""

    async def story(play: Play) -> None:
        await play.compare("mia", candidate)

    done = await run(Scenario(story, lambda _: iter(())), folder)
    if done.failure:
        raise PlayFailedError(done.failure)
    return Samples.of(folder / "rotate.db", UNSEEDED)


async def counted(killed: Killed, folder: Path) -> tuple[Samples, list[str]]:
    """The points of the run, and the answers to put under the others."""
    samples = await recorded(killed.candidate, folder / "recorded")
    whole = await run(killed.scenario, folder / "whole", samples=samples, trial=killed.trial)
    wrong = problems(whole, killed.scenario, killed.values)
    assert not wrong, wrong
    return samples, distinct(whole.points)


def dealt(points: Sequence[str], deaths: int = DEATHS) -> list[list[str]]:
    """The points as one hand a run, each with points from all over it."""
    runs = -(-len(points) // deaths)
    return [list(points[first::runs]) for first in range(runs)]


async def die_at(killed: Killed, points: Sequence[str], samples: Samples, folder: Path) -> list[tuple[list[str], Run]]:
    """One run for each hand of points."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(place: int, hand: list[str]) -> tuple[list[str], Run]:
        async with gate:
            return hand, await run(killed.scenario, folder / f"{place:04}", hand, samples, trial=killed.trial)

    hands = dealt(points)
    done = await asyncio.gather(*(one(*numbered) for numbered in enumerate(hands)), return_exceptions=True)
    broken = [f"{hand}: {error!r}" for hand, error in zip(hands, done, strict=True) if isinstance(error, Exception)]
    assert broken == []  # named by their points, once all others are played
    return [one for one in done if not isinstance(one, BaseException)]


async def play_kills(name: str, folder: Path, wanted: int | None) -> None:
    killed = RUNS[name]
    samples, points = await counted(killed, folder)
    chosen = list(dict.fromkeys(points if wanted is None else spread(points, wanted)))
    done = await die_at(killed, chosen, samples, folder)
    reached = sum(one.deaths for _, one in done)
    sys.stdout.write(f"\n{name}: {len(points)} points, killed at {reached} of the {len(chosen)} played\n")
    found = {", ".join(hand): problems(one, killed.scenario, killed.values) for hand, one in done}
    assert {hand: wrong for hand, wrong in found.items() if wrong} == {}
    assert len(chosen) - reached <= UNREACHED * len(chosen)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", RUNS)
async def test_killed_at_twelve_points_it_comes_to_the_same_end(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        await play_kills(name, tmp_path, 12)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("name", RUNS)
async def test_killed_at_every_point_it_comes_to_the_same_end(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        await play_kills(name, tmp_path, None)
