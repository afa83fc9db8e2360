"""Takes the pictures in docs/screenshots: `rotate demo` played by hand in Chromium, a rotation that has to go back.

Run as `python -m tests.sandbox.page.screenshots`; it takes about a minute and a half.
"""

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.sandbox.page.conftest import FLAGS, PHONE

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

FOLDER = Path(__file__).parents[3] / "docs" / "screenshots"
WIDE = {"width": 1440, "height": 900}
PATIENCE_MS = 90_000
CANDIDATE = "acme/sable-5"


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """Gives the address of a running `rotate demo`."""
    rotate = Path(sys.executable).with_name("rotate")
    child = await asyncio.create_subprocess_exec(rotate, "demo", "--port", "0", stdout=asyncio.subprocess.PIPE)
    try:
        assert child.stdout is not None
        line = (await child.stdout.readline()).decode()
        found = re.search(r"http://\S+", line)
        if found is None:
            raise SystemExit(f"`rotate demo` printed no address but {line!r}")
        yield found[0].rstrip("/")
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


class Pictures:
    """People of the demo in browsers of their own, and the pictures of what they see."""

    def __init__(self, browser: "Browser", address: str, stack: AsyncExitStack) -> None:
        self.browser, self.address, self.stack = browser, address, stack

    async def enter(self, user: str, place: str, **context: Any) -> "Page":  # noqa: ANN401 - Playwright's options
        """Opens the page as somebody."""
        own = await self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB"} | context)
        self.stack.push_async_callback(own.close)
        page = await own.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{self.address}/#{user}/{place}")
        await page.locator("body:not([aria-busy])").wait_for()
        await page.locator("#hint button.plain").click()
        return page

    async def take(self, page: "Page", name: str) -> None:
        """Takes a picture once nothing is being sent any more."""
        await page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
        await page.screenshot(path=FOLDER / f"{name}.png")


async def to_the_end(page: "Page") -> None:
    """Shows the newest message."""
    await page.locator("#frame").evaluate("it => it.scrollTo(0, it.scrollHeight)")


async def open_thread(page: "Page") -> None:
    """Opens the newest thread and leaves the channel at its end."""
    await page.locator("#list .replies").last.click()
    await page.locator("#thread .message").first.wait_for()
    await to_the_end(page)


async def play(pictures: Pictures) -> None:
    """A comparison, its approval on a phone, a new model that fails under the pilots' eyes, and the way back."""
    mia = await pictures.enter("mia", "model-rotation")
    dark = await pictures.enter("mia", "model-rotation", color_scheme="dark")
    await mia.locator("#composer textarea").fill("/rotate diff")
    await mia.keyboard.press("Enter")
    await mia.get_by_label("New model").fill(CANDIDATE)
    await mia.get_by_role("option", name=CANDIDATE).locator("visible=true").click()
    await mia.get_by_label("Reason").fill("Cheaper at the same quality")
    await mia.get_by_text(re.compile("takes [0-9,]+ calls")).wait_for()
    await pictures.take(mia, "dialog")
    await mia.get_by_role("button", name="Compare", exact=True).click()
    promote = mia.locator("#list").get_by_role("button", name="Promote")
    await promote.wait_for()
    await to_the_end(mia)
    await pictures.take(mia, "comparison")
    await mia.locator("#composer textarea").fill("/rotate promote D1")
    await mia.keyboard.press("Enter")

    max_ = await pictures.enter("max", "model-rotation", viewport=PHONE, is_mobile=True, has_touch=True)
    approve = max_.locator("#list").get_by_role("button", name="Approve", exact=True)
    await approve.wait_for()
    await approve.scroll_into_view_if_needed()
    await pictures.take(max_, "phone")
    await approve.tap()
    await max_.get_by_role("alertdialog").wait_for()
    await pictures.take(max_, "phone-confirm")
    await max_.get_by_role("alertdialog").get_by_role("button", name="Approve").tap()

    await dark.locator("#platform .stage", has_text="Pilots").locator(".model", has_text=CANDIDATE).wait_for()
    await open_thread(dark)
    await pictures.take(dark, "watching")
    card = dark.locator("#list .message", has_text="R1 chat").first
    await card.hover()
    await card.get_by_role("button", name="More actions").click()
    await pictures.take(dark, "menu")
    await dark.keyboard.press("Escape")
    await mia.get_by_label("Break one model").select_option(CANDIDATE)
    await mia.get_by_role("button", name="Let it fail").click()
    await mia.locator("#platform .stage", has_text="Pilots").locator(".model", has_text="acme/sable-4").wait_for()
    await open_thread(mia)
    await mia.locator("#list", has_text=re.compile("rolled back", re.IGNORECASE)).first.wait_for()
    await mia.locator("#news button").wait_for(state="detached")
    await to_the_end(mia)
    await pictures.take(mia, "rollback")
    await mia.get_by_role("navigation").get_by_role("button", name="sre-oncall").click()
    await mia.get_by_role("button", name="Close thread").wait_for(state="hidden")
    await mia.locator("#list .message").first.wait_for()
    await pictures.take(mia, "page")
    await dark.get_by_role("button", name="rotate home").click()
    await dark.locator("#home .block").first.wait_for()
    await pictures.take(dark, "home")


async def main() -> None:
    """Takes all pictures."""
    from playwright.async_api import async_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("chromium is not installed: apt-get install chromium fonts-noto-color-emoji")
    FOLDER.mkdir(exist_ok=True)
    async with demo() as address, async_playwright() as playwright, AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        await play(Pictures(browser, address, stack))


if __name__ == "__main__":
    asyncio.run(main())
