"""Whether two models are of one family, by their names: a judge tends to prefer its own (self-preference). Pure."""

import re
from typing import Final

_STEM: Final = re.compile(r"[a-z]{3,}")


def same_family(one: str, other: str) -> bool:
    """Whether two ids name the same maker (`openai/…`), or names that begin with the same word (`gpt-5`, `gpt-4.1`).

    Names can tell no more: a maker's models under different names and without its prefix are not recognised.
    """
    (maker, stem), (other_maker, other_stem) = _parts(one), _parts(other)
    return bool(maker and maker == other_maker) or bool(stem and stem == other_stem)


def _parts(model: str) -> tuple[str, str]:
    *before, name = model.lower().split("/")
    stem = _STEM.match(name)
    return before[-1] if before else "", stem[0] if stem else ""
