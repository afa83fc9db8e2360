"""A model as it is listed, in words: price, context, abilities, retirement. Unknown is said, never guessed."""

from datetime import datetime

from bot.catalog.model import Kept, Listed
from bot.wording.text import Line, Part, When, line

MILLION = 1_000_000
UNSAID = "nobody says"


def price_words(listed: Listed) -> str:
    """Both prices for a million tokens, and who says so where that is not the provider."""
    price = listed.price
    if price is None:
        return "price unknown"
    source = {"file": " (by the catalog file)", "list": " (by the price list)"}.get(listed.price_from, "")
    both = f"{per_million(price.prompt_usd)} in, {per_million(price.completion_usd)} out per million tokens"
    return f"{both}{source}"


def per_million(usd: float) -> str:
    """A token's price for a million of them: $0.40, $0.075, $15."""
    amount = usd * MILLION
    shown = f"{amount:.4f}".rstrip("0").rstrip(".")
    whole, _, cents = shown.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}" if cents else f"${whole}"


def able_words(listed: Listed) -> str:
    """What it can do: context, tools, structured output, and what goes in and out beside text."""
    context = f"{listed.context:,} tokens of context" if listed.context is not None else "context unknown"
    said = [context, _yes_no("tools", listed.tools), _yes_no("structured output", listed.structured_output)]
    beside = sorted({*(listed.inputs or ()), *(listed.outputs or ())} - {"text"})
    return ", ".join([*said, *([f"also {', '.join(beside)}"] if beside else [])])


def _yes_no(name: str, told: bool | None) -> str:  # noqa: FBT001 - what is told, not how to do it
    return f"{name} unknown" if told is None else name if told else f"no {name}"


def retirement_words(listed: Listed, now: datetime) -> Line:
    """When it is gone; nothing where none is announced."""
    if "retirement date" in listed.unread:
        return ("⚠️ a retirement date is announced that I cannot read: look it up",)
    if listed.retires is None:
        return ()
    verb = "retired" if listed.retires <= now else "retires"
    return line(f"⚠️ {verb} ", When(listed.retires))


def listed_line(row: Kept, now: datetime, before: tuple[Part, ...] = ()) -> Line:
    """One model on a line: id first, as given."""
    listed = row.listed
    gone: Line = ("; ⚠️ no longer listed since ", When(row.gone_at)) if row.gone_at is not None else ()
    retires = retirement_words(listed, now)
    parts: Line = ("; ", *retires) if retires else ()
    return line(*before, f": {price_words(listed)}; {able_words(listed)}", parts, gone)
