"""Typing a slash command."""

from bot.sandbox.slack import faults, words
from bot.sandbox.slack.acts import answers, payloads
from bot.sandbox.slack.acts.outcome import Impossible, Outcome, typed
from bot.sandbox.slack.mrkdwn import spoken
from bot.sandbox.slack.refused import Refused
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Channel, User
from bot.sandbox.slack.triggers import ResponseUrl


async def type_command(slack: Slack, user: User, channel: Channel, text: str, thread_ts: str | None) -> Outcome:
    """Types `text` into a channel, or into a thread, where Slack refuses every app's commands."""
    workspace = slack.workspace
    if user.id not in channel.members:
        raise Impossible("not_in_channel", f"{user.name} is not in #{channel.name} and cannot write there", 409)
    if channel.archived:
        raise Impossible("is_archived", f"#{channel.name} is archived, nobody can write there", 409)
    typed(text)
    name, _, rest = text.strip().partition(" ")
    if not name.startswith("/"):
        raise Impossible("not_a_command", "a command begins with a slash; use `say` for a message", 400)
    known = next((found for found in workspace.seed.app.commands if found.command == name), None)
    taken = any(isinstance(f, faults.MissingScope) and f.scope == "commands" for f in slack.faults.standing())
    if known is None or taken or "commands" not in workspace.seed.app.bot_scopes:
        said = workspace.tell_privately(user.id, channel.id, words.NO_SUCH_COMMAND.format(command=name))
        return Outcome(failure="invalid_command", saw=[said], sent=False)
    if thread_ts is not None:
        said = workspace.tell_privately(user.id, channel.id, words.IN_THREAD.format(command=name))
        said.thread_ts = thread_ts
        return Outcome(failure="not_supported_in_threads", saw=[said], sent=False)
    rest = rest.strip()
    path = slack.triggers.response_url("commands", user.id, channel.id)
    payload = {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "team_domain": workspace.seed.domain,
        "channel_id": channel.id,
        "channel_name": payloads.called(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": spoken(workspace, rest, named=True) if known.should_escape else rest,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": payloads.response_url(workspace, path),
        "trigger_id": slack.triggers.trigger(user.id),
    }
    delivery = await slack.courier.interact("slash_commands", name, payload)
    outcome = Outcome(delivery.acked, delivery.failure, delivery=delivery.id)
    if delivery.failure is None and delivery.answer:
        try:
            # The ack's own message is no use of the response URL.
            box = ResponseUrl(path, user.id, channel.id, 0)
            said_back = answers.say(slack, delivery.answer, box)
            outcome.saw = [said_back] if said_back is not None else []
        except Refused as refused:
            outcome.acked, outcome.failure = False, refused.code
    if outcome.failure is not None:
        text = words.COMMAND_FAILED.format(command=name, failure=outcome.failure)
        outcome.saw = [workspace.tell_privately(user.id, channel.id, text)]
    return outcome
