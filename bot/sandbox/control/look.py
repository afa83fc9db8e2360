"""Looking things up for the control API: names to nouns, and what an outcome looks like in JSON."""

from bot.sandbox.slack import faults, seen
from bot.sandbox.slack.acts.clicks import Surface
from bot.sandbox.slack.acts.outcome import Impossible, Outcome
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.site import Slack
from bot.sandbox.slack.state import Channel, Group, Message, User, View


def user(slack: Slack, name: str) -> User:
    """Answers a person by name or id; Impossible for a bot, which nobody can act as."""
    found = slack.workspace.find_user(name)
    if found is None or found.is_bot:
        names = ", ".join(u.name for u in slack.workspace.users.values() if not u.is_bot)
        raise Impossible("user_not_found", f"there is no person {name!r}; there are: {names}")
    return found


def group(slack: Slack, name: str) -> Group | None:
    """Answers a group by handle or id, None when there is none."""
    return slack.workspace.find_group(name)


def channel(slack: Slack, who: User, name: str) -> Channel:
    """Answers a channel this user can read, by name or id; `@rotate` is their direct message with the bot."""
    workspace = slack.workspace
    if name.removeprefix("@") in {workspace.seed.app.name, workspace.bot_user} and not workspace.find_channel(name):
        return workspace.direct(who.id)
    found = workspace.find_channel(name)
    if found is None or not workspace.can_read(who, found):
        names = ", ".join(
            c.name for c in workspace.channels.values() if c.direct is None and workspace.can_read(who, c)
        )
        raise Impossible("channel_not_found", f"{who.name} sees no channel {name!r}; they see: {names}")
    return found


def channels_of(slack: Slack, who: User) -> list[Channel]:
    """Answers the channels a user is in."""
    return [found for found in slack.workspace.channels.values() if who.id in found.members]


def any_channel(slack: Slack, name: str) -> Channel:
    """Answers a channel whoever may read it."""
    found = slack.workspace.find_channel(name)
    if found is None:
        raise Impossible("channel_not_found", f"there is no channel {name!r}")
    return found


def message(slack: Slack, who: User, where: Channel, ts: str) -> Message:
    """Answers a message this user sees."""
    found = slack.workspace.message(where.id, ts, who.id)
    if found is None:
        raise Impossible("message_not_found", f"{who.name} sees no message {ts} in #{where.name}")
    return found


def view(slack: Slack, who: User, view_id: str | None) -> View:
    """Answers a view of this user: by id, `home`, or for None the one on top of the stack."""
    stack = slack.workspace.stacks.get(who.id) or []
    home = slack.workspace.homes.get(who.id)
    if view_id is None:
        found = stack[-1] if stack else None
    elif view_id == "home":
        found = home
    else:
        found = next((v for v in [*stack, *([home] if home else [])] if v.id == view_id), None)
    if found is None:
        what = "no modal is open" if view_id is None else f"there is no view {view_id!r}"
        raise Impossible("view_not_found", f"{what} for {who.name}", 409 if view_id is None else 404)
    return found


def surface(slack: Slack, who: User, channel_name: str | None, ts: str | None, view_id: str | None) -> Surface:
    """Answers the message or view an element is on."""
    if view_id is not None:
        shown = view(slack, who, view_id)
        return Surface(shown.body["blocks"], view=shown)
    if channel_name is None or ts is None:
        raise Impossible("no_place_named", "name a message by channel and ts, or a view by view_id", 400)
    where = channel(slack, who, channel_name)
    said = message(slack, who, where, ts)
    blocks = [*said.blocks, *(block for attachment in said.attachments for block in attachment.get("blocks") or [])]
    return Surface(blocks, channel=where, message=said)


def outcome(slack: Slack, who: User, came: Outcome) -> Json:
    """Answers an outcome as docs/sandbox.md describes it."""
    stack = slack.workspace.stacks.get(who.id) or []
    return {
        "acked": came.acked,
        "failure": came.failure,
        "saw": [seen.message(slack.workspace, who, said) for said in came.saw],
        "notice": came.notice,
        "dialog": came.dialog,
        "sent": came.sent,
        "errors": came.errors,
        "view": seen.view(slack.workspace, stack[-1]) if stack else None,
        "delivery": came.delivery,
    }


def workspace(slack: Slack) -> Json:
    """Answers team, app, users, groups and channels."""
    found = slack.workspace
    app = found.seed.app
    taken = {f.scope for f in slack.faults.standing() if isinstance(f, faults.MissingScope)}
    return {
        "cursor": slack.changes.last,
        "team": {"id": found.team_id, "name": found.seed.team, "domain": found.seed.domain},
        "app": {
            "id": found.app_id,
            "name": app.name,
            "bot_user": found.bot_user,
            "scopes": [scope for scope in app.bot_scopes if scope not in taken],
            "commands": [command.model_dump() for command in app.commands],
            "shortcuts": [shortcut.model_dump() for shortcut in app.shortcuts],
            "events": list(app.events),
            "delivery": {"request_url": slack.courier.request_url, "connections": len(slack.sockets.open)},
        },
        "users": [
            {
                "id": who.id,
                "name": who.name,
                "real_name": who.real_name,
                "title": who.title,
                "is_bot": who.is_bot,
                "guest": who.guest,
                "admin": who.admin,
                "groups": [g.handle for g in found.groups_of(who.id)],
            }
            for who in found.users.values()
        ],
        "groups": [{"id": g.id, "handle": g.handle, "name": g.name, "users": g.users} for g in found.groups.values()],
        "channels": [
            {
                "id": c.id,
                "name": seen.channel_name(found, c),
                "private": c.private,
                "archived": c.archived,
                "topic": c.topic,
                "members": sorted(c.members),
                "direct": c.direct,
            }
            for c in found.channels.values()
        ],
    }
