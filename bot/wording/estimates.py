"""What a comparison is expected to take and to see, before anything is spent."""

from bot.wording.facts import Facts
from bot.wording.units import count, money


def _number(facts: Facts, key: str) -> float:
    value = facts.get(key)
    return value if isinstance(value, int | float) else 0.0


def _cost(facts: Facts) -> str:
    usd = facts.get("usd")
    return f"about {money(usd)}" if isinstance(usd, int | float) else "cost unknown"


def estimate_label(facts: Facts) -> str:
    """The button that agrees to it."""
    return f"Compare: {count(int(_number(facts, 'calls')), 'call')}, {_cost(facts)}"


def takes_words(facts: Facts) -> str:
    """Calls and money, and where it stops by itself."""
    calls = count(int(_number(facts, "calls")), "call")
    if facts.get("own_engine"):
        return (
            f"{calls}, every two of them one run of your own engine, and what they cost is unknown beforehand. ⚠️ The"
            " engine's tools may really run"
        )
    cap = f"it stops by itself at {money(_number(facts, 'most_usd'))}"
    if facts.get("usd") is None:
        return f"{calls}, and what they cost is unknown, because no price of these models is listed; {cap}"
    return f"{calls}, {_cost(facts)}; {cap}"


def sees_words(facts: Facts) -> str:
    """The difference the suite's cases can see, beside the one that is allowed."""
    if facts.get("raw"):
        return "Nothing will be judged: its output is shown, and a person decides"
    cases, fewest = int(_number(facts, "cases")), int(_number(facts, "fewest"))
    seen, allowed = 100 * _number(facts, "visible"), 100 * _number(facts, "margin")
    told = f"Its {count(cases, 'case')} can see a difference of ±{seen:.1f} points; {allowed:g} are allowed"
    if cases < fewest:
        return f"{told}, so it cannot end “fine”: that takes at least {count(fewest, 'case')}"
    return told
