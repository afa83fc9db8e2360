"""What Slack hands an app for a while: trigger ids (3 seconds, once) and response URLs (30 minutes, five times)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.seed import Timing
from bot.sandbox.slack import limits
from bot.sandbox.slack.refused import Refused


@dataclass
class Trigger:
    """One user's leave to open a modal; `view` is the modal it came from, if any."""

    id: str
    user: str
    view: str | None
    expires: float
    spent: bool = False


@dataclass
class ResponseUrl:
    """One answer box: for `user` in `channel`, about the message with `ts` if it came from one."""

    path: str
    user: str
    channel: str
    expires: float
    ts: str | None = None
    uses: int = 0


class Triggers:
    """The trigger ids and response URLs that were handed out."""

    def __init__(self, clock: Callable[[], float], timing: Timing, team_id: str) -> None:
        self._clock, self._timing, self._team_id = clock, timing, team_id
        self._triggers: dict[str, Trigger] = {}
        self._urls: dict[str, ResponseUrl] = {}

    def trigger(self, user: str, view: str | None = None) -> str:
        """Answers a new trigger id."""
        made = f"{secrets.randbelow(10**13):013d}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        self._triggers[made] = Trigger(made, user, view, self._clock() + self._timing.trigger)
        return made

    def spend(self, trigger_id: str) -> Trigger:
        """Uses a trigger up.

        Raises:
            Refused: `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.spent:
            raise Refused("exchanged_trigger_id")
        if self._clock() > trigger.expires:
            raise Refused("expired_trigger_id")
        trigger.spent = True
        return trigger

    def response_url(self, kind: str, user: str, channel: str, ts: str | None = None) -> str:
        """Answers the path of a new response URL; `kind` is `commands` or `actions`."""
        path = f"{kind}/{self._team_id}/{secrets.randbelow(10**13):013d}/{secrets.token_urlsafe(18)}"
        self._urls[path] = ResponseUrl(path, user, channel, self._clock() + self._timing.response_url, ts)
        return path

    def use(self, path: str) -> ResponseUrl:
        """Counts one use of a response URL.

        Raises:
            Refused: `no_such_url`, `used_url` or `expired_url`.
        """
        url = self._urls.get(path)
        if url is None:
            raise Refused("no_such_url")
        if self._clock() > url.expires:
            raise Refused("expired_url")
        if url.uses >= limits.RESPONSE_URL_USES:
            raise Refused("used_url")
        url.uses += 1
        return url
