"""What a cheaper model would save in a year, and between which bounds that lies. Pure."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from bot.catalog.model import Amount, Saving
from bot.difftest.model.chat import TokenPrice
from bot.student import t_quantile

YEAR: Final = 365
CONFIDENCE: Final = 0.9
"""Of the range the yearly spend lies in, as everywhere in the product."""
FEWEST_DAYS: Final = 3
"""Fewer days say nothing of how much they differ."""


def saving(current: TokenPrice, candidate: TokenPrice, days: Sequence[float]) -> Saving | None:
    """At the same number of tokens, from what each of the last days has cost in US dollars; None at unknown shares.

    How the spend divides into prompts and answers is not known, so the share lies between those of the two. The days
    are taken for a sample of the year's: its spend has a Student's t interval. Both together bound the saving.
    """
    shares = [_cheaper(current.prompt_usd, candidate.prompt_usd)]
    shares.append(_cheaper(current.completion_usd, candidate.completion_usd))
    known = [share for share in shares if share is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    return Saving(cheaper_low=low, cheaper_high=high, a_year=_a_year(low, high, days), days=len(days))


def _cheaper(current: float, candidate: float) -> float | None:
    """By which share a token costs less (below 0: more); None where it cost nothing before and does not now either.

    What was for nothing and no longer is has no share: it can only be told as dearer without end.
    """
    if current == 0:
        return None if candidate == 0 else float("-inf")
    return 1 - candidate / current


def _a_year(low: float, high: float, days: Sequence[float]) -> Amount | None:
    if not days or low == float("-inf"):
        return None
    spend = fmean(days) * YEAR
    spread = 0.0
    if len(days) >= FEWEST_DAYS:
        spread = t_quantile((1 + CONFIDENCE) / 2, len(days) - 1) * stdev(days) / sqrt(len(days)) * YEAR
    ends = [share * bound for share in (low, high) for bound in (max(0.0, spend - spread), spend + spread)]
    return Amount(usd=(low + high) / 2 * spend, low=min(ends), high=max(ends))
