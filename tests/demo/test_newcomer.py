"""The newcomer's path in Chromium, with the real bot behind it: from `/rotate diff` to the end, as several people."""

import re
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.demo.player import opened
from bot.demo.runbook import PLAYED
from bot.settings import command_environment

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 30_000


@dataclass
class Desk:
    """The page in front of a newcomer. `complaints` is what went wrong inside it."""

    page: "Page"
    files: Callable[[], dict[str, bytes]]
    complaints: list[str] = field(default_factory=list)

    async def act_as(self, name: str) -> None:
        """Choose who to be."""
        await self.page.get_by_role("button", name=re.compile("Act as")).click()
        await self.page.get_by_role("menuitemradio", name=re.compile(name)).click()
        await self.page.get_by_role("button", name=re.compile(f"Act as: {name}")).wait_for()

    async def type(self, text: str) -> None:
        """Type into the composer and press Enter."""
        composer = self.page.locator("#composer textarea")
        await composer.fill(text)
        await composer.press("Enter")

    def said(self, text: str) -> "Locator":
        """Messages that hold a text."""
        return self.page.locator("#list > li.message", has_text=re.compile(text))

    async def press(self, message: "Locator", label: str) -> None:
        """Press a message's button and agree to its dialog."""
        await message.get_by_role("button", name=label, exact=True).last.click()
        dialog = self.page.get_by_role("alertdialog")
        await dialog.get_by_role("button", name=label, exact=True).click()
        await dialog.wait_for(state="hidden")


@pytest_asyncio.fixture
async def desk(require_program: Callable[..., Path], tmp_path: Path) -> AsyncIterator[Desk]:
    program = require_program("chromium", "chromium-browser", "google-chrome")
    from playwright.async_api import async_playwright

    said: list[str] = []
    environment = command_environment()
    async with (
        opened(tmp_path, environment, sys.executable, said.append, quiet_staging=False) as play,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        desk = Desk(page, play.files)
        page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        await page.goto(f"{play.facts['page_url']}#mia/model-rotation")
        await page.locator("body:not([aria-busy])").wait_for()
        yield desk
        assert desk.complaints == []
        await browser.close()


async def _compare(desk: Desk, candidate: str) -> None:
    await desk.type("/rotate diff")
    modal = desk.page.get_by_role("dialog", name="Compare a model")
    model = modal.get_by_role("combobox", name=re.compile("New model"))
    await modal.get_by_role("button", name="Compare").click()
    await modal.get_by_text("Please complete this required field.").first.wait_for()
    await model.fill(candidate.partition("/")[2])
    await desk.page.get_by_role("option", name=candidate).locator("visible=true").click()
    await modal.get_by_role("button", name="Compare").click()
    await modal.wait_for(state="hidden")
    await desk.said("Only visible to you").filter(has_text="has started").wait_for()


async def test_a_newcomer_goes_the_whole_way(desk: Desk) -> None:
    assert PLAYED["approval"] == "60s"
    await _compare(desk, "acme/sable-5")
    verdict = desk.said("D1 chat: acme/sable-4 → acme/sable-5: fine")
    await verdict.get_by_role("table").wait_for()
    await desk.press(verdict, "Promote")
    await desk.said(r"on pilots\?").get_by_role("button", name="Approve").wait_for()
    panel = desk.page.get_by_role("complementary", name="Platform")
    await panel.get_by_text("acme/sable-5").first.wait_for()

    await desk.press(desk.said(r"on pilots\?"), "Approve")
    await desk.said("Only visible to you").filter(has_text="another pair of eyes").wait_for()
    await desk.act_as("Max")
    await desk.press(desk.said(r"on pilots\?"), "Approve")
    await desk.said("Approved by max").first.wait_for()
    await desk.said(r"on global\?").get_by_role("button", name="Approve").wait_for()
    await desk.press(desk.said(r"on global\?"), "Approve")

    end = desk.said("Completed: every place holds")
    await end.wait_for()
    assert await end.get_by_text("acceptance prompts").count() >= 1
    assert all(b"CRUVERO_OPENROUTER_MODEL=acme/sable-5" in content for content in desk.files().values())


async def test_a_slow_candidate_is_rolled_back_before_their_eyes(desk: Desk) -> None:
    before = desk.files()
    await _compare(desk, "orbit/comet-1")
    await desk.press(desk.said("D1 chat: acme/sable-4 → orbit/comet-1: fine"), "Promote")
    await desk.said(r"on pilots\?").get_by_role("button", name="Approve").wait_for()
    await desk.act_as("Max")
    await desk.press(desk.said(r"on pilots\?"), "Approve")
    await desk.said("Rolled back to acme/sable-4").wait_for()
    assert desk.files() == before
    await desk.act_as("Sam")
    await desk.page.get_by_role("button", name=re.compile("^sre-oncall")).click()
    page = desk.said("For your information").filter(has_text="latency")
    await page.get_by_role("button", name="Acknowledge").click()
    await desk.said("sam has it").wait_for()
