"""What a suite can see, told without asking a model anything: cases, visible difference, strata, clusters. Pure."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.difftest.power import POWER, USUAL_DISCORDANCE
from bot.difftest.sentences import count
from bot.difftest.stats.planning import fewest_n, noninferiority_n, visible_difference
from bot.difftest.suite.model import Case, DimensionName, Suite

ALPHA: Final = 0.05
"""One side of the 90 % interval that decides."""
FEWEST_CLUSTERS: Final = 10
_SHOWN_TAGS: Final = 12


def sight(suite: Suite) -> Iterator[str]:
    """Lines for people: what each dimension rests on, then what the cases are like, then the digest."""
    exercised: dict[DimensionName, list[Case]] = {
        "quality": [case for case in suite.cases if len(case.assertions) > len(case.about_tools)],
        "tools": [case for case in suite.cases if case.about_tools],
    }
    for dimension, cases in exercised.items():
        yield _dimension(suite, dimension, cases)
    yield f"latency, cost: {count(len(suite.cases), 'case')}"
    tags = Counter(tag for case in suite.cases for tag in dict.fromkeys(case.tags))
    if tags:
        shown = ", ".join(f"{tag} {number}" for tag, number in tags.most_common(_SHOWN_TAGS))
        more = f", and {len(tags) - _SHOWN_TAGS} more" if len(tags) > _SHOWN_TAGS else ""
        untagged = sum(not case.tags for case in suite.cases)
        yield f"tags: {shown}{more}{f'; {untagged} without' if untagged else ''}"
    else:
        yield "tags: none; a tag a case says later where a model is worse"
    yield _clusters(suite)
    if suite.private:
        yield "private: no message shows prompts or answers"
    yield f"digest {suite.digest}"


def _dimension(suite: Suite, dimension: DimensionName, about: Sequence[Case]) -> str:
    if not about:
        return f"{dimension}: no case exercises it, so it is not tested"
    margin, cases = suite.margin(dimension), math.floor(suite.independent(about))
    seen = visible_difference(suite.independent(about), discordance=USUAL_DISCORDANCE, alpha=ALPHA, power=POWER)
    worth = f" (worth {count(cases, 'case')} if those of a cluster behave alike)" if cases < len(about) else ""
    told = f"{dimension}: {count(len(about), 'case')}{worth}, can see a difference of ±{100 * seen:.1f} points"
    told += f"; the margin is {100 * margin:g}"
    fewest = fewest_n(margin, alpha=ALPHA)
    advised = noninferiority_n(discordance=USUAL_DISCORDANCE, margin=margin, difference=0.0, alpha=ALPHA, power=POWER)
    if cases < fewest:
        return f"{told}. A pass takes at least {fewest} cases, so this cannot give one"
    if cases < advised:
        return f"{told}. {count(advised - cases, 'more case')} would usually make it visible"
    return told


def _clusters(suite: Suite) -> str:
    sizes = Counter(case.cluster for case in suite.cases if case.cluster is not None)
    if not sizes:
        return "clusters: none, every case is taken as independent of the others"
    alone = sum(case.cluster is None for case in suite.cases)
    told = f"clusters: {count(len(sizes), 'cluster')}, the largest of {count(max(sizes.values()), 'case')}"
    if alone:
        told += f"; {count(alone, 'case')} in none"
    few = len(sizes) + alone < FEWEST_CLUSTERS
    return f"{told}. Fewer than {FEWEST_CLUSTERS} are inconclusive" if few else told
