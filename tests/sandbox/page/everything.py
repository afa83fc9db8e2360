"""Messages that hold every block and element the page draws, a picture's bytes beside them."""

from typing import Any, Final

from tests.sandbox.slackparts import Json, actions, button, section, text

PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc00000040101"
    "005d9d2bb60000000049454e44ae426082"
)

_OPTIONS: Final = [{"text": text(name), "value": name.lower()} for name in ("Red", "Green")]


def _menu(kind: str, action_id: str, **more: object) -> Json:
    return {"type": kind, "action_id": action_id, "placeholder": text(action_id), **more}


def line_chart(kind: str, **more: object) -> Json:
    """Two series over three days, as lines, areas or bars."""
    days = ["Mon", "Tue", "Wed"]
    series = [
        {"name": name, "data": [{"label": day, "value": value} for day, value in zip(days, values, strict=True)]}
        for name, values in (("new", (1.2, -0.5, 3)), ("old", (1, 1.5, 2)))
    ]
    axis = {"categories": days, "x_label": "since the beginning", "y_label": "errors (%)"}
    chart = {"type": kind, "series": series, "axis_config": axis}
    return {"type": "data_visualization", "title": f"A {kind} chart", "chart": {**chart, **more}}


def pie_chart() -> Json:
    segments = [{"label": "Attic", "value": 3}, {"label": "Cellar", "value": 1.5}]
    return {"type": "data_visualization", "title": "Rooms", "chart": {"type": "pie", "segments": segments}}


def _cells(*values: str) -> list[dict[str, Any]]:
    return [{"type": "raw_text", "text": value} for value in values]


_RICH: Final = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "link", "url": "https://example.com", "text": "a link"},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
    ],
}

EVERY_BLOCK: Final[tuple[list[Json], ...]] = (
    [
        {"type": "header", "text": text("Report")},
        section("*Rooms* `code` <https://example.com|a link> ~gone~", fields=[text("Attic"), text("Cellar")]),
        section("with a button", accessory=button("Look", "look")),
        section("with a menu", accessory={"type": "overflow", "action_id": "more", "options": _OPTIONS}),
        section(" ".join(f"word{number}" for number in range(200))),
        {"type": "divider"},
        {"type": "context", "elements": [text("a context"), {"type": "mrkdwn", "text": "*in* <!here>"}]},
        {"type": "image", "image_url": "https://pictures.example/a.png", "alt_text": "From elsewhere"},
        section("> quoted\n```preformatted```"),
    ],
    [{"type": "alert", "level": level, "text": text(f"It is {level}")} for level in ("info", "warning", "error")],
    [
        {"type": "alert", "level": "success", "text": text("It is well")},
        {
            "type": "markdown",
            "text": "## Plan\n\n1. first\n2. *second*\n\n```\ncode\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |",
        },
        {"type": "table", "rows": [_cells(*[f"Figure {n}" for n in range(12)])] * 3, "column_settings": []},
        {"type": "plan", "title": "Steps", "tasks": [{"task_id": "1", "title": "Knock", "status": "complete"}]},
        {"type": "task_card", "task_id": "2", "title": "Enter", "status": "error"},
        {"type": "container", "title": text("Evidence"), "child_blocks": [section("inside")]},
        {"type": "card", "title": {"type": "mrkdwn", "text": "A card"}, "actions": [button("Take", "take")]},
        _RICH,
    ],
    [
        line_chart("line"),
        pie_chart(),
        {"type": "data_table", "caption": "Figures", "rows": [_cells("a", "b"), _cells("1", "2")]},
        actions(
            button("Usual", "usual"),
            button("Go", "go", style="primary"),
            button("Stop", "stop", style="danger"),
            _menu("static_select", "Colour", options=_OPTIONS),
            _menu("multi_static_select", "Colours", options=_OPTIONS, initial_options=_OPTIONS[:1]),
            _menu("users_select", "Somebody"),
            _menu("conversations_select", "Somewhere"),
        ),
        actions(
            {"type": "checkboxes", "action_id": "boxes", "options": _OPTIONS},
            {"type": "radio_buttons", "action_id": "one", "options": _OPTIONS, "initial_option": _OPTIONS[0]},
            {"type": "datepicker", "action_id": "day"},
            {"type": "timepicker", "action_id": "hour"},
            {"type": "overflow", "action_id": "more", "options": _OPTIONS},
        ),
    ],
)
