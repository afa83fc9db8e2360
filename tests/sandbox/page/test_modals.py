"""Modals as a person lives through them: one on top of another, changed under their hands; and links to messages."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.page.conftest import Hotel
from tests.sandbox.slackparts import Json, actions, button, field, modal, section, text, web_client

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def open_stack(hotel: Hotel, page: "Page") -> None:
    """Opens a modal whose button pushes another."""

    async def first(ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        view = modal(field("Name", "name"), actions(button("More", "second")), title="First")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def second(ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal(section("deeper"), title="Second"))

    hotel.desk.app.action("first")(first)
    hotel.desk.app.action("second")(second)
    await web_client(hotel.world).chat_postMessage(
        channel="lobby", text="x", blocks=[actions(button("Begin", "first"))]
    )
    await page.get_by_role("button", name="Begin").click()
    await page.get_by_role("dialog", name="First").wait_for()


async def test_a_stack_of_modals_goes_back_one_by_one_and_keeps_what_was_typed(hotel: Hotel) -> None:
    page = await hotel.enter()
    await open_stack(hotel, page)
    name = page.get_by_role("textbox", name="Name")
    await name.fill("Ada")
    await page.get_by_role("button", name="More", exact=True).click()
    top = page.get_by_role("dialog", name="Second")
    await top.get_by_role("button", name="Back").click()
    await page.get_by_role("dialog", name="First").wait_for()
    assert await name.input_value() == "Ada"
    await page.get_by_role("button", name="More", exact=True).click()
    await top.wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog", name="First").wait_for()
    await page.get_by_role("button", name="More", exact=True).click()
    await top.get_by_role("button", name="Close").click()
    await page.get_by_role("dialog").wait_for(state="hidden")
    await page.wait_for_function("() => document.activeElement.textContent === 'Begin'")


async def test_a_modal_that_the_app_changes_keeps_what_was_typed_and_the_focus(hotel: Hotel) -> None:
    changed = asyncio.Event()

    async def opened(ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        view = modal(section("please wait"), title="Guest")
        made = await client.views_open(trigger_id=body["trigger_id"], view=view)
        name, second = field("Name", "name"), field("Town", "town")
        await client.views_update(view_id=made["view"]["id"], view=modal(name, title="Guest"))
        await changed.wait()
        await client.views_update(view_id=made["view"]["id"], view=modal(name, second, title="Guest"))

    hotel.desk.app.action("guest")(opened)
    page = await hotel.enter()
    await web_client(hotel.world).chat_postMessage(
        channel="lobby", text="x", blocks=[actions(button("Begin", "guest"))]
    )
    await page.get_by_role("button", name="Begin").click()
    name = page.get_by_role("textbox", name="Name")
    await name.wait_for()
    await page.wait_for_function("() => document.activeElement.matches('dialog [data-block=name] input')")
    await page.keyboard.type("Ad")
    changed.set()
    await page.get_by_role("textbox", name="Town").wait_for()
    await page.keyboard.type("a")
    assert await name.input_value() == "Ada"


async def test_links_to_messages_stay_in_the_page(hotel: Hotel) -> None:
    client = web_client(hotel.world)
    root = await client.chat_postMessage(channel="lobby", text="the root")
    reply = await client.chat_postMessage(channel=root["channel"], thread_ts=root["ts"], text="the reply")
    link = (await client.chat_getPermalink(channel=root["channel"], message_ts=reply["ts"]))["permalink"]
    await client.chat_postMessage(channel="kitchen", text=f"see <{link}|this>")
    page = await hotel.enter("ann", "kitchen")
    await page.get_by_role("link", name="this").click()
    await page.get_by_role("heading", name="lobby").wait_for()
    await page.wait_for_function("() => document.activeElement.textContent.includes('the reply')")

    other = await hotel.enter("ann")
    await other.goto("about:blank")
    await other.goto(link)
    await other.get_by_role("complementary", name="Thread").get_by_text("the reply").wait_for()


async def test_long_texts_are_folded_and_stay_unfolded_through_edits(hotel: Hotel) -> None:
    client = web_client(hotel.world)
    page = await hotel.enter()
    long = " ".join(f"word{number}" for number in range(200))
    posted = await client.chat_postMessage(channel="lobby", text="x", blocks=[section(long)])
    folded = page.locator(".folded")
    await folded.wait_for()
    await page.get_by_role("button", name="See more").click()
    await folded.wait_for(state="detached")
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x", blocks=[section(f"{long} edited")])
    await page.get_by_text("edited").wait_for()
    assert await folded.count() == 0


async def test_choosing_several(hotel: Hotel) -> None:
    sent: list[list[str]] = []

    async def opened(ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        options = [{"text": text(name), "value": name.lower()} for name in ("Tea", "Milk", "Bread")]
        element = {"type": "multi_static_select", "action_id": "text", "options": options}
        view = modal(field("Breakfast", "b", **element), title="Order", callback_id="order")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def ordered(ack: Any, view: Json) -> None:  # noqa: ANN401
        await ack()
        sent.append([option["value"] for option in view["state"]["values"]["b"]["text"]["selected_options"]])

    hotel.desk.app.action("order")(opened)
    hotel.desk.app.view("order")(ordered)
    page = await hotel.enter()
    await web_client(hotel.world).chat_postMessage(channel="lobby", text="x", blocks=[actions(button("Go", "order"))])
    await page.get_by_role("button", name="Go").click()
    box = page.get_by_role("combobox", name="Breakfast")
    for name in ("Tea", "Milk", "Bread"):
        await box.fill(name)
        await page.get_by_role("option", name=name).click()
    await page.get_by_role("button", name="Remove Milk").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await page.get_by_role("dialog").wait_for(state="hidden")
    assert sent == [["tea", "bread"]]
