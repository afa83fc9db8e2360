"""HTML that cannot be injected into: every text becomes text, and only what these functions made is markup."""

from collections.abc import Iterable
from html import escape
from typing import Final

from bot.difftest.report.plain import clean

_VOID: Final = frozenset({"br", "input", "meta"})


class Html(str):
    """Markup that is done; any other string is text."""

    __slots__ = ()


Child = str | Iterable["Child"] | None
"""Text, markup, any number of both, or nothing."""


def tag(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """An element. `class_` is `class`, `data_label` `data-label`; True is an attribute without value, None is none."""
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{head}>") if name in _VOID else Html(f"<{head}>{joined(children)}</{name}>")


def _attribute(key: str, value: str | bool | None) -> str:  # noqa: FBT001 (as HTML has it)
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(clean(value))}"'


def joined(child: Child) -> Html:
    """Children as markup, one after the other."""
    if child is None:
        return Html()
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(clean(child)))
    return Html("".join(joined(each) for each in child))
