"""Whether the model that answered is the one that was asked. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

BOTH: Final = ", "
"""Between the names of the providers of one conversation's turns, where there was more than one."""

_DATE: Final = re.compile(r"[-@](?P<date>\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{2}-\d{2}|\d{2}-\d{4}|latest)$")


def _stem_and_date(model: str) -> tuple[str, str]:
    """A model id without provider prefix and routing suffix, and its date apart."""
    name = model.lower().rsplit("/", maxsplit=1)[-1].split(":", maxsplit=1)[0]
    found = _DATE.search(name)
    if found is None:
        return name, ""
    date = found["date"].replace("-", "")
    return name[: found.start()], "" if date == "latest" else date


def same_model(asked: str, served: str) -> bool:
    """Whether two ids name one model: provider prefixes, routing suffixes and a date that only one carries aside."""
    (stem, date), (other_stem, other_date) = _stem_and_date(asked), _stem_and_date(served)
    return stem == other_stem and (date == other_date or not date or not other_date)


def served_problem(arm: str, asked: str, served: Iterable[str]) -> str | None:
    """Why the answers of one side cannot be put down to the model that was asked; None when they can."""
    names = sorted(set(served))
    wrong = [name for name in names if not same_model(asked, name)]
    if wrong:
        return f"the {arm} model {asked} was asked, but {', '.join(wrong)} answered"
    dates = {date for _, date in map(_stem_and_date, names) if date}
    if len(dates) > 1:
        return f"more than one version of the {arm} model {asked} answered: {', '.join(names)}"
    return None


def pinned_in(asked: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The providers that were pinned (`provider.only` of a request's parameters); empty when none was."""
    provider = asked.get("provider")
    only = provider.get("only") if isinstance(provider, dict) else None
    if isinstance(only, str):
        return (only,)
    return tuple(name for name in only if isinstance(name, str)) if isinstance(only, list) else ()


def joined_or(names: Sequence[str]) -> str:
    """`azure`, `azure or openai`."""
    return " or ".join(names)


def _plain(provider: str) -> str:
    """A provider's slug or display name without what only one of them has: `google-vertex/eu`, `Google Vertex`."""
    return re.sub(r"[^a-z0-9]", "", provider.lower().split("/", maxsplit=1)[0])


def same_provider(pinned: str, served: str) -> bool:
    """Whether a pinned slug and the name in an answer mean one provider; names are short or long forms of slugs."""
    one, other = _plain(pinned), _plain(served)
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def provider_problem(arm: str, pinned: Sequence[str], served: Sequence[str]) -> str | None:
    """Why answers are not those of one provider, the pinned one where there is; None when they are, or nobody said."""
    if not pinned:
        named = ", ".join(served)
        several = f"the {arm} model was answered by several providers ({named}), which serve it differently; pin one"
        return several if len(served) > 1 else None
    wrong = [name for name in served if not any(same_provider(one, name) for one in pinned)]
    if wrong:
        return f"{joined_or(pinned)} was pinned, but {', '.join(wrong)} answered for the {arm} model"
    if len(served) > 1:
        return f"the {arm} model was answered by more than one of the pinned providers ({', '.join(served)}); pin one"
    return None
