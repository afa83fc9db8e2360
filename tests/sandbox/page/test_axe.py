"""No state of the page keeps anybody out: axe-core finds nothing serious, by day and by night, wide and on a phone."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.page.axe import Axe
from tests.sandbox.page.conftest import PHONE, WIDE, Hotel
from tests.sandbox.page.deskapp import request
from tests.sandbox.page.everything import EVERY_BLOCK, PICTURE
from tests.sandbox.slackparts import web_client

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "light phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
    "dark phone": {"viewport": PHONE, "color_scheme": "dark", "has_touch": True, "is_mobile": True},
}
EACH_LOOK = pytest.mark.parametrize("look", LOOKS)


def said(page: "Page", text: str) -> "Locator":
    return page.locator("#list > li.message", has_text=text)


async def enter(hotel: Hotel, look: str, place: str = "lobby", user: str = "ann") -> "Page":
    # Without motion no colour is on its way to another while it is measured.
    return await hotel.enter(user, place, reduced_motion="reduce", **LOOKS[look])


async def type_in(page: "Page", text: str) -> None:
    field = page.locator("#composer textarea")
    await field.fill(text)
    await field.press("Enter")


@EACH_LOOK
async def test_a_channel_and_a_thread_with_everything_there_is(hotel: Hotel, axe: Axe, look: str) -> None:
    client = web_client(hotel.world)
    lobby = next(c.id for c in hotel.world.slack.workspace.channels.values() if c.name == "lobby")
    for blocks in EVERY_BLOCK:
        await client.chat_postMessage(channel="lobby", text="Every block", blocks=blocks)
    asked = await client.chat_postMessage(channel="lobby", text="x", blocks=request("Attic", "Ada", "late train"))
    ts = str(asked["ts"])
    await client.chat_postMessage(channel="lobby", thread_ts=ts, text="Any *news*?", reply_broadcast=True)
    gone = await client.chat_postMessage(channel="lobby", text="a slip")
    await client.chat_postMessage(channel="lobby", thread_ts=gone["ts"], text="too late")
    await client.chat_delete(channel=lobby, ts=str(gone["ts"]))
    await client.files_upload_v2(channel=lobby, content=PICTURE, filename="chart.png", title="Latency of both models")
    await client.files_upload_v2(channel=lobby, content="a,b", filename="figures.csv", title="Figures")
    plain = await client.chat_postMessage(channel="lobby", text="at noon")
    await client.chat_update(channel=lobby, ts=str(plain["ts"]), text="<!here> at one")
    await client.reactions_add(channel=lobby, timestamp=str(plain["ts"]), name="eyes")
    page = await enter(hotel, look)
    await type_in(page, "/whisper 4711")
    await said(page, "4711").wait_for()
    await page.locator("#list figure img").first.wait_for()
    found = await axe.findings(page, "channel")
    await said(page, "at one").hover()
    found += await axe.findings(page, "a message's tools")
    await said(page, "Attic").get_by_role("button", name="1 reply").first.click()
    await page.get_by_role("complementary", name="Thread").get_by_text("Any news?").wait_for()
    found += await axe.findings(page, "thread")
    assert found == []


@EACH_LOOK
async def test_what_opens_over_it(hotel: Hotel, axe: Axe, look: str) -> None:
    await web_client(hotel.world).chat_postMessage(channel="lobby", text="x", blocks=request("Attic", "Ada", "late"))
    page = await enter(hotel, look)
    await said(page, "Attic").get_by_role("button", name="Let in").click()
    await page.get_by_role("alertdialog").wait_for()
    found = await axe.findings(page, "confirm dialog")
    await page.keyboard.press("Escape")
    await page.locator("#composer textarea").fill("/")
    await page.get_by_role("option", name="/book").wait_for()
    found += await axe.findings(page, "commands offered while typing")
    await type_in(page, "/book")
    modal = page.get_by_role("dialog", name="Book a room")
    await modal.wait_for()
    found += await axe.findings(page, "modal")
    await modal.get_by_role("button", name="Send").click()
    await modal.get_by_text("Please complete this required field.").first.wait_for()
    found += await axe.findings(page, "modal with errors")
    await modal.get_by_role("combobox", name="Room").fill("a")
    await page.get_by_role("option", name="Attic").wait_for()
    found += await axe.findings(page, "select menu open")
    await modal.get_by_role("combobox", name="Room").fill("zzz")
    await page.get_by_text("Nothing fits.").first.wait_for()
    found += await axe.findings(page, "select menu with nothing to offer")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await modal.wait_for(state="hidden")
    await page.get_by_role("button", name="Act as").click()
    await page.get_by_role("menuitemradio", name="Ben Bay").wait_for()
    found += await axe.findings(page, "people")
    assert found == []


@EACH_LOOK
async def test_what_goes_wrong_and_the_other_places(hotel: Hotel, axe: Axe, look: str) -> None:
    await web_client(hotel.world).chat_postMessage(channel="lobby", text="x", blocks=request("Attic", "Ada", "late"))
    home = await enter(hotel, look, "home")
    await home.get_by_role("heading", name="Your rooms").wait_for()
    found = await axe.findings(home, "home tab")
    stranger = await enter(hotel, look, "kitchen", user="cy")
    await stranger.locator("#composer textarea:disabled").wait_for()
    found += await axe.findings(stranger, "a channel one has not joined")
    page = await enter(hotel, look)
    await said(page, "Attic").wait_for()
    await hotel.control.fault("refuse_connections")
    await page.get_by_text("desk is not connected").wait_for()
    await said(page, "Attic").get_by_role("button", name="Turn away").click()
    await said(page, "Attic").get_by_role("alert").get_by_text("not responding").wait_for()
    found += await axe.findings(page, "a click that was not taken")
    if "phone" in look:
        await page.get_by_role("button", name="Channels").click()
        await page.get_by_role("navigation").wait_for()
        found += await axe.findings(page, "drawer")
    assert found == []


async def test_it_would_be_noticed(hotel: Hotel, axe: Axe) -> None:
    page = await enter(hotel, "light")
    await page.evaluate("""() => {
      const it = document.createElement('button');
      document.querySelector('#composer').append(it);
      document.querySelector('#title').style.color = '#eeeeee';
    }""")
    found = await axe.findings(page, "sabotaged")
    assert {line.split()[2] for line in found} == {"button-name", "color-contrast"}
