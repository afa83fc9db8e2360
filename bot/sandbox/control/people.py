"""Calls of the control API that a person's hands make."""

from bot.sandbox.control import look, requests
from bot.sandbox.slack import elements, seen
from bot.sandbox.slack.acts import clicks, commands, modals, talk
from bot.sandbox.slack.acts.outcome import Impossible, Outcome
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack


async def command(slack: Slack, asked: requests.Command) -> Json:
    """Types a slash command and waits for its ack or failure."""
    who = look.user(slack, asked.user)
    where = look.channel(slack, who, asked.channel)
    came = await commands.type_command(slack, who, where, asked.text, asked.thread_ts)
    return look.outcome(slack, who, came)


async def say(slack: Slack, asked: requests.Say) -> Json:
    """Says something; `@rotate` in it becomes a mention."""
    who = look.user(slack, asked.user)
    where = look.channel(slack, who, asked.channel)
    came = await talk.say(slack, who, where, asked.text, asked.thread_ts, broadcast=asked.broadcast)
    return look.outcome(slack, who, came) | {"message": seen.message(slack.workspace, who, came.saw[0])}


async def click(slack: Slack, asked: requests.Click) -> Json:
    """Presses a button, chooses from a menu, or enters into an input that dispatches."""
    who = look.user(slack, asked.user)
    surface = look.surface(slack, who, asked.channel, asked.ts, asked.view_id)
    wanted = clicks.Wanted(
        asked.action_id, asked.label, asked.block_id, asked.value, asked.option, asked.confirm, asked.stale
    )
    return look.outcome(slack, who, await clicks.click(slack, who, surface, wanted))


async def options(slack: Slack, asked: requests.Options) -> Json:
    """Answers what a menu offers this user; an external one asks the bot."""
    who = look.user(slack, asked.user)
    surface = look.surface(slack, who, asked.channel, asked.ts, asked.view_id)
    if surface.view is not None:
        fields = [
            p
            for p in elements.inputs(surface.blocks)
            if asked.action_id in {None, p.action_id} and asked.block_id in {None, p.block_id}
        ]
        if fields:
            return await _options(slack, asked, surface, fields[0])
    placed = clicks.find(who, surface, clicks.Wanted(asked.action_id, block_id=asked.block_id))
    return await _options(slack, asked, surface, placed)


async def _options(slack: Slack, asked: requests.Options, surface: clicks.Surface, placed: elements.Placed) -> Json:
    who = look.user(slack, asked.user)
    found, failure = await clicks.options(slack, who, surface, placed, asked.query)
    return {"options": [seen.option(option) for option in found], "failure": failure}


async def submit(slack: Slack, asked: requests.Submit) -> Json:
    """Fills in and sends a modal."""
    who = look.user(slack, asked.user)
    shown = look.view(slack, who, asked.view_id)
    return look.outcome(slack, who, await modals.submit(slack, who, shown, asked.values))


async def close(slack: Slack, asked: requests.Close) -> Json:
    """Closes a modal, or with `all` the whole stack."""
    who = look.user(slack, asked.user)
    shown = look.view(slack, who, asked.view_id)
    return look.outcome(slack, who, await modals.close(slack, who, shown, everything=asked.all))


async def shortcut(slack: Slack, asked: requests.Shortcut) -> Json:
    """Uses a shortcut, on a message where channel and ts are given."""
    who = look.user(slack, asked.user)
    said = None
    if (asked.channel is None) != (asked.ts is None):
        raise Impossible("no_place_named", "a shortcut on a message takes channel and ts", 400)
    if asked.channel is not None and asked.ts is not None:
        said = look.message(slack, who, look.channel(slack, who, asked.channel), asked.ts)
    return look.outcome(slack, who, await talk.use_shortcut(slack, who, asked.callback_id, said))


async def home(slack: Slack, asked: requests.OfUser) -> Json:
    """Opens the app's home tab."""
    who = look.user(slack, asked.user)
    before = slack.workspace.homes.get(who.id)
    shown = seen.view(slack.workspace, before) if before else None
    return look.outcome(slack, who, await talk.open_home(slack, who)) | {"view": shown}


async def react(slack: Slack, asked: requests.React) -> Json:
    """Puts a reaction under a message."""
    who = look.user(slack, asked.user)
    said = look.message(slack, who, look.channel(slack, who, asked.channel), asked.ts)
    return look.outcome(slack, who, await talk.react(slack, who, said, asked.name))


async def delete(slack: Slack, asked: requests.OnMessage) -> Json:
    """Takes a message back."""
    who = look.user(slack, asked.user)
    talk.delete(slack, who, look.message(slack, who, look.channel(slack, who, asked.channel), asked.ts))
    return look.outcome(slack, who, Outcome(acked=True, sent=False))


async def reload(slack: Slack, asked: requests.OfUser) -> Json:
    """Reloads the client: ephemeral messages are gone."""
    who = look.user(slack, asked.user)
    talk.reload(slack, who)
    return look.outcome(slack, who, Outcome(acked=True, sent=False))
