"""What Slack's refusals mean to us: whose they are, whether trying again can help, and what to do about them. Pure."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.ports import OutsideError


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error of the Web API means: our code for it, whose it is, whether again can help, what to do."""

    code: str
    whose: str
    again: bool
    what: str


_BOT = "whoever installed the bot"
_ADMIN = "whoever runs this Slack workspace"
_SLACK = "Slack"
_OURS = "a fault of the bot"


def _later(code: str, whose: str, what: str) -> Meaning:
    return Meaning(code, whose, again=True, what=what)


def _never(code: str, whose: str, what: str) -> Meaning:
    return Meaning(code, whose, again=False, what=what)


MEANINGS: Mapping[str, Meaning] = {
    "ratelimited": _later("rate_limited", _SLACK, "Slack asks for fewer messages"),
    "rate_limited": _later("rate_limited", _SLACK, "Slack asks for fewer messages"),
    "not_in_channel": _later("not_in_channel", _ADMIN, "I am not in {channel}: invite me with /invite @rotate"),
    "channel_not_found": _later(
        "channel_not_found",
        _ADMIN,
        "There is no channel {channel} that I can see; if it is private, invite me with /invite @rotate",
    ),
    "is_archived": _later("is_archived", _ADMIN, "{channel} is archived"),
    "restricted_action": _later("restricted", _ADMIN, "I am not allowed to write in {channel}"),
    "message_not_found": _never("message_gone", _ADMIN, "The message was deleted"),
    "cant_update_message": _never("message_gone", _OURS, "The message is not mine to change"),
    "edit_window_closed": _never("message_gone", _ADMIN, "The message may not be changed any more"),
    "cannot_reply_to_message": _never("thread_gone", _ADMIN, "The message this belongs under was deleted"),
    "thread_not_found": _never("thread_gone", _ADMIN, "The message this belongs under was deleted"),
    "token_revoked": _later("token_revoked", _BOT, "Slack refuses SLACK_BOT_TOKEN: it was revoked"),
    "token_expired": _later("token_revoked", _BOT, "Slack refuses SLACK_BOT_TOKEN: it has expired"),
    "invalid_auth": _later("token_refused", _BOT, "Slack refuses SLACK_BOT_TOKEN: it is not valid"),
    "not_authed": _later("token_refused", _BOT, "Slack got no SLACK_BOT_TOKEN"),
    "account_inactive": _later("token_revoked", _BOT, "The bot's account is switched off"),
    "missing_scope": _later("missing_scope", _BOT, "The app lacks the scope {needed}: add it and install anew"),
    "user_not_in_channel": _never("user_not_in_channel", _ADMIN, "That person is not in {channel}"),
    "user_not_found": _never("unknown_person", _ADMIN, "Slack knows no such person"),
    "users_not_found": _never("unknown_person", _ADMIN, "Slack knows no such person"),
    "user_not_visible": _never("unknown_person", _ADMIN, "That person is hidden from the bot"),
    "cannot_dm_bot": _never("unknown_person", _OURS, "Bots get no direct messages"),
    "no_such_subteam": _later("unknown_group", _ADMIN, "There is no such user group"),
    "paid_teams_only": _never("no_user_groups", _ADMIN, "User groups need a paid plan: name people instead"),
    "expired_trigger_id": _never("form_expired", _SLACK, "The form could not be opened in time"),
    "trigger_expired": _never("form_expired", _SLACK, "The form could not be opened in time"),
    "trigger_exchanged": _never("form_expired", _SLACK, "The form was opened already"),
    "messages_tab_disabled": _never("no_direct_message", _BOT, "The app's messages tab is switched off"),
    "invalid_blocks": _never("bad_message", _OURS, "Slack does not take the message as it is laid out"),
    "msg_blocks_too_long": _never("bad_message", _OURS, "Slack finds the message too long"),
    "msg_too_long": _never("bad_message", _OURS, "Slack finds the message too long"),
    "internal_error": _later("unreachable", _SLACK, "Slack had a fault of its own"),
    "fatal_error": _later("unreachable", _SLACK, "Slack had a fault of its own"),
    "service_unavailable": _later("unreachable", _SLACK, "Slack is not available"),
    "request_timeout": _later("unreachable", _SLACK, "Slack did not answer in time"),
}
"""Slack's error -> its meaning. Source: the error tables of docs.slack.dev/reference/methods."""

_RATE_LIMITED = 429
_SERVER_ERROR = 500


def outside(error: Exception, *, channel: str = "", posting: bool = False) -> OutsideError:
    """The failure of a call in our words.

    `posting`: the call says something new, so an answer that was lost may mean that it was said: code `answer_lost`.
    """
    place = f"#{channel.lstrip('#')}" if channel and not channel.isupper() else channel or "that channel"
    if isinstance(error, SlackApiError):
        return _refused(error, place)
    if isinstance(error, aiohttp.ClientConnectorError):
        return OutsideError("Slack cannot be reached", whose=_SLACK, again=True, code="unreachable")
    if isinstance(error, asyncio.TimeoutError | aiohttp.ClientError | SlackClientError | OSError):
        code = "answer_lost" if posting else "unreachable"
        return OutsideError("Slack's answer did not arrive", whose=_SLACK, again=True, code=code)
    return OutsideError(f"Unexpected {type(error).__name__} while talking to Slack", whose=_OURS, again=True)


def _refused(error: SlackApiError, place: str) -> OutsideError:
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    said = data.get("error", "") if isinstance(data, dict) else ""
    if status == _RATE_LIMITED or said in {"ratelimited", "rate_limited"}:
        headers = getattr(response, "headers", None) or {}
        wait = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
        what = f"Slack asks to wait {wait} s" if wait else MEANINGS["ratelimited"].what
        return OutsideError(what, whose=_SLACK, again=True, code="rate_limited")
    if meaning := MEANINGS.get(said):
        needed = data.get("needed", "it asks for") if isinstance(data, dict) else "it asks for"
        what = meaning.what.format(channel=place, needed=needed)
        return OutsideError(what, whose=meaning.whose, again=meaning.again, code=meaning.code)
    if isinstance(status, int) and status >= _SERVER_ERROR:
        return OutsideError(f"Slack answered with status {status}", whose=_SLACK, again=True, code="unreachable")
    return OutsideError(f"Slack refused: {said or 'no reason given'}", whose=_OURS, again=False, code="refused")
