"""What a comparison is expected to take and to see, before anything is spent."""

from bot.wording.facts import Facts
from bot.wording.units import count, money


def _number(facts: Facts, key: str) -> float:
    value = facts.get(key)
    return value if isinstance(value, int | float) else 0.0


def _cost(facts: Facts) -> str:
    """The money, and what is known of it: the most it can be, what it was before, or a guess that says so."""
    usd = facts.get("usd")
    if not isinstance(usd, int | float):
        return "cost unknown"
    match facts.get("basis"):
        case "limit":
            return f"at most about {money(usd)}"
        case "assumed":
            return f"about {money(usd)} if answers are {_number(facts, 'answer_tokens'):.0f} tokens long"
        case _:
            return f"about {money(usd)}"


def estimate_label(facts: Facts) -> str:
    """The button that agrees to it."""
    return f"Compare: {count(int(_number(facts, 'calls')), 'call')}, {_cost(facts).partition(' if ')[0]}"


def takes_words(facts: Facts) -> str:
    """Calls and money, and where it stops by itself."""
    judge = int(_number(facts, "judge_calls"))
    calls = count(int(_number(facts, "calls")), "call") + (
        f" (at most {judge:,} of them to the judge)" if judge else ""
    )
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
    its = f"Its {count(cases, 'case')}"
    if cases < fewest:
        few = f"{its} cannot end “fine”, even where the models agree on all of them: that takes at least"
        return f"{few} {count(fewest, 'case')}, with {allowed:g} points allowed"
    doubtful = f"where the models disagree on one case in ten, they can see a difference of ±{seen:.1f} points"
    if seen > allowed:
        return f"{its} suffice where the models agree on nearly all of them; {doubtful}, and {allowed:g} are allowed"
    return f"{its} suffice: even {doubtful}, and {allowed:g} are allowed"
