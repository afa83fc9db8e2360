"""What the platform's models cost, by time: kept by the second for some hours, asked by model or by day."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from bot.sandbox.platform.worker import Bill

KEPT_SECONDS = 6 * 3600
PRUNE_EVERY = 600
Group = Literal["model", "day"]


class Costs:
    """Bills by whole second and model. Times are epoch seconds."""

    def __init__(self) -> None:
        self._bills: dict[tuple[int, str], Bill] = {}
        self._pruned = 0

    def add(self, at: float, bill: Bill) -> None:
        """Book a bill to the second it was run up in."""
        if bill.requests == 0:
            return
        second = int(at)
        key = (second, bill.model)
        self._bills[key] = self._bills.get(key, Bill(bill.model)).plus(bill)
        if second - self._pruned > PRUNE_EVERY:
            self._pruned = second
            self._bills = {key: kept for key, kept in self._bills.items() if key[0] >= second - KEPT_SECONDS}

    def between(self, start: float, end: float, group: Group) -> list[dict[str, object]]:
        """Rows for [start, end): one for each model, or each UTC day, with dollars, requests and tokens."""
        name: Callable[[int, str], str] = (
            (lambda _second, model: model)
            if group == "model"
            else (lambda second, _model: datetime.fromtimestamp(second, UTC).date().isoformat())
        )
        sums: dict[str, Bill] = {}
        for (second, model), bill in self._bills.items():
            if start <= second < end:
                label = name(second, model)
                sums[label] = sums.get(label, Bill(label)).plus(bill)
        return [
            {
                group: label,
                "cost_usd": round(bill.cost_usd, 9),
                "requests": bill.requests,
                "prompt_tokens": bill.prompt_tokens,
                "completion_tokens": bill.completion_tokens,
            }
            for label, bill in sorted(sums.items())
        ]
