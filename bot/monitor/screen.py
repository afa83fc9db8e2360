"""Which windows may be judged at all: answered, with traffic, by the right model, in a world that held still meanwhile.

A window that may not be is evidence for nothing. Silence is one reason among them, and never health.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.monitor.account import Account
from bot.monitor.added import NOTHING
from bot.monitor.before import Before
from bot.monitor.incident import Control, Side, control_in
from bot.monitor.membership import Membership, Rows, Window
from bot.monitor.model import Observation
from bot.monitor.placed import Placed, with_tenants
from bot.monitor.reasons import Reason
from bot.monitor.watched import shipped
from bot.monitor.words import own_words, setting_aside
from bot.runbook.models.limits import Checks


@dataclass(frozen=True)
class Screened:
    """A window and why it is set aside (empty: it is judged). `steady` says whether the control held still."""

    window: Window
    reason: str = ""
    steady: bool = True


@dataclass(frozen=True)
class Screen:
    """Sets windows of one bake aside, or lets them through.

    `accounts` are the windows that counted so far: what an arm is held against that has no past.
    """

    membership: Membership
    past: Before
    accounts: Mapping[str, Account] = field(default_factory=dict)

    @property
    def _checks(self) -> Checks:
        return self.membership.plan.checks

    def sift(self, observation: Observation) -> Screened:
        """The window in its arms, with the first reason there is to set it aside."""
        window = self.membership.window(observation)
        if observation.control and not observation.set_aside:
            return Screened(window, steady=observation.control == "steady")
        reason = observation.set_aside or observation.problem
        if not reason and window.requests <= 0:
            reason = Reason.NO_REQUESTS
        share = self.membership.other_share(window, window.candidate, self.membership.candidate)
        if not reason and share > self._checks.other_model_share:
            reason = Reason.ANSWERED_BY_ANOTHER_MODEL
        if not reason:
            reason = setting_aside(word.judged(word.in_window(window)) for word in own_words(self._checks))
        if reason:
            return Screened(window, reason)
        return self._with_control(window)

    def _with_control(self, window: Window) -> Screened:
        control, own_past = self._control(window)
        share = self.membership.other_share(window, window.current, self.membership.current)
        moved = False
        places = with_tenants(self.past.places, (key[1] for key in window.table.keys))
        ours, theirs = Placed(window.table, window.candidate, places), Placed(window.table, control, places)
        for one in shipped(self._checks, self.membership.plan.metrics)[
            :2
        ]:  # errors and latency: what a provider in trouble shows
            name = one.check.name
            account = self.accounts.get(name, Account())
            candidate = Side(one.cells(ours), self.past.candidate.get(name, NOTHING).or_else(account.candidate))
            their_past = self.past.current.get(name, NOTHING).or_else(account.current)
            against = Side(one.cells(theirs), their_past if own_past else NOTHING)
            match control_in(one.check, candidate, against):
                case Control.MOVED_WITH_CANDIDATE:
                    return Screened(window, Reason.BOTH_ARMS_WORSE, steady=False)
                case Control.MOVED:
                    moved = True
                case Control.STEADY:
                    pass
        return Screened(window, steady=not (share > self._checks.other_model_share or moved))

    def _control(self, window: Window) -> tuple[Rows, bool]:
        """Tells whether the provider is at fault: production not yet moved, else what the old model answers still.

        The rows, and whether there is a past of theirs.
        """
        if window.requests_of(window.current) >= self._checks.min_requests:
            return window.current, True
        keys, same, current = window.table.keys, self.membership.same, self.membership.current
        old = {model for model in {key[2] for key in keys} if same(current, model)}
        return [row for row, key in enumerate(keys) if key[2] in old], False
