"""docs/rotation.md: every cause somebody is told of, whose it is, and whether they must act, read from the routing."""

from typing import Final

from bot.escalation.routing import ROUTES, Route

PAGE: Final = "docs/rotation.md"
BLOCK: Final = "causes and who is told"


def render() -> str:
    """One row a cause."""
    rows = [f"| `{cause}` | {_group(route)} | {_word(route)} |" for cause, route in ROUTES.items()]
    return "\n".join(["| cause | told to | first words |", "|---|---|---|", *rows])


def _group(route: Route) -> str:
    return "the owner of what failed" if route.group is None else route.group.value.upper()


def _word(route: Route) -> str:
    if route.group is None and not route.action:
        return "For your information; Action needed for an outage (health)"
    if route.again:
        return "Action needed, told anew until somebody has it"
    return "Action needed" if route.action else "For your information"
