"""Impatient hands: whatever is clicked twice is sent once, and the second click agrees to nothing it has not asked."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.page.conftest import PHONE, Hotel
from tests.sandbox.page.deskapp import request
from tests.sandbox.slackparts import Json, actions, button, web_client

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Bell:
    """A button's listener that takes its time over the ack: a second click comes while the first is on its way."""

    def __init__(self, hotel: Hotel) -> None:
        self.rung: list[str] = []
        self.go_on = asyncio.Event()
        hotel.desk.app.action("ring")(self._ring)

    async def _ring(self, ack: Any, body: Json) -> None:  # noqa: ANN401 - Bolt's own
        self.rung.append(body["user"]["id"])
        await self.go_on.wait()
        await ack()


async def show(hotel: Hotel, page: "Page", *blocks: Json) -> "Locator":
    posted = await web_client(hotel.world).chat_postMessage(channel="lobby", text="x", blocks=list(blocks))
    found = page.locator(f'#list > li[data-ts="{posted["ts"]}"]')
    await found.wait_for()
    return found


async def interactions(hotel: Hotel) -> int:
    return len([sent for sent in await hotel.control.deliveries() if sent["type"] == "interactive"])


async def test_a_button_that_does_not_ask(hotel: Hotel) -> None:
    bell = Bell(hotel)
    page = await hotel.enter()
    ring = (await show(hotel, page, actions(button("Ring", "ring")))).get_by_role("button", name="Ring")
    await ring.dblclick()
    await ring.click()
    assert await ring.get_attribute("aria-busy") == "true"
    bell.go_on.set()
    await page.wait_for_function("() => !document.querySelector('#list [aria-busy=true]')")
    assert (len(bell.rung), await interactions(hotel)) == (1, 1)
    await ring.click()
    await page.wait_for_function("() => !document.querySelector('#list [aria-busy=true]')")
    assert len(bell.rung) == 2


async def test_a_button_that_asks_is_not_answered_by_its_second_click(hotel: Hotel) -> None:
    page = await hotel.enter("ben")
    asked = await show(hotel, page, *request("Attic", "Ada", "late train"))
    await asked.get_by_role("button", name="Let in").dblclick()
    dialog = page.get_by_role("alertdialog", name="Let them in?")
    await dialog.wait_for()
    assert await page.get_by_role("alertdialog").count() == 1
    assert await interactions(hotel) == 0
    await dialog.get_by_role("button", name="Yes").dblclick()
    await page.locator("#list > li.message", has_text="Let in by @ben").wait_for()
    assert [list(heard) for heard in hotel.desk.heard] == [["accepted"]]
    assert await interactions(hotel) == 1


async def test_a_form_sent_twice_is_sent_once(hotel: Hotel) -> None:
    page = await hotel.enter(viewport=PHONE)
    await page.locator("#composer textarea").fill("/book")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog", name="Book a room")
    await modal.get_by_role("combobox", name="Room").fill("gar")
    await page.get_by_role("option", name="Garden").click()
    await modal.get_by_role("textbox", name="Reason").fill("honeymoon")
    hotel.desk.slow.clear()
    await modal.get_by_role("button", name="Send").dblclick()
    await modal.get_by_role("button", name="Sending…").wait_for()
    await page.keyboard.press("Control+Enter")
    hotel.desk.slow.set()
    await modal.wait_for(state="hidden")
    assert hotel.desk.heard == [{"room": "Garden", "guest": "nobody", "reason": "honeymoon"}]


async def test_who_confirms_what_another_has_just_decided_is_heard_too(hotel: Hotel) -> None:
    anns, bens = await hotel.enter("ann"), await hotel.enter("ben")
    asked = await show(hotel, anns, *request("Attic", "Ada", "late train"))
    ts = await asked.get_attribute("data-ts")
    for page in (anns, bens):
        await page.locator(f'#list > li[data-ts="{ts}"]').get_by_role("button", name="Let in").click()
        await page.get_by_role("alertdialog").wait_for()
    await bens.get_by_role("alertdialog").get_by_role("button", name="Yes").click()
    await anns.locator("#list > li.message", has_text="Let in by @ben").wait_for()
    await anns.get_by_role("alertdialog").get_by_role("button", name="Yes").click()
    await anns.locator("#list > li.message", has_text="Let in by @ann").wait_for()
    workspace = hotel.world.slack.workspace
    assert [workspace.users[heard["accepted"]].name for heard in hotel.desk.heard] == ["ben", "ann"]
    assert await anns.locator("#alerts").inner_text() == ""
