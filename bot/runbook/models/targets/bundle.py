"""What is set together with a model: for each further variable, which value goes with which model. Pure."""

import re
from collections.abc import Mapping

Companions = dict[str, dict[str, str | None]]
"""By variable: by model id (or the beginning of one, with `*` at its end) the value that goes with it; None: unset."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def goes_with(also: Companions, model: str | None) -> Mapping[str, str | None]:
    """What every further variable holds beside this model; all are unset where the model is (None).

    The model's own entry counts before a beginning of it, a longer beginning before a shorter one. Raises KeyError
    with the name of a variable that has no entry for the model.
    """
    return {name: None if model is None else _value(name, by_model, model) for name, by_model in also.items()}


def _value(name: str, by_model: Mapping[str, str | None], model: str) -> str | None:
    if model in by_model:
        return by_model[model]
    begun = [entry for entry in by_model if entry.endswith("*") and model.startswith(entry[:-1])]
    if not begun:
        raise KeyError(name)
    return by_model[max(begun, key=len)]


def whole_companions(also: Companions, variable: str | None) -> str:
    """What is wrong with them; empty when nothing is."""
    for name, by_model in also.items():
        if not _NAME.fullmatch(name):
            return f"{name!r} is no variable: expected letters, digits and underscores, not beginning with a digit"
        if name == variable:
            return f"{name} is the variable that holds the model itself; `also` names those that go with it"
        if not by_model:
            return f"{name} says for no model what it holds; expected entries such as `openai/*: openai`"
    return ""
