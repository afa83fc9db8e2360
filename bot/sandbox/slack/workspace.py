"""The workspace: who there is, what was said, who sees it. The state behind every method, and its lookups."""

import secrets
import string
from collections.abc import Callable, Iterator

from bot.sandbox.seed import Seed, slack_id
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.state import Channel, File, Group, Message, User, View

Clock = Callable[[], float]
"""Answers the time in seconds since 1970."""

_CAPITALS = string.ascii_uppercase + string.digits
SLACKBOT = "USLACKBOT"


class Workspace:
    """All state of one team with one app installed in it."""

    def __init__(self, seed: Seed, clock: Clock, changes: Changes) -> None:
        self.seed, self.clock, self.changes = seed, clock, changes
        self.base_url = ""
        self.team_id = slack_id("T", seed.domain)
        self.app_id = seed.app.id or slack_id("A", seed.app.name)
        self.bot_id = slack_id("B", seed.app.name)
        self.verification_token = secrets.token_hex(12)
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, Group] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: dict[str, list[Message]] = {}
        self.files: dict[str, File] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.entered: dict[tuple[str, str, str], dict[str, dict[str, Json]]] = {}
        self._last_micros = 0
        self._settle()

    def _settle(self) -> None:
        seed = self.seed
        self.users[SLACKBOT] = User(SLACKBOT, "slackbot", "Slackbot", is_bot=True)
        bot = User(slack_id("U", seed.app.name), seed.app.name, seed.app.name, is_bot=True)
        self.bot_user = bot.id
        self.users[bot.id] = bot
        for person in seed.users:
            known = User(
                person.id or slack_id("U", person.name),
                person.name,
                person.real_name,
                person.title,
                person.email,
                guest=person.guest,
                admin=person.admin,
            )
            self.users[known.id] = known
        by_name = {user.name: user.id for user in self.users.values()}
        for room in seed.channels:
            channel = Channel(
                room.id or slack_id("C", room.name),
                room.name,
                {by_name[name] for name in room.members},
                int(self.clock()),
                room.topic,
                private=room.private,
                archived=room.archived,
            )
            self.add_channel(channel)
        for group in seed.groups:
            group_id = group.id or slack_id("S", group.handle)
            self.groups[group_id] = Group(group_id, group.handle, group.name, [by_name[name] for name in group.users])

    def add_channel(self, channel: Channel) -> None:
        """Takes a channel in, with nothing said in it yet."""
        self.channels[channel.id] = channel
        self.messages[channel.id] = {}

    # Ids and time -----------------------------------------------------------------------------------------------

    def mint(self, prefix: str) -> str:
        """Answers a new random id with this prefix (`V`, `F`, `Ev`)."""
        return f"{prefix}0{''.join(secrets.choice(_CAPITALS) for _ in range(9))}"

    def next_ts(self) -> str:
        """Answers a message timestamp: the clock's, made unique in the workspace."""
        self._last_micros = max(int(self.clock() * 1_000_000), self._last_micros + 1)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    # Lookups ----------------------------------------------------------------------------------------------------

    def find_user(self, name: str) -> User | None:
        """Answers the user with this id or name (`mia`, `@mia`)."""
        bare = name.removeprefix("@")
        return self.users.get(bare) or next((user for user in self.users.values() if user.name == bare), None)

    def find_group(self, name: str) -> Group | None:
        """Answers the group with this id or handle."""
        bare = name.removeprefix("@")
        return self.groups.get(bare) or next((group for group in self.groups.values() if group.handle == bare), None)

    def find_channel(self, name: str) -> Channel | None:
        """Answers the channel with this id or name (`general`, `#general`); direct messages only by id."""
        bare = name.removeprefix("#")
        if bare in self.channels:
            return self.channels[bare]
        return next((c for c in self.channels.values() if c.name == bare and c.direct is None), None)

    def direct(self, user: str) -> Channel:
        """Answers the conversation between this user and the bot, made on first use."""
        channel_id = slack_id("D", user)
        if channel_id not in self.channels:
            members = {user, self.bot_user}
            self.add_channel(Channel(channel_id, "", members, int(self.clock()), private=True, direct=user))
        return self.channels[channel_id]

    def groups_of(self, user: str) -> list[Group]:
        """Answers the groups this user is in."""
        return [group for group in self.groups.values() if user in group.users]

    def can_read(self, user: User, channel: Channel) -> bool:
        """Tells whether a user sees a channel: its members do, and for a public one everybody but guests."""
        return user.id in channel.members or not (channel.private or user.guest)

    def message(self, channel: str, ts: str, user: str | None = None) -> Message | None:
        """Answers a message that is there now; with `user`, one of their ephemeral messages too."""
        found = self.messages.get(channel, {}).get(ts)
        if found is not None:
            return None if found.deleted else found
        own = self.ephemerals.get(user, []) if user else []
        return next((m for m in own if m.channel == channel and m.ts == ts and not m.deleted), None)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """Answers the replies of a thread, oldest first, without its parent."""
        found = self.messages.get(channel, {}).values()
        return [m for m in found if m.thread_ts == ts and m.ts != ts and not m.deleted]

    def visible(self, user: User, channel: Channel) -> Iterator[Message]:
        """Gives what a user can see of a channel, oldest first, ephemeral messages of their own among it."""
        if not self.can_read(user, channel):
            return
        own = [m for m in self.ephemerals.get(user.id, []) if m.channel == channel.id]
        yield from sorted([*self.messages[channel.id].values(), *own], key=lambda m: m.ts)

    def view(self, view_id: str) -> View | None:
        """Answers an open modal or a home tab by its id."""
        return next((view for view in self.views() if view.id == view_id), None)

    def views(self) -> Iterator[View]:
        """Gives every open modal and every home tab."""
        for stack in self.stacks.values():
            yield from stack
        yield from self.homes.values()

    # What happens -----------------------------------------------------------------------------------------------

    def add(self, message: Message) -> Message:
        """Says something: in its channel, or (with `to`) to one user only."""
        if message.to is not None:
            self.ephemerals.setdefault(message.to, []).append(message)
            kind = "ephemeral"
        else:
            self.messages[message.channel][message.ts] = message
            kind = "message"
        message.at = self.clock()
        message.n = self.changes.tell(kind, channel=message.channel, ts=message.ts, user=message.to or message.user)
        return message

    def touch(self, message: Message, kind: str = "changed") -> None:
        """Marks a message as changed."""
        message.at = self.clock()
        message.n = self.changes.tell(kind, channel=message.channel, ts=message.ts, user=message.to)

    def delete(self, message: Message) -> None:
        """Takes a message back; a thread's parent leaves its place behind."""
        message.deleted = True
        message.earlier.append(message.blocks)
        self.touch(message, "deleted")

    def tell_privately(self, user: str, channel: str, text: str) -> Message:
        """Says something as Slackbot that only this user sees."""
        return self.add(Message(channel, self.next_ts(), SLACKBOT, text, to=user, bot=True))
