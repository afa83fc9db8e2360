"""The platform's panel, beside a real platform: what it shows is what runs, and its switches break and mend."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import aiohttp
import pytest
import pytest_asyncio

from bot.sandbox.compose import compose
from bot.sandbox.seed import Seed
from bot.sandbox.world import World
from tests.sandbox.page.axe import Axe
from tests.sandbox.page.conftest import PATIENCE_MS, PHONE, WIDE

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = compose(Seed(), 0, tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def panel(browser: "Browser", world: World) -> AsyncIterator["Page"]:
    context = await browser.new_context(viewport=WIDE)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{world.base_url}/#mia/model-rotation")
    yield page
    await context.close()


async def test_it_shows_which_model_each_stage_runs(panel: "Page", world: World, tmp_path: Path) -> None:
    staging = panel.get_by_role("region", name="Staging")
    await staging.get_by_text("acme/sable-4").wait_for()
    await staging.get_by_text("healthy").wait_for()
    await panel.get_by_role("region", name="Pilots").get_by_text("Tenants").click()
    await panel.get_by_text("northwind").wait_for()
    line = staging.get_by_role("img", name="Requests/s, the last")
    assert "between" in str(await line.get_attribute("aria-label"))

    file = tmp_path / "staging.env"
    file.write_text(file.read_text(encoding="utf-8").replace("acme/sable-4", "acme/sable-5"), encoding="utf-8")
    await staging.get_by_text("Configured acme/sable-5; a restart is due.").wait_for()
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{world.facts()['platform_url']}/restart/staging") as answer,
    ):
        assert answer.status == 200
    await staging.locator(".model", has_text="acme/sable-5").wait_for()
    await panel.locator("#live", has_text="Staging now runs acme/sable-5.").wait_for()


async def test_its_switches_break_and_mend(panel: "Page", world: World) -> None:
    staging, pilots = (panel.get_by_role("region", name=name) for name in ("Staging", "Pilots"))
    outage = panel.get_by_role("switch", name="Provider outage")
    await panel.get_by_text("Provider outage", exact=True).click()
    await staging.get_by_text("unhealthy", exact=True).wait_for()
    await panel.get_by_role("switch", name="Cut traffic to pilots").click()
    await pilots.get_by_text("Traffic is cut.").wait_for()
    await pilots.get_by_text("no data").first.wait_for()
    await panel.get_by_label("Break one model").select_option("acme/sable-5")
    await panel.get_by_role("button", name="Let it fail").click()
    await panel.get_by_text("acme/sable-5 now fails 30 %").wait_for()
    assert world.provider is not None
    assert world.provider.snapshot()["models"]["acme/sable-5"]["persona"]["failure_rate"] == 0.3

    await panel.get_by_role("button", name="Mend everything").click()
    await staging.get_by_text("healthy", exact=True).wait_for()
    await pilots.get_by_text("Traffic is cut.").wait_for(state="detached")
    assert await outage.get_attribute("aria-checked") == "false"
    assert world.provider.snapshot()["models"]["acme/sable-5"]["persona"]["failure_rate"] == 0.0


async def test_it_can_be_put_away(panel: "Page") -> None:
    pane = panel.get_by_role("complementary", name="Platform")
    await pane.get_by_role("button", name="Close platform").click()
    await pane.wait_for(state="hidden")
    opener = panel.get_by_role("button", name="Platform")
    assert await opener.get_attribute("aria-expanded") == "false"
    await opener.click()
    await pane.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_keeps_nobody_out(
    browser: "Browser", world: World, axe: Axe, scheme: Literal["light", "dark"]
) -> None:
    context = await browser.new_context(viewport=WIDE, color_scheme=scheme, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{world.base_url}/#mia/model-rotation")
    staging = page.get_by_role("region", name="Staging")
    await staging.get_by_text("healthy").wait_for()
    found = await axe.findings(page, "all is well")
    await page.get_by_role("region", name="Pilots").get_by_text("Tenants").click()
    await page.get_by_role("switch", name="Provider outage").click()
    await page.get_by_role("switch", name="Cut traffic to pilots").click()
    await staging.get_by_text("unhealthy", exact=True).wait_for()
    found += await axe.findings(page, "an outage")
    await page.set_viewport_size(PHONE)
    await page.get_by_role("button", name="Platform", exact=True).wait_for()
    found += await axe.findings(page, "an outage, on a phone")
    await context.close()
    assert found == []
