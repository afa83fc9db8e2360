"""The page in Chromium, with a real Bolt app behind it: what a person does there, by mouse, by keyboard, on a phone."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.page.conftest import PHONE, Hotel
from tests.sandbox.page.deskapp import request
from tests.sandbox.slackparts import web_client

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def said(page: "Page", text: str) -> "Locator":
    """Answers the message in the channel that has this text."""
    return page.locator("#list > li.message", has_text=text)


async def type_in(page: "Page", text: str, *, send: bool = True) -> None:
    field = page.locator("#composer textarea")
    await field.fill(text)
    if send:
        await field.press("Enter")


async def focus_is_on(page: "Page", where: str) -> None:
    await page.wait_for_function("where => document.activeElement?.closest(where)", arg=where)


async def ask_for_a_room(hotel: Hotel, guest: str = "Ada Example") -> str:
    posted = await web_client(hotel.world).chat_postMessage(
        channel="lobby", text="Attic wanted", blocks=request("Attic", guest, "late train")
    )
    return str(posted["ts"])


async def test_a_command_opens_a_modal_that_is_refused_and_then_taken(hotel: Hotel) -> None:
    page = await hotel.enter()
    await type_in(page, "/book")
    modal = page.get_by_role("dialog", name="Book a room")
    await modal.wait_for()

    await modal.get_by_role("button", name="Send").click()
    room = modal.get_by_role("combobox", name="Room")
    await modal.get_by_text("Please complete this required field.").first.wait_for()
    assert await room.get_attribute("aria-invalid") == "true"
    assert hotel.desk.heard == []

    await room.fill("gar")
    await page.get_by_role("option", name="Garden").click()
    await modal.get_by_role("combobox", name="Guest").fill("cleo")
    await page.get_by_role("option", name="Cleo Example").click()
    reason = modal.get_by_role("textbox", name="Reason")
    await reason.fill("none")
    await modal.get_by_role("button", name="Send").click()
    await modal.get_by_text("That is no reason.").wait_for()
    assert await room.input_value() == "Garden"
    await focus_is_on(page, "[aria-invalid=true]")
    assert "A few words" in await described(reason)

    hotel.desk.slow.clear()
    await reason.fill("honeymoon")
    await modal.get_by_role("button", name="Send").click()
    await modal.get_by_role("button", name="Sending…").wait_for()
    hotel.desk.slow.set()
    await modal.wait_for(state="hidden")
    await said(page, "Garden for Cleo Example: honeymoon").wait_for()
    assert hotel.desk.heard == [{"room": "Garden", "guest": "Cleo Example", "reason": "honeymoon"}]
    await focus_is_on(page, "#composer")


async def described(field: "Locator") -> str:
    """Answers what a screen reader adds to a field: its hint and its error."""
    script = """it => it.getAttribute('aria-describedby').split(' ')
      .map(id => document.getElementById(id).textContent).join(' ')"""
    return str(await field.evaluate(script))


async def test_a_button_asks_before_it_acts(hotel: Hotel) -> None:
    page = await hotel.enter("ben")
    await ask_for_a_room(hotel)
    let_in = said(page, "Attic for Ada").get_by_role("button", name="Let in")
    await let_in.click()
    dialog = page.get_by_role("alertdialog", name="Let them in?")
    await dialog.get_by_text("Attic for Ada Example").wait_for()
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="hidden")
    assert hotel.desk.heard == []
    await focus_is_on(page, "button.primary")

    await let_in.click()
    await dialog.get_by_role("button", name="Yes").click()
    await said(page, "Let in by @ben").wait_for()
    assert await page.get_by_role("button", name="Let in").count() == 0
    assert [list(heard) for heard in hotel.desk.heard] == [["accepted"]]
    await said(page, "Let in by @ben").get_by_role("button", name="1 reply").wait_for()


async def test_enter_twice_on_a_button_that_asks_agrees_to_nothing(hotel: Hotel) -> None:
    page = await hotel.enter("ben")
    await ask_for_a_room(hotel)
    await said(page, "Attic for Ada").get_by_role("button", name="Let in").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog", name="Let them in?")
    await dialog.wait_for()
    await page.keyboard.press("Enter")
    await dialog.wait_for(state="hidden")
    assert [call["method"] for call in await hotel.control.calls("chat.update")] == []
    assert hotel.desk.heard == []


async def test_a_click_that_the_app_does_not_take_says_so_beside_the_button(hotel: Hotel) -> None:
    page = await hotel.enter()
    await ask_for_a_room(hotel)
    await hotel.control.fault("refuse_connections")
    await page.get_by_text("desk is not connected").wait_for()
    await said(page, "Attic for Ada").get_by_role("button", name="Turn away").click()
    await said(page, "Attic for Ada").get_by_role("alert").get_by_text("not responding").wait_for()
    await hotel.control.end_fault()


async def test_what_is_for_one_person_is_seen_by_that_person_only(hotel: Hotel) -> None:
    anns, bens = await hotel.enter("ann"), await hotel.enter("ben")
    await type_in(anns, "/whisper the code is 4711")
    await said(anns, "4711").get_by_text("Only visible to you").wait_for()
    await hotel.control.say("ann", "lobby", "and this is for everybody")
    await said(bens, "and this is for everybody").wait_for()
    assert "4711" not in await bens.content()

    await bens.get_by_role("button", name="Act as: Ben Bay").click()
    await bens.get_by_role("menuitemradio", name="Ann Ash").click()
    await said(bens, "4711").wait_for()
    await bens.get_by_role("button", name="Act as: Ann Ash").click()
    await bens.get_by_role("menuitemradio", name="Ben Bay").click()
    await bens.get_by_role("button", name="Act as: Ben Bay").wait_for()
    await said(bens, "4711").wait_for(state="detached")


async def test_people_see_their_own_channels_groups_and_what_is_new(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    side = page.get_by_role("navigation")
    await page.get_by_role("button", name="Act as: Ann Ash").get_by_text("@hosts").wait_for()
    assert await side.get_by_role("button", name="vault").count() == 0
    await side.get_by_role("button", name="kitchen").click()
    client = web_client(hotel.world)
    await client.chat_postMessage(channel="lobby", text="soup")
    await side.get_by_role("button", name="lobby 1 new", exact=True).wait_for()
    hosts = next(group.id for group in hotel.world.slack.workspace.groups.values())
    await client.chat_postMessage(channel="lobby", text=f"<!subteam^{hosts}> come")
    await side.get_by_role("button", name="lobby 1 new for you").click()
    await page.locator("#list > li.new").wait_for()
    await page.get_by_role("button", name="Act as: Ann Ash").click()
    await page.get_by_role("menuitemradio", name="Cy Cole").get_by_text("In no group").click()
    await side.get_by_role("button", name="kitchen").click()
    assert await page.locator("#composer textarea").is_disabled()


async def test_a_thread(hotel: Hotel) -> None:
    page = await hotel.enter("cy")
    await type_in(page, "who has the key?")
    await said(page, "who has the key?").hover()
    await said(page, "who has the key?").get_by_role("button", name="Reply in thread").click()
    thread = page.get_by_role("complementary", name="Thread")
    field = thread.get_by_role("textbox", name="Reply in this thread")
    await field.fill("found it")
    await field.press("Enter")
    await said(page, "who has the key?").get_by_role("button", name="1 reply").wait_for()
    assert await said(page, "found it").count() == 0

    await thread.get_by_label("Also send to the channel").check()
    await field.fill("it was in the door")
    await field.press("Enter")
    await said(page, "it was in the door").get_by_role("button", name="replied to a thread").wait_for()
    await field.fill("/book")
    await field.press("Enter")
    await thread.get_by_text("/book is not supported in threads. Sorry!").wait_for()
    await field.press("Escape")
    await thread.wait_for(state="hidden")


async def test_a_mention_a_reaction_a_shortcut_an_edit_and_a_deletion(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    await page.locator("#composer textarea").type("@des")
    await page.get_by_role("option", name="@desk").click()
    await page.locator("#composer textarea").type("<b>help</b>")
    await page.keyboard.press("Enter")
    mine = said(page, "<b>help</b>")
    await mine.get_by_role("button", name="1 reply").wait_for()
    assert await mine.locator(".mention").inner_text() == "@desk"
    for item in ("React with eyes", "Pin to the board"):
        await mine.hover()
        await mine.get_by_role("button", name="More actions").click()
        await page.get_by_role("menuitem", name=item).click()
    await mine.get_by_role("button", name="eyes 1 by Ann Ash").wait_for()
    posted = await web_client(hotel.world).chat_postMessage(channel="lobby", text="at noon")
    await said(page, "at noon").wait_for()
    await web_client(hotel.world).chat_update(channel=posted["channel"], ts=posted["ts"], text="at one")
    await said(page, "at one").get_by_text("(edited)").wait_for()
    await said(page, "at one").hover()
    await said(page, "at one").get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete message").click()
    await said(page, "at one").wait_for(state="detached")
    assert [heard for heard in hotel.desk.heard if "pinned" in heard]


async def test_the_home_tab(hotel: Hotel) -> None:
    page = await hotel.enter("ann", "home")
    await page.get_by_role("region", name="App home").get_by_role("heading", name="Your rooms").wait_for()
    assert await page.locator("#composer").is_hidden()


async def test_by_keyboard_alone(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    press = page.keyboard.press
    await page.keyboard.type("/bo")
    await page.get_by_role("option", name="/book").wait_for()
    await press("Enter")
    await page.get_by_role("option", name="later TIME").wait_for()
    await press("Enter")
    modal = page.get_by_role("dialog", name="Book a room")
    await modal.wait_for()
    await focus_is_on(page, "dialog [data-block=room]")
    await press("ArrowDown")
    await page.get_by_role("option", name="Attic").wait_for()
    await press("ArrowDown")
    await press("Enter")
    await press("Tab")
    await press("Tab")
    await page.keyboard.type("conference")
    await press("Escape")
    await modal.wait_for(state="hidden")
    await focus_is_on(page, "#composer")

    await ask_for_a_room(hotel)
    await said(page, "Attic for Ada").wait_for()
    await tab_to(page, "button.primary", back=True)
    await press("Enter")
    dialog = page.get_by_role("alertdialog")
    await dialog.wait_for()
    seen = set()
    for _ in range(4):
        seen.add(await page.evaluate("() => document.querySelector('dialog[open] :focus')?.textContent ?? ''"))
        await press("Tab")
    assert seen - {""} == {"Yes", "No"}
    await press("Escape")
    await focus_is_on(page, "button.primary")
    await press("Enter")
    await dialog.get_by_role("button", name="Yes").focus()
    await press("Enter")
    await said(page, "Let in by @ann").wait_for()
    await focus_is_on(page, "#list > li.message")

    await page.reload()
    await page.locator("body:not([aria-busy])").wait_for()
    await tab_to(page, ".skip", back=True)
    await press("Enter")
    await focus_is_on(page, "#frame")
    await tab_to(page, "#who", back=True)
    await press("Enter")
    await page.get_by_role("menuitemradio", name="Ann Ash").wait_for()
    await press("ArrowDown")
    await press("Enter")
    await page.get_by_role("button", name="Act as: Ben Bay").wait_for()
    await focus_is_on(page, "#who")


async def tab_to(page: "Page", where: str, *, back: bool, most: int = 25) -> None:
    for _ in range(most):
        if await page.evaluate("where => document.activeElement.matches(where)", where):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"{where} is not reached by the tab key")


async def to_the_end(page: "Page") -> int:
    """Answers how many pixels of the conversation are below what is shown, once the layout has come to rest."""
    script = """async () => {
      for (let drawn = 0; drawn < 3; drawn++) await new Promise(requestAnimationFrame);
      const frame = document.querySelector('#frame');
      return Math.round(frame.scrollHeight - frame.scrollTop - frame.clientHeight);
    }"""
    return int(await page.evaluate(script))


async def fill_the_lobby(hotel: Hotel, lines: int = 40) -> None:
    for number in range(lines):
        await hotel.control.say("ben" if number % 2 else "cy", "lobby", f"Line {number}")


async def test_the_end_stays_in_sight_beside_the_hint_for_newcomers(hotel: Hotel) -> None:
    await fill_the_lobby(hotel)
    page = await hotel.enter("ann")
    await page.get_by_text("New here?").wait_for()
    assert await to_the_end(page) == 0
    await page.reload()
    await page.get_by_text("New here?").wait_for()
    await said(page, "Line 39").wait_for()
    assert await to_the_end(page) == 0

    await type_in(page, "/whisper the code is 4711")
    await said(page, "4711").wait_for()
    assert await to_the_end(page) == 0
    await page.get_by_role("button", name="Dismiss hint").click()
    await hotel.control.say("cy", "lobby", "One more line")
    await said(page, "One more line").wait_for()
    assert await to_the_end(page) == 0


async def test_who_reads_above_is_left_there_until_they_say_something_themselves(hotel: Hotel) -> None:
    await fill_the_lobby(hotel)
    page = await hotel.enter("ann")
    await said(page, "Line 39").hover()
    await page.mouse.wheel(0, -600)
    below = "frame => frame.scrollHeight - frame.scrollTop - frame.clientHeight"
    await page.wait_for_function(f"() => ({below})(document.querySelector('#frame')) >= 500")
    before = await to_the_end(page)
    await hotel.control.say("cy", "lobby", "A line below")
    await said(page, "A line below").wait_for()
    assert await to_the_end(page) > before
    await type_in(page, "/whisper the code is 4711")
    await said(page, "4711").wait_for()
    assert await to_the_end(page) == 0


async def test_on_a_phone(hotel: Hotel) -> None:
    page = await hotel.enter("ann", viewport=PHONE, has_touch=True, is_mobile=True)
    ts = await ask_for_a_room(hotel, guest="somebody with a rather long name who needs a rather long line")
    await web_client(hotel.world).chat_postMessage(channel="lobby", thread_ts=ts, text="any news?")
    await said(page, "Attic for").wait_for()
    side, thread = page.get_by_role("navigation"), page.get_by_role("complementary", name="Thread")
    assert await side.is_hidden()
    await page.get_by_role("button", name="Channels").tap()
    await side.get_by_role("button", name="kitchen").tap()
    await page.get_by_role("heading", name="kitchen").wait_for()
    assert await side.is_hidden()
    await page.get_by_role("button", name="Channels").tap()
    await side.get_by_role("button", name="lobby").tap()
    await said(page, "Attic for").get_by_role("button", name="1 reply").tap()
    await thread.get_by_text("any news?").wait_for()
    box = await thread.bounding_box()
    assert box is not None
    assert box["width"] == PHONE["width"]
    await thread.get_by_role("button", name="Close thread").tap()
    await type_in(page, "/book")
    modal = page.get_by_role("dialog", name="Book a room")
    await modal.wait_for()
    for part in ("html", "dialog"):
        assert await page.evaluate("part => document.querySelector(part).scrollWidth", part) <= PHONE["width"]


async def test_the_stream_is_found_again_after_the_line_was_cut(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    await page.context.set_offline(offline=True)
    await hotel.world.stop()
    await page.get_by_text("The sandbox does not answer").wait_for()
    await hotel.world.start()
    await page.context.set_offline(offline=False)
    await page.get_by_text("The sandbox does not answer").wait_for(state="detached")
    await web_client(hotel.world).chat_postMessage(channel="lobby", text="back again")
    await said(page, "back again").wait_for()
    assert all("ERR_" in said for said in hotel.complaints if "404" not in said)
    hotel.complaints.clear()


async def test_what_is_said_before_the_stream_is_open_is_not_lost(hotel: Hotel) -> None:
    opened = asyncio.Event()

    async def late(route: "Route") -> None:
        await opened.wait()
        await route.continue_()

    page = await hotel.enter(route=("**/control/stream", late))
    await hotel.control.say("ben", "lobby", "Said in between")
    assert await said(page, "Said in between").count() == 0
    opened.set()
    await said(page, "Said in between").wait_for()
