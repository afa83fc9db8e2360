"""Exact operating characteristics of a comparison's looks: paired yes/no cases, every outcome enumerated."""

from dataclasses import dataclass

import numpy as np  # noqa: TID253 (tests may be heavy)
from scipy.signal import fftconvolve
from scipy.stats import multinomial

from bot.difftest.stats.binary import tango_z
from bot.difftest.stats.spending import nominal_levels
from bot.student import normal_quantile


@dataclass(frozen=True)
class Course:
    """How a comparison of one dimension ends, and how many cases it asks on average."""

    passed: float
    failed: float
    cases: float


def course(cases: int, looks: int, wins: float, losses: float, *, margin: float = 0.05) -> Course:
    """The chances when a case is a win or a loss so often; one look is the rule without early stopping."""
    seen = [round(cases * (look + 1) / looks) for look in range(looks)]
    levels = nominal_levels(0.05, tuple(number / cases for number in seen))
    most = int(cases * max(wins, losses) + 8 * (cases * max(wins, losses)) ** 0.5 + 8)
    going = np.zeros((most + 1, most + 1))
    going[0, 0] = 1.0
    passed = failed = asked = 0.0
    before = 0
    z_last = normal_quantile(1 - levels[-1])
    for number, level in zip(seen, levels, strict=True):
        going = _stepped(going, number - before, wins, losses, most)
        asked += float(going.sum()) * (number - before)
        before = number
        z = normal_quantile(1 - level)
        drawn_in = None if number == cases else ((number / cases) ** 0.5 * z_last - 1) / z
        ends = _ends(number, z, margin, most, drawn_in)
        passed += float(going[ends > 0].sum())
        failed += float(going[ends < 0].sum())
        going = np.where(ends == 0, going, 0.0)
    return Course(passed, failed, asked)


def _stepped(going: np.ndarray, cases: int, wins: float, losses: float, most: int) -> np.ndarray:
    size = min(cases, most) + 1
    b, c = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    rest = cases - b - c
    step = multinomial.pmf(np.stack([b, c, np.maximum(rest, 0)], axis=-1), cases, [wins, losses, 1 - wins - losses])
    return np.asarray(fftconvolve(going, np.where(rest >= 0, step, 0.0))[: most + 1, : most + 1])


def _ends(n: int, z: float, margin: float, most: int, drawn_in: float | None) -> np.ndarray:
    """1 where the look ends in pass, -1 where it ends in fail, for each number of wins and losses."""
    found = np.zeros((most + 1, most + 1))
    for b in range(most + 1):
        for c in range(min(most, n - b) + 1):
            if tango_z(b, c, n, -margin) > z:
                found[b, c] = 1
            elif tango_z(b, c, n, 0.0) < -z and (drawn_in is None or not _would_pass(b, c, n, z, margin, drawn_in)):
                found[b, c] = -1
    return found


def _would_pass(b: int, c: int, n: int, z: float, margin: float, drawn_in: float) -> bool:
    """Whether difference - (difference - low) * drawn_in lies above -margin, asked of the score without solving it."""
    difference = (b - c) / n
    bound = max(-1.0, min(1.0, difference - (difference + margin) / drawn_in))
    above = tango_z(b, c, n, bound) > z
    return above if drawn_in > 0 else not above
