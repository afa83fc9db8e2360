"""The report in Chromium: nothing fetched, no complaint, nothing cut off on a phone, all within reach of a keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from bot.charts.theme import DARK, LIGHT
from bot.difftest.report.html import as_html
from tests.charts.pixels import rgb
from tests.difftest.reports import cases, report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
LONG = "accounts/somebody/models/" + "very-long-" * 8 + "</script><script>window.ran=1</script>"
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser(require_program: Callable[..., Path]) -> Iterator["Browser"]:
    program = require_program("chromium", "chromium-browser", "google-chrome")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def enter(browser: "Browser", folder: Path, text: str, scheme: Scheme = "light", width: int = 1280) -> "Page":
    file = folder / "report.html"
    file.write_text(as_html(report(text), cases(text), "D17"), encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if asked.url != file.as_uri() else None)
    page.goto(file.as_uri())
    assert said == []
    return page


@pytest.mark.parametrize("width", [1280, 800, 375, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_in_both_schemes(browser: "Browser", tmp_path: Path, scheme: Scheme, width: int) -> None:
    page = enter(browser, tmp_path, LONG, scheme, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = rgb((DARK if scheme == "dark" else LIGHT).ground)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb{ground}"
    assert page.evaluate("window.ran === undefined && document.scripts.length === 0")
    assert page.locator("pre").first.inner_text().endswith("</script><script>window.ran=1</script>")
    # The policy lets the page's own style in.
    assert page.evaluate("getComputedStyle(document.querySelector('.unseen')).position") == "absolute"


def test_it_can_be_used_without_a_mouse(browser: "Browser", tmp_path: Path) -> None:
    page = enter(browser, tmp_path, "words")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the figures"
    closed = page.locator("details:not([open]) > summary")
    before = closed.count()
    assert before > 0
    closed.first.focus()
    page.keyboard.press("Enter")
    assert closed.count() == before - 1

    def shown() -> int:
        return page.locator(".cases tbody tr:visible").count()

    assert shown() == 8
    page.locator("#show-all").focus()
    page.keyboard.press("ArrowRight")
    assert (page.evaluate("document.activeElement.id"), shown()) == ("show-worse", 2)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
