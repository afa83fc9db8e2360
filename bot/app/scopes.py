"""What the app manifest asks Slack for, against what Slack grants: at the start, and with every answer afterwards."""

from collections.abc import Set as AbstractSet
from importlib.resources import files

import structlog
from ruamel.yaml import YAML

from bot.app.slack import SlackRefusedError
from bot.doctor.slack import Scopes
from bot.engine.run import Engine
from bot.engine.scopes import announce_missing
from bot.wording.scopes import needed_sentence
from handlers.client import Granted

log = structlog.get_logger()

SEEN_EVERY_S = 1.0
"""How often what Slack said with its last answers is looked at; nothing is asked for it."""


def manifest_scopes() -> Scopes:
    """The scopes of the manifest that comes with the bot."""
    manifest = files("bot").joinpath("examples", "manifest.yml").read_text("utf-8")
    return Scopes.of(YAML(typ="safe", pure=True).load(manifest))


def missing_now(granted: Granted, scopes: Scopes) -> frozenset[str]:
    """What the manifest asks for and Slack did not grant when it last answered; nothing where it does not say."""
    if granted.scopes is None:
        return frozenset()
    return (scopes.needed | frozenset(scopes.optional)) - granted.scopes


def required(missing: AbstractSet[str], scopes: Scopes) -> None:
    """Raises SlackRefusedError where a scope is missing that the bot cannot work without."""
    if needed := missing & scopes.needed:
        raise SlackRefusedError(needed_sentence(needed))


class ScopesWatch:
    """Tells, once, when a scope goes missing while the bot runs."""

    def __init__(self, granted: Granted, scopes: Scopes, engine: Engine) -> None:
        """Take what Slack's answers say, what is asked for, and whom to tell."""
        self._granted, self._scopes = granted, scopes
        self._engine = engine
        self._seen: frozenset[str] | None = None

    async def look(self) -> None:
        """Compare with what was missing last; what is new goes to the log and to the slots' channels."""
        missing = missing_now(self._granted, self._scopes)
        if missing == self._seen:
            return
        outside = self._engine.outside
        told = await announce_missing(outside.store, self._engine.rules, missing, outside.clock.now())
        self._seen = missing
        if told is not None:
            log.warning("scopes_missing", scopes=list(told.missing))
            self._engine.wake()
