"""Private answers to commands, as effects of the outbox: kept until they are given, dropped when they are of no use."""

from datetime import timedelta

from bot.engine.changes import as_json
from bot.engine.chores import Reply
from bot.engine.models.commands import Asked
from bot.engine.models.notes import ReplyNote
from bot.engine.models.plain import Facts
from bot.engine.records import Wanted
from bot.rotation.model.freezes import Binding
from bot.rotation.policy import Deny

ANSWER_LIVES = timedelta(minutes=30)
"""A response URL works for thirty minutes (docs.slack.dev, handling user interaction)."""


def answer_key(command_id: str) -> str:
    """Under which key the outbox has the answer to a command."""
    return f"reply:{command_id}"


def answer(asked: Asked, code: str, **facts: object) -> Wanted:
    """One private answer to whoever asked."""
    note = ReplyNote.model_validate({"code": code, "facts": facts})
    return Wanted(
        subject=f"reply:{asked.actor}",
        lane="reply",
        key=answer_key(asked.id),
        kind="reply",
        body=as_json(Reply(to=asked.reply, note=note)),
        until=asked.at + ANSWER_LIVES,
    )


def frozen_facts(freeze: Binding | None) -> Facts:
    """What an answer says of a freeze that holds what was asked for; nothing where none does."""
    return {"frozen": as_json(freeze)} if freeze is not None else {}


def refusal(asked: Asked, deny: Deny, facts: Facts | None = None) -> Wanted:
    """The answer to somebody who may not, or not now: rule, who can, what instead."""
    return answer(asked, deny.code.value, **{**deny.facts, **(facts or {})})
