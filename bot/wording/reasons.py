"""Why a window does not count or a check cannot tell, in words. Keys are the codes of the monitor's reason list."""

from collections.abc import Sequence

from bot.wording.names import CHECKS
from bot.wording.units import both, count

REASONS = {
    "unreachable": "the metrics source cannot be reached",
    "timeout": "the metrics source did not answer in time",
    "unauthorised": "the metrics source refused our credentials",
    "bad_status": "the metrics source answered with an error",
    "bad_answer": "the metrics source answered something unreadable",
    "clock_skew": "the metrics source's clock is behind ours, so it has not counted this time yet",
    "not_scraped": "nothing was scraped in that time",
    "no_requests": "no requests",
    "answered_by_another_model": "another model than the configured one answered too often",
    "both_arms_worse": "old and new model got worse together: the provider, not the new model",
    "control_changed": "the old model's own figures moved, so the two cannot be compared",
    "unhealthy": "the provider is not healthy",
    "health_unknown": "the provider's health could not be read",
    "no_source": "the runbook names no metrics to watch it by",
    "target_unreadable": "a place could not be read",
    "neighbour_going_back": "a neighbouring model setting went back meanwhile, and its restart is in these figures",
    "target_drifted": "a place holds another model than it was set to",
    "smoke_lost": "too many answers of the smoke run were lost on the way",
    "smoke_failed": "too many cases of the smoke run fail",
    "smoke_unjudged": "too many cases of the smoke run need a judge, and none could tell",
    "smoke_unclear": "more cases of the smoke run fail than may, but too few to be sure",
    "smoke_refused": "the provider's account does not let the smoke run be asked",
    "suite_broken": "the suite cannot be used",
    "look_too_long": "looking took too long",
    "look_crashed": "an unexpected error of ours kept it from being looked at; the log has it",
    "bake_not_over": "the planned looks are not over",
    "cycle_incomplete": "parts of the traffic cycle were never seen with enough of their usual requests",
    "too_few_requests": "too few requests",
    "no_series": "not measured",
    "silent": "nothing was measured any more",
    "mostly_silent": "nothing was measured at more than a third of the checks",
    "warming_up": "warming up: the first requests do not count",
    "unread": "the number could not be read",
    "no_past": "there is nothing from before to compare with",
    "beyond_buckets": "beyond the largest bucket of the latency histogram",
    "spread_changed": "as much on average, but spread quite differently",
    "no_guardrail": "no check that rolls back, which a pass needs",
    "not_enough_evidence": "not enough evidence yet",
    "beyond_margin": "worse by more than is allowed",
    "worst_tenant": "one tenant is worse by more than is allowed, whatever the others show",
    "beyond_limit": "beyond the absolute limit",
    "spent_unknown": "what was spent so far this month is not known in full, so it may be more",
}


_SOURCE = "Mend the metrics source"
_REQUESTS = "Find out why no requests come"
_PROVIDER = "Mend or wait for the provider"
_SMOKE = "Look at the smoke run's answers"
_PLACE = "Put that place right"
_OURS = "Ask whoever runs me; the log has it"
ADVICE = {
    **dict.fromkeys(("unreachable", "timeout", "unauthorised", "bad_status", "bad_answer", "not_scraped"), _SOURCE),
    "clock_skew": "Set the clocks right: that of the metrics source, or that of the machine I run on",
    "no_source": "Name the metrics in the runbook, for the next rotation",
    "no_requests": _REQUESTS,
    "too_few_requests": "Wait for more requests, or send more through",
    "answered_by_another_model": "Find out why another model answers: a fallback or a route of the provider's",
    "both_arms_worse": _PROVIDER,
    "unhealthy": _PROVIDER,
    "health_unknown": "Mend what the platform says of its health",
    "control_changed": "Find out what changed the old model's own figures",
    "target_unreadable": _PLACE,
    "target_drifted": _PLACE,
    "neighbour_going_back": "Wait for the neighbour's way back to be over",
    **dict.fromkeys(("smoke_lost", "smoke_failed", "smoke_unjudged", "smoke_unclear"), _SMOKE),
    "smoke_refused": "Mend the provider's account",
    "suite_broken": "Mend the suite's file",
    "look_too_long": _OURS,
    "look_crashed": _OURS,
}
"""What can be done about why a look says nothing; a reason that is not here has nothing that could be mended."""

WAITING_IS_NO_USE = frozenset({"no_past", "no_source", "no_series", "beyond_buckets"})
"""Reasons that no time and no mending during this rotation ends."""


DESIGNS = {
    "tenant_did": "tenants before and after, against the tenants not changed",
    "pooled_did": "all before and after, against those not changed",
    "concurrent_tenants": "tenants at the same time",
    "concurrent": "both models at the same time",
    "split": "both models at the same time, within the same tenants",
    "own_past": "against its own past",
    "same_hours": "against the same hours of the cycle before",
}
"""What the new model's figures were held against."""

BOUNDS = {
    "pocock": "Pocock's bound for check {look}",
    "obrien_fleming": "O'Brien and Fleming's bound for check {look}",
    "always_valid": "a bound valid at any check",
    "backstop": "beyond the absolute limit in {look} checks",
}
"""How sure it had to be: the bound of a sequential test, or an absolute limit."""


HEARD = {
    "unhealthy": "not healthy at {bad} of {looks}",
    "answered_by_another": "too many answers of another model at {bad} of {looks}",
}
"""How often a runbook's own word on health, or on who answered, was a bad one."""


def is_heard(rule: str) -> bool:
    """Whether the rule is one of `HEARD`."""
    return rule.partition(" ")[0] in HEARD


def _heard(rule: str) -> str:
    counted, _, quoted = rule.partition(": ")
    name, _, of = counted.partition(" ")
    bad, _, looks = of.partition("/")
    said = f"it said “{quoted}”" if quoted else ""
    if bad == "0":
        return said or f"well at the last {count(int(looks), 'check')}"
    often = HEARD[name].format(bad=bad, looks=count(int(looks), "check"))
    return f"{often}; {said}" if said else often


def rule_text(rule: str) -> str:
    """The rule that decided, in words: `own_past pocock 2/3` is what it was held against and the bound it met."""
    if is_heard(rule):
        return _heard(rule)
    said = []
    words = rule.split()
    for at, word in enumerate(words):
        if word in DESIGNS:
            said.append(DESIGNS[word])
        elif word in BOUNDS:
            look = words[at + 1].replace("/", " of ") if len(words) > at + 1 else "each"
            said.append(BOUNDS[word].format(look=look))
    return ", ".join(said) or rule


def reason_text(code: str) -> str:
    """The words of a reason; of `check: reason`, both; free words stay as they are."""
    name, colon, rest = code.partition(": ")
    if colon and (name in CHECKS or rest in REASONS):
        return f"{CHECKS.get(name, name)}: {REASONS.get(rest, rest) or 'not settled'}"
    return REASONS.get(code, code)


def advice_text(codes: Sequence[str]) -> str:
    """What can be done about the reasons of a hold, and whether it then goes on by itself."""
    bare = [code.rpartition(": ")[2] for code in codes]
    said = list(dict.fromkeys(ADVICE[code] for code in bare if code in ADVICE))
    lasting = [REASONS[code] for code in dict.fromkeys(bare) if code in WAITING_IS_NO_USE]
    if lasting:
        return ". ".join([*said, f"Waiting does not end this: {both(lasting)}. It is for somebody to decide"])
    return f"{'; or: '.join(said) or 'See what is missing'}; when it can be judged again, it goes on by itself"


def reasons_text(codes: tuple[str, ...] | list[str]) -> str:
    """Several reasons, each once, in order."""
    return "; ".join(dict.fromkeys(reason_text(code) for code in codes)) or "no reason given"
