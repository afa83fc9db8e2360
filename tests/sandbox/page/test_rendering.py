"""What the app sends, as the page shows it: mrkdwn, every block, pictures; and nothing of it is ever taken for HTML."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.page.conftest import Hotel
from tests.sandbox.page.everything import PICTURE, line_chart, pie_chart
from tests.sandbox.slackparts import Json, actions, button, field, modal, section, text, web_client

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ATTACK = '<img src=x onerror="window.broken=1"><script>window.broken=2</script>&lt;b&gt;not bold&lt;/b&gt;'


async def show(hotel: Hotel, page: "Page", *blocks: Json, words: str = "shown") -> "Locator":
    """Posts a message and answers it as the page shows it."""
    posted = await web_client(hotel.world).chat_postMessage(channel="lobby", text=words, blocks=list(blocks) or None)
    found = page.locator(f'#list > li[data-ts="{posted["ts"]}"] .words')
    await found.wait_for()
    return found


async def markup(found: "Locator") -> str:
    """Answers what is inside, without the attributes that only scripts and styles need."""
    script = """it => {
      const copy = it.cloneNode(true);
      for (const each of copy.querySelectorAll('*'))
        for (const name of each.getAttributeNames()) if (!['href'].includes(name)) each.removeAttribute(name);
      return copy.innerHTML;
    }"""
    return str(await found.evaluate(script))


async def test_mrkdwn(hotel: Hotel) -> None:
    page = await hotel.enter("ann", timezone_id="Asia/Tokyo")
    workspace = hotel.world.slack.workspace
    ann = next(user.id for user in workspace.users.values() if user.name == "ann")
    lobby = next(channel.id for channel in workspace.channels.values() if channel.name == "lobby")
    hosts = next(iter(workspace.groups))
    cases = {
        "*b* _i_ ~s~ `c*d*`": "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c*d*</code></p>",
        "*_both_* snake_case_name 2*3*4": "<p><strong><em>both</em></strong> snake_case_name 2*3*4</p>",
        "one\ntwo": "<p>one<br>two</p>",
        "said:\n&gt; this\n&gt; that\nend": "<p>said:</p><blockquote>this<br>that</blockquote><p>end</p>",
        "```a &lt; b\n*c*```": "<pre><code>a &lt; b\n*c*</code></pre>",
        "<https://example.com/a?b=1&amp;c=2|here>": '<p><a href="https://example.com/a?b=1&amp;c=2">here</a></p>',
        "see https://example.com/x.": '<p>see <a href="https://example.com/x">https://example.com/x</a>.</p>',
        f"<@{ann}> <#{lobby}>": "<p><span>@ann</span> <span>#lobby</span></p>",
        f"<!subteam^{hosts}> <!here>": "<p><span>@hosts</span> <span>@here</span></p>",
        "<!date^1764000000^{date_num} {time}|then>": "<p><time>2025-11-25 01:00</time></p>",
        "<!date^1764000000^{nonsense}|then>": "<p><time>then</time></p>",
        ":tada: :nonesuch: at 10:20:30": "<p><span>🎉</span> :nonesuch: at 10:20:30</p>",
        "<javascript:alert(1)|press>": "<p>&lt;javascript:alert(1)|press&gt;</p>",
    }
    for words, expected in cases.items():
        assert await markup(await show(hotel, page, words=words)) == expected, words
    assert await page.locator(".mention.mine").all_inner_texts() == ["@ann", "@hosts", "@here"]


async def test_html_in_what_people_and_apps_say_stays_text(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    markdown = f"# {ATTACK}\n\n[press](javascript:window.broken=4)\n\n- {ATTACK}\n\n| {ATTACK} |\n|--|\n| x |"
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": ATTACK, "style": {"bold": True}},
                    {"type": "link", "url": "javascript:window.broken=3", "text": "press"},
                ],
            }
        ],
    }
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": ATTACK}], [{"type": "raw_text", "text": ATTACK}]]}
    shown = await show(
        hotel,
        page,
        section(f"*{ATTACK}* ```{ATTACK}``` `{ATTACK}`", fields=[text(ATTACK)]),
        {"type": "header", "text": text(ATTACK[:100])},
        {"type": "context", "elements": [text(ATTACK), {"type": "mrkdwn", "text": ATTACK}]},
        {"type": "markdown", "text": markdown},
        {"type": "alert", "level": "warning", "text": text(ATTACK)},
        actions(button('<img src=x onerror="window.broken=5">', "x")),
        rich,
        table,
    )
    await hotel.control.say("ben", "lobby", ATTACK)
    mine = page.locator("#list > li", has_text="Ben Bay")
    await mine.wait_for()
    assert ATTACK in await mine.inner_text()
    assert await shown.locator("img, script, b").count() == 0
    assert await page.locator("#main img, #main script").count() == 0
    assert await page.locator("a[href^=javascript]").count() == 0
    await page.locator("#list button", has_text="<img").click()
    assert await page.evaluate("() => window.broken === undefined")


async def test_html_in_a_modal_stays_text(hotel: Hotel) -> None:
    async def opened(ack: Any, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        hint = {"hint": text(ATTACK)}
        await client.views_open(trigger_id=body["trigger_id"], view=modal(field(ATTACK, "f") | hint, section(ATTACK)))

    hotel.desk.app.action("evil")(opened)
    page = await hotel.enter("ann")
    shown = await show(hotel, page, actions(button("Open", "evil")))
    await shown.get_by_role("button", name="Open").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("not bold").first.wait_for()
    assert await dialog.locator("img, script, b").count() == 0
    assert await page.evaluate("() => window.broken === undefined")


async def test_blocks(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    cell = {"type": "raw_text", "text": "p95"}
    shown = await show(
        hotel,
        page,
        {"type": "header", "text": text("Report")},
        section("*Rooms*", fields=[text("Attic"), text("Cellar")], accessory=button("Look", "look")),
        {"type": "divider"},
        {"type": "alert", "level": "error", "text": text("The boiler is out")},
        {"type": "markdown", "text": "## Plan\n\n1. first\n2. *second*\n\n```\ncode\n```"},
        {
            "type": "table",
            "rows": [[cell, cell], [cell, {"type": "raw_number", "value": 12}]],
            "column_settings": [{"align": "left"}, {"align": "right"}],
        },
        {"type": "plan", "title": "Steps", "tasks": [{"task_id": "1", "title": "Knock", "status": "complete"}]},
    )
    await shown.get_by_role("heading", name="Report").wait_for()
    await shown.get_by_role("button", name="Look").wait_for()
    assert await shown.locator(".alert").text_content() == "Error: The boiler is out"
    assert await shown.locator("ol > li").all_inner_texts() == ["first", "second", "Knock (done)"]
    assert await shown.locator("th").all_inner_texts() == ["p95", "p95"]
    assert await shown.locator("td.right").inner_text() == "12"
    assert await shown.locator("hr").count() == 1


async def test_charts_are_drawn_with_their_figures_in_a_table(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    for kind, shapes in (("line", "path.stroke"), ("area", "path.area"), ("bar", "rect.bar")):
        found = await show(hotel, page, line_chart(kind))
        drawing = found.get_by_role("img", name=f"A {kind} chart")
        assert await drawing.locator(shapes).count() == (6 if kind == "bar" else 2)
        assert await found.locator(".legend li").all_inner_texts() == ["new", "old"]
        await found.get_by_text("Figures", exact=True).click()
        rows = await found.locator("tbody tr").all_inner_texts()
        assert [row.split() for row in rows] == [["Mon", "1.2", "1"], ["Tue", "-0.5", "1.5"], ["Wed", "3", "2"]]
    pie = await show(hotel, page, pie_chart())
    assert await pie.get_by_role("img", name="Rooms").locator("path.bar").count() == 2


async def test_a_table_says_when_it_goes_on_beyond_the_edge(hotel: Hotel) -> None:
    page = await hotel.enter("ann", viewport={"width": 900, "height": 800})

    def table(columns: int) -> dict[str, Any]:
        row = [{"type": "raw_text", "text": f"Figure {number}"} for number in range(columns)]
        return {"type": "table", "rows": [row, row], "column_settings": []}

    word = "More columns to the right"
    narrow = await show(hotel, page, table(2))
    await narrow.locator("td").first.wait_for()
    assert await narrow.get_by_text(word).is_hidden()
    wide = await show(hotel, page, table(12))
    await wide.get_by_text(word).wait_for()
    await wide.locator(".table").evaluate("it => it.scrollTo(it.scrollWidth, 0)")
    await wide.get_by_text(word).wait_for(state="hidden")
    await wide.locator(".table").evaluate("it => it.scrollTo(0, 0)")
    await wide.get_by_text(word).wait_for()
    await page.set_viewport_size({"width": 1900, "height": 800})
    await wide.get_by_text(word).wait_for(state="hidden")


async def test_a_table_of_some_columns_stands_as_blocks_where_thread_and_panel_leave_it_no_room(hotel: Hotel) -> None:
    page = await hotel.enter("ann", viewport={"width": 1440, "height": 900})
    names = ["What", "Verdict", "Old", "New", "Difference", "90 % interval", "Allowed", "Cases"]
    figures = [
        "quality",
        "can't tell yet",
        "100.0 %",
        "78.4 %",
        "−21.6 points",
        "−29.0 to −15.7 points",
        "up to 5",
        "102",
    ]
    rows = [[{"type": "raw_text", "text": each} for each in row] for row in (names, figures)]
    shown = await show(hotel, page, {"type": "table", "rows": rows})
    named = "it => getComputedStyle(it, '::before').content"
    last = shown.locator("td").last
    assert await last.evaluate(named) in {"none", "normal"}  # side by side: the head names the columns
    await shown.hover()
    await page.locator("#list > li").last.get_by_role("button", name="Reply in thread").click()
    await page.get_by_role("complementary", name="Thread").wait_for()
    await page.get_by_role("complementary", name="Platform").wait_for()
    for place in ("#list", "#thread"):
        table = page.locator(f"{place} .table")
        assert await table.evaluate("it => it.scrollWidth <= it.clientWidth")
        assert await page.locator(f"{place} .beyond").is_hidden()
        assert "Cases" in str(await page.locator(f"{place} td").last.evaluate(named))
        cells = page.locator(place).get_by_role("table").get_by_role("cell")
        assert await cells.all_inner_texts() == figures
        assert await page.locator(place).get_by_role("columnheader").count() == len(names)


async def test_pictures_come_from_the_sandbox_and_from_nowhere_else(hotel: Hotel) -> None:
    page = await hotel.enter("ann")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    lobby = next(c.id for c in hotel.world.slack.workspace.channels.values() if c.name == "lobby")
    client = web_client(hotel.world)
    await client.files_upload_v2(channel=lobby, content=PICTURE, filename="chart.png", title="Latency of both models")
    picture = page.get_by_role("img", name="Latency of both models")
    await picture.wait_for()
    await page.wait_for_function("() => document.querySelector('#list img').naturalWidth === 1")
    shown = await show(
        hotel, page, {"type": "image", "image_url": "https://pictures.example/a.png", "alt_text": "From elsewhere"}
    )
    await shown.get_by_role("link", name="From elsewhere").wait_for()
    assert {url.split("/")[2] for url in asked} == {hotel.world.base_url.split("/")[2]}


async def test_menus_and_choices_of_a_message(hotel: Hotel) -> None:
    heard: list[Any] = []

    async def chosen(ack: Any, payload: Json) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        many = payload.get("selected_options") or [payload.get("selected_option")]
        heard.append(payload.get("selected_date") or [option["value"] for option in many])

    for action in ("pick", "more", "boxes", "day", "people"):
        hotel.desk.app.action(action)(chosen)
    options = [{"text": text(name), "value": name.lower()} for name in ("Red", "Green")]
    page = await hotel.enter("ann")
    shown = await show(
        hotel,
        page,
        actions(
            {"type": "static_select", "action_id": "pick", "placeholder": text("Colour"), "options": options},
            {"type": "overflow", "action_id": "more", "options": options},
            {"type": "checkboxes", "action_id": "boxes", "options": options},
            {"type": "datepicker", "action_id": "day"},
        ),
    )
    await shown.get_by_role("combobox", name="Colour").click()
    await page.get_by_role("option", name="Green").click()
    await shown.get_by_role("button", name="More choices").click()
    await page.get_by_role("menuitem", name="Red").click()
    await shown.get_by_label("Red").check()
    await shown.locator("input[type=date]").fill("2026-12-24")
    await page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    assert heard == [["green"], ["red"], ["red"], "2026-12-24"]
    await page.reload()
    assert await shown.get_by_role("combobox", name="Colour").input_value() == "Green"
    assert await shown.get_by_label("Red").is_checked()
