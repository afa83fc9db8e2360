"""Whether the model that answered is the one that was asked. Pure."""

import re
from collections.abc import Iterable
from typing import Final

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
