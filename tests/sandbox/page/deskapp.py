"""An app that lets guests into a hotel: the page is proven with it, and so knows nothing of this repository's bot."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.sandbox.seed import App, Command, Person, Room, Seed, Shortcut, UserGroup
from bot.sandbox.world import World
from tests.sandbox.slackparts import EVERY_SCOPE, Json, actions, bolt, button, field, modal, section, text

ROOMS = ("Attic", "Cellar", "Garden")
GUESTS = tuple(f"{name} Example" for name in ("Ada", "Bob", "Cleo", "Dan", "Eve"))


def seed() -> Seed:
    everybody = ("ann", "ben", "cy")
    return Seed(
        team="Hotel",
        rate_limit_scale=100,
        app=App(
            name="desk",
            bot_scopes=EVERY_SCOPE,
            commands=(
                Command(command="/book", description="Book a room", usage_hint="now | later TIME"),
                Command(command="/whisper", description="Says it to you alone", usage_hint="TEXT"),
            ),
            shortcuts=(Shortcut(name="Pin to the board", callback_id="pin", type="message"),),
        ),
        users=(
            Person(name="ann", real_name="Ann Ash", title="Host", admin=True),
            Person(name="ben", real_name="Ben Bay", title="Guest care"),
            Person(name="cy", real_name="Cy Cole"),
        ),
        groups=(UserGroup(handle="hosts", name="Hosts", users=("ann",)),),
        channels=(
            Room(name="lobby", members=(*everybody, "desk"), topic="Who sleeps where"),
            Room(name="kitchen", members=("ann", "desk")),
            Room(name="vault", members=("ben", "desk"), private=True),
        ),
    )


def option(label: str, value: str) -> Json:
    return {"text": text(label), "value": value}


def booking() -> Json:
    room = {
        "type": "input",
        "block_id": "room",
        "label": text("Room"),
        "element": {
            "type": "static_select",
            "action_id": "room",
            "placeholder": text("Which one?"),
            "options": [option(name, name.lower()) for name in ROOMS],
        },
    }
    guest = {
        "type": "input",
        "block_id": "guest",
        "label": text("Guest"),
        "optional": True,
        "element": {"type": "external_select", "action_id": "guest", "min_query_length": 0},
    }
    reason = field("Reason", "reason", multiline=True) | {"hint": text("A few words")}
    return modal(room, guest, reason, title="Book a room", callback_id="booking")


def request(room: str, guest: str, reason: str) -> list[Json]:
    sure = {
        "title": text("Let them in?"),
        "text": text(f"{room} for {guest}"),
        "confirm": text("Yes"),
        "deny": text("No"),
    }
    return [
        section(f"*{room}* for {guest}: {reason}"),
        actions(
            button("Let in", "accept", room, style="primary", confirm=sure),
            button("Turn away", "refuse", room, style="danger"),
            block_id="decide",
        ),
    ]


class Desk:
    """The app and what it was told. While `slow` is held, it takes its time over a modal."""

    def __init__(self, world: World) -> None:
        self.app: AsyncApp = bolt(world)
        self.heard: list[Json] = []
        self.slow = asyncio.Event()
        self.slow.set()
        self._listen()

    def _listen(self) -> None:
        app = self.app
        app.command("/book")(self._book)
        app.command("/whisper")(self._whisper)
        app.options("guest")(self._guests)
        app.view("booking")(self._booked)
        app.action("accept")(self._accept)
        app.action("refuse")(self._refuse)
        app.shortcut("pin")(self._pin)
        app.event("app_mention")(self._mentioned)
        app.event("app_home_opened")(self._home)

    async def _book(self, ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=booking())

    async def _whisper(self, ack: Any, command: Json) -> None:  # noqa: ANN401
        await ack(f"Only for you: {command['text']}")

    async def _guests(self, ack: Any, payload: Json) -> None:  # noqa: ANN401
        found = [name for name in GUESTS if payload["value"].lower() in name.lower()]
        await ack(options=[option(name, f"g-{GUESTS.index(name)}") for name in found])

    async def _booked(self, ack: Any, view: Json, client: Any) -> None:  # noqa: ANN401
        values = view["state"]["values"]
        reason = values["reason"]["text"]["value"]
        await self.slow.wait()
        if reason == "none":
            await ack(response_action="errors", errors={"reason": "That is no reason."})
            return
        await ack()
        room = values["room"]["room"]["selected_option"]["text"]["text"]
        guest = (values["guest"]["guest"]["selected_option"] or {"text": {"text": "nobody"}})["text"]["text"]
        self.heard.append({"room": room, "guest": guest, "reason": reason})
        await client.chat_postMessage(channel="lobby", text=f"{room}: {reason}", blocks=request(room, guest, reason))

    async def _accept(self, ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401
        await ack()
        self.heard.append({"accepted": body["user"]["id"]})
        ts, channel = body["message"]["ts"], body["channel"]["id"]
        said = f"Let in by <@{body['user']['id']}>"
        await client.chat_update(channel=channel, ts=ts, text=said, blocks=[section(said)])
        await client.chat_postMessage(channel=channel, thread_ts=ts, text="The key is at the desk.")

    async def _refuse(self, body: Json) -> None:
        self.heard.append({"refused": body["user"]["id"]})  # and never acked

    async def _pin(self, ack: Any, body: Json) -> None:  # noqa: ANN401
        await ack()
        self.heard.append({"pinned": body["message"]["text"]})

    async def _mentioned(self, event: Json, client: Any) -> None:  # noqa: ANN401
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="At your service.")

    async def _home(self, event: Json, client: Any) -> None:  # noqa: ANN401
        blocks = [{"type": "header", "text": text("Your rooms")}, actions(button("Refresh", "again"))]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})
