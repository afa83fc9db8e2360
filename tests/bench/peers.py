"""How others judge a canary's error counts, as plain functions from their published rules: our bake's peers.

Each takes both arms' counts look by look and answers the look at which it would roll back, None where it never does.
"""

import math
from collections.abc import Callable, Sequence

from scipy.stats import mannwhitneyu

Counts = Sequence[tuple[int, int]]
"""Bad and total of each look."""
Rule = Callable[[Counts, Counts], int | None]


def threshold(candidate: Counts, current: Counts, *, limit: float = 0.0075, failures: int = 3) -> int | None:
    """Argo Rollouts: more than `failureLimit` looks with errors above the threshold (analysis.go, strict `>`)."""
    del current
    failed = 0
    for look, (bad, total) in enumerate(candidate, start=1):
        failed += bad / total > limit
        if failed > failures:
            return look
    return None


def rank_test(candidate: Counts, current: Counts, *, alpha: float = 0.02, fewest: int = 3) -> int | None:
    """Kayenta: Mann-Whitney on the rates of all looks so far, at 98 % both ways, asked again at every look."""
    ours, theirs = ([bad / total for bad, total in arm] for arm in (candidate, current))
    for look in range(fewest, len(ours) + 1):
        mine, other = ours[:look], theirs[:look]
        if len(set(mine + other)) > 1 and mannwhitneyu(mine, other, alternative="greater").pvalue < alpha / 2:
            return look
    return None


def fixed_test(candidate: Counts, current: Counts, *, z: float = 1.645) -> int | None:
    """A two-proportion z-test at 5 % one-sided on all counts so far, asked at every look as if it were the only one."""
    bad = [0, 0]
    total = [0, 0]
    for look, pair in enumerate(zip(candidate, current, strict=True), start=1):
        for arm, (more_bad, more) in enumerate(pair):
            bad[arm] += more_bad
            total[arm] += more
        if _z(bad, total) > z:
            return look
    return None


def once(candidate: Counts, current: Counts, *, look: int, z: float = 1.645) -> bool:
    """The same test asked once, at one look: the power nobody who looks again and again can have."""
    bad = [sum(one for one, _ in arm[:look]) for arm in (candidate, current)]
    total = [sum(one for _, one in arm[:look]) for arm in (candidate, current)]
    return _z(bad, total) > z


def _z(bad: Sequence[int], total: Sequence[int]) -> float:
    pooled = sum(bad) / sum(total)
    if not 0 < pooled < 1:
        return 0.0
    difference = bad[0] / total[0] - bad[1] / total[1]
    return difference / math.sqrt(pooled * (1 - pooled) * (1 / total[0] + 1 / total[1]))
