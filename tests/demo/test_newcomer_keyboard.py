"""The newcomer's path without a mouse, up to the provider they break themselves and the rollback they then see."""

import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.demo.player import opened
from bot.settings import command_environment
from tests.sandbox.page.axe import Axe
from tests.sandbox.page.conftest import FLAGS

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PATIENCE_MS = 45_000
CANDIDATE = "acme/sable-5"


@pytest.fixture
def axe(require_node_package: Callable[[str], Path]) -> Axe:
    return Axe(require_node_package("axe-core"))


@pytest_asyncio.fixture
async def page(require_program: Callable[..., Path], tmp_path: Path) -> AsyncIterator["Page"]:
    program = require_program("chromium", "chromium-browser", "google-chrome")
    from playwright.async_api import async_playwright

    async with (
        opened(tmp_path, command_environment(), sys.executable, lambda _: None, quiet_staging=False) as play,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{play.facts['page_url']}#mia/model-rotation")
        await page.locator("body:not([aria-busy])").wait_for()
        yield page
        await browser.close()


class Keys:
    """Somebody at a keyboard: what they reach, they reach with the tab key, and they know where they are by focus."""

    def __init__(self, page: "Page") -> None:
        self._page = page

    async def type(self, text: str) -> None:
        """Types where the focus is, and presses Enter."""
        await self._page.keyboard.type(text)
        await self._page.keyboard.press("Enter")

    async def press(self, name: str, within: str, *, back: bool = True) -> None:
        """Tabs to the button with this name, in a part of the page that has these words, and presses Enter there."""
        script = """([name, within]) => {
          const at = document.activeElement.closest('button');
          const words = at?.getAttribute('aria-label') ?? at?.textContent ?? '';
          const part = at?.closest('li.message, dialog, aside, header');
          return Boolean(words.includes(name) && part?.textContent.includes(within));
        }"""
        for _ in range(120):
            if await self._page.evaluate(script, [name, within]):
                await self._page.keyboard.press("Enter")
                return
            await self._page.keyboard.press("Shift+Tab" if back else "Tab")
        pytest.fail(f"the tab key reaches no {name!r} within {within!r}")

    async def agree(self, name: str) -> None:
        """Agrees in the dialog that has just opened."""
        dialog = self._page.get_by_role("alertdialog")
        await dialog.wait_for()
        await self.press(name, "", back=False)
        await dialog.wait_for(state="hidden")


async def test_from_a_command_to_the_rollback_they_see(page: "Page", axe: Axe) -> None:
    keys = Keys(page)
    said = page.locator("#list > li.message")
    await keys.type(f"/rotate diff {CANDIDATE}")
    await said.filter(has_text="D1 chat: acme/sable-4 → acme/sable-5: fine").get_by_role("button").first.wait_for()
    found = await axe.findings(page, "verdict")
    await keys.press("Promote", "acme/sable-5: fine")
    await keys.agree("Promote")
    asked = said.filter(has_text="on pilots?")
    await asked.get_by_role("button", name="Approve").wait_for()
    found += await axe.findings(page, "request")

    await keys.press("Mia Larsen", "sandbox")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Act as: Max Okafor").wait_for()
    await keys.press("Approve", "on pilots?", back=False)
    await keys.agree("Approve")

    pilots = page.get_by_role("region", name="Pilots")
    await pilots.locator(".model", has_text=CANDIDATE).wait_for()
    assert await page.get_by_label("Break one model").input_value() == CANDIDATE  # offered, as it runs on staging
    await keys.press("Let it fail", "Pilots", back=False)
    await page.get_by_text(f"{CANDIDATE} now fails 30 %").wait_for()
    await said.filter(has_text=re.compile("Rolled back to acme/sable-4")).first.wait_for()
    await pilots.locator(".model", has_text="acme/sable-4").wait_for()
    found += await axe.findings(page, "rolled back")
    assert found == []
