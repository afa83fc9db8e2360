"""Lines over time: legible on a phone, told apart without colour, never joined over what was not seen, and in words."""

import math
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.charts.alt import series_alt
from bot.charts.lettering import width
from bot.charts.model import Dot, Line, Mark, Panel, SeriesChart
from bot.charts.parts import WIDTH, Drawing
from bot.charts.plot import extent, head_of
from bot.charts.png import SCALE, png
from bot.charts.scale import at_ticks, length, multiples, rounded, step_for, time_step, unit_of
from bot.charts.series import draw_series
from bot.charts.theme import DARK, LIGHT, Theme
from tests.charts.pixels import read, rgb, size

NEW = (Dot(600, 2.0), Dot(1200, 9.2), Dot(1200, None), Dot(2400, 11.0))
OLD = (Dot(-600, 0.4), Dot(0, 0.5), Dot(0, None), Dot(600, 0.5), Dot(1200, 0.6), Dot(1200, None), Dot(2400, 0.5))
ERRORS = Panel("errors", "bad", "worse", (NEW, OLD), "%", note="2 of 3", limit=8.0, unseen=((1200.0, 1800.0),))
SET, FAILED = Mark(0, "new model set", "none"), Mark(2400, "failed", "bad")
CHART = SeriesChart(
    title="pilots: worse at check 4",
    tone="bad",
    lines=(Line("new", "acme/sable-5"), Line("old", "acme/sable-4")),
    panels=(ERRORS,),
    marks=(SET, FAILED),
    since="since the new model was set",
    unseen="not counted",
    foot=("The old line is what the new one was held against.",),
)


def elements(drawing: Drawing, what: str, **having: str) -> list[ET.Element]:
    """Elements of a kind whose attributes begin as is said."""
    every = ET.fromstring(drawing.svg("")).iterfind(f".//{{*}}{what}")
    return [one for one in every if all(one.get(name, "").startswith(value) for name, value in having.items())]


def of(panel: Panel) -> Drawing:
    return draw_series(replace(CHART, panels=(panel,)))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_png_has_its_size_and_shows_lines_limit_and_failure(theme: Theme) -> None:
    drawing = draw_series(CHART)
    assert size(png(drawing, theme)) == (WIDTH * SCALE, drawing.height * SCALE)
    picture = read(png(drawing, theme, scale=2))
    assert picture.rows[0][0] == rgb(theme.ground)
    for colour in ("ink", "quiet", "line", "bad"):
        assert picture.has(getattr(theme, colour)) > 20, colour


def test_without_colour_lines_differ_in_stroke_and_dots_and_gaps_are_hatched() -> None:
    drawing = draw_series(CHART)
    (new, old) = (elements(drawing, "path", **{"class": name, "d": "M"}) for name in ("line-line", "quiet-line"))
    assert not any(path.get("stroke-dasharray") for path in new)
    assert all(path.get("stroke-dasharray") for path in old)
    assert elements(drawing, "circle", **{"class": "line"})
    assert elements(drawing, "rect", **{"class": "quiet-line"})
    limit = elements(drawing, "path", **{"class": "bad-line", "stroke-dasharray": "1.5"})
    assert len(limit) == 1
    assert len(elements(drawing, "rect", fill="url(#unseen)")) == 2, "one in the plot, one in the legend"


def test_no_line_goes_over_what_was_not_seen() -> None:
    def pieces(panel: Panel) -> tuple[int, int]:
        samples = 1  # of the legend
        found = (elements(of(panel), "path", **{"class": name}) for name in ("line-line", "quiet-line"))
        new, old = (len(paths) - samples for paths in found)
        return new, old

    assert pieces(ERRORS) == (1, 2), "the last figure stands alone, a dot"
    whole = replace(ERRORS, tracks=tuple(tuple(d for d in track if d.value is not None) for track in ERRORS.tracks))
    assert pieces(whole) == (1, 1)
    lone = replace(ERRORS, tracks=((Dot(600, 1.0), Dot(600, None), Dot(1200, 2.0)), ()))
    assert pieces(lone) == (0, 0)
    assert len(elements(of(lone), "circle", **{"class": "line"})) == 1 + 2


def test_figures_lie_where_their_scale_says_and_the_failure_where_it_happened() -> None:
    drawing = draw_series(CHART)
    dots = [(float(d.get("cx", "")), float(d.get("cy", ""))) for d in elements(drawing, "circle", **{"class": "line"})]
    (_, first, second, third) = dots
    assert first[0] < second[0] < third[0]
    assert first[1] > second[1] > third[1], "higher figures lie higher"
    (limit,) = elements(drawing, "path", **{"class": "bad-line", "stroke-dasharray": "1.5"})
    at = float(limit.get("d", "").split()[1].split("H")[0])
    assert first[1] > at > second[1], "the limit lies between what holds it and what breaks it"
    (failed,) = (one for one in elements(drawing, "path", **{"class": "bad-line"}) if not one.get("stroke-dasharray"))
    assert float(failed.get("d", "")[1:].split()[0]) == pytest.approx(third[0], abs=0.1)


def test_a_scale_begins_at_zero_unless_less_is_worse() -> None:
    flat = replace(ERRORS, tracks=((Dot(0, 1.1), Dot(60, 1.2)), ()), limit=None)
    assert extent(flat)[0] == 0
    falling = replace(flat, tracks=((Dot(0, 97.0), Dot(60, 93.0)), ()), limit=95.0, less_is_worse=True)
    low, high, _ = extent(falling)
    assert 80 < low <= 93
    assert high >= 97
    assert "lowest 93 %" in series_alt(replace(CHART, panels=(falling,)))
    below = replace(flat, tracks=((Dot(0, -3.0), Dot(60, -1.0)), ()))
    assert extent(below)[0] <= -3


def test_a_limit_far_beyond_is_named_at_the_edge_and_presses_nothing_flat() -> None:
    calm = replace(ERRORS, tracks=((Dot(0, 0.2), Dot(60, 0.3)), ()))
    assert extent(calm)[1] < 1
    assert "limit 8 %" in {text.text for text in elements(of(calm), "text")}
    assert not elements(of(calm), "path", **{"stroke-dasharray": "1.5"})


def test_what_was_allowed_is_dotted_at_every_time_and_said_in_words() -> None:
    moving = (Dot(0, 1.5), Dot(60, 1.5), Dot(60, None), Dot(120, 2.5))
    panel = replace(ERRORS, tracks=((Dot(60, 1.0), Dot(120, 2.0)), ()), limit=None, allowed=moving)
    (dotted,) = elements(of(panel), "path", **{"class": "bad-line", "stroke-dasharray": "1.5"})
    assert dotted.get("d", "").count("L") == 1, "no line goes over what was not seen"
    assert extent(panel)[1] >= 2.5
    assert "allowed first 1.5 %, last 2.5 %." in series_alt(replace(CHART, panels=(panel,)))
    assert "allowed" not in series_alt(replace(CHART, panels=(replace(panel, allowed=()),)))


def test_a_figure_stands_for_every_window_where_there_is_room_and_for_some_where_there_is_none() -> None:
    def dots(many: int) -> int:
        track = tuple(Dot(60.0 * n, 1.0) for n in range(many))
        chart = replace(CHART, panels=(replace(ERRORS, tracks=(track, ()), unseen=()),), marks=())
        return len(elements(draw_series(chart), "circle", **{"class": "line"})) - 1

    assert dots(24) == 24
    assert 10 < dots(200) < 40


def test_a_chart_without_panels_or_with_too_many_is_refused() -> None:
    for panels in ((), (ERRORS,) * 5):
        with pytest.raises(ValueError, match="one to four panels"):
            draw_series(replace(CHART, panels=panels))


def spans(drawing: Drawing) -> Iterator[tuple[str, float, float, float]]:
    """Every text with its ends and its height."""
    for text in elements(drawing, "text"):
        said, x, long = text.text or "", float(text.get("x", "")), 0.0
        long = width(said, float(text.get("font-size", "")))
        start = x - long * {"end": 1.0, "middle": 0.5}.get(text.get("text-anchor", ""), 0.0)
        yield said, start, start + long, float(text.get("y", ""))


figures = st.one_of(st.none(), st.just(0.0), st.floats(1e-4, 1), st.floats(1, 1e6), st.floats(1e-6, 1e-4))


@st.composite
def charts(draw: st.DrawFn) -> SeriesChart:
    many = draw(st.integers(1, 40))
    step = draw(st.sampled_from([5.0, 60.0, 600.0, 3600.0, 86400.0]))
    before = draw(st.integers(0, 8))

    def track(first: int) -> tuple[Dot, ...]:
        return tuple(Dot(step * n, draw(figures)) for n in range(first, many + 1))

    panels = tuple(
        Panel(
            draw(st.sampled_from(["errors", "a check of my own with a name as long as it may be", "latency (p95)"])),
            draw(st.sampled_from(["good", "bad", "open", "none"])),
            "fine",
            (track(1), track(-before)),
            draw(st.sampled_from(["%", "s", "", "tokens per answer"])),
            draw(st.sampled_from(["", "$"])),
            draw(st.sampled_from(["", "difference +42 %, allowed +20 %"])),
            draw(st.one_of(st.none(), st.floats(0.001, 100))),
            less_is_worse=draw(st.booleans()),
            unseen=draw(st.sampled_from([(), ((0.0, step),)])),
        )
        for _ in range(draw(st.integers(1, 4)))
    )
    marks = (SET, Mark(step * draw(st.integers(1, many)), "failed", "bad"))
    lines = (Line("new", draw(st.text(min_size=1, max_size=90))), Line("old", "acme/sable-4"))
    return replace(CHART, panels=panels, marks=marks, lines=lines)


@given(charts())
@settings(max_examples=60, deadline=None)
def test_every_text_is_inside_the_picture_and_over_no_other(chart: SeriesChart) -> None:
    drawing = draw_series(chart)
    texts = list(spans(drawing))
    for said, start, end, y in texts:
        assert start >= -1, said
        assert end <= WIDTH + 1, said
        assert 0 < y < drawing.height, said
    for place, (said, start, end, y) in enumerate(texts):
        for other, begins, ends, at in texts[place + 1 :]:
            limits = said.startswith("limit") or other.startswith("limit")  # inside the plot, on a ground of its own
            assert limits or abs(y - at) >= 9 or end <= begins + 1 or ends <= start + 1, (said, other)


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_text_from_outside_stays_text(one: str, other: str) -> None:
    def shapes(drawing: Drawing) -> list[tuple[str, list[str]]]:
        return [(each.tag, sorted(each.attrib)) for each in ET.fromstring(drawing.svg("")).iter()]

    panel = replace(ERRORS, label=one, note=other, unit=one)
    lines = (Line(one[:9], other), Line("old", one))
    assert shapes(of(panel)) == shapes(draw_series(CHART))
    told = replace(CHART, title=other, lines=lines, since=one, foot=(other,))
    assert shapes(draw_series(told)) == shapes(draw_series(CHART))


def test_the_words_say_what_the_picture_says() -> None:
    assert series_alt(CHART) == (
        "pilots: worse at check 4. new model set at the start; failed 40 min after. "
        "All times are since the new model was set. new: acme/sable-5; old: acme/sable-4. "
        "errors: worse, 2 of 3. new first 2 %, last 11 %, highest 11 % (40 min after). "
        "old first 0.4 %, last 0.5 %, highest 0.6 % (20 min after). limit 8 %. "
        "not counted: 10 min in 1 stretch. The old line is what the new one was held against."
    )
    for text in elements(draw_series(CHART), "text"):
        said = text.text or ""
        if said.lstrip("−").split()[0].replace(".", "").isdigit() or said.startswith(("minutes", "new 11")):
            continue  # the scales, and the last figures, which are said in another order
        assert said in series_alt(CHART), said
    silent = replace(ERRORS, tracks=((), OLD), unit="tokens", unseen=())
    told = series_alt(replace(CHART, panels=(silent, ERRORS)))
    assert "new has no figure." in told
    assert head_of(silent) == "errors, tokens"


@given(st.floats(1e-9, 1e12), st.integers(2, 8))
def test_steps_are_round_and_few(span: float, most: int) -> None:
    step = step_for(span, most)
    assert span / step <= most + 1e-6
    assert step / 10 ** math.floor(math.log10(step)) == pytest.approx(
        min((1, 2, 2.5, 5, 10), key=lambda one: abs(one - step / 10 ** math.floor(math.log10(step)))), rel=1e-6
    )
    assert span / time_step(span, most) <= most + 1e-6


def test_numbers_and_times_are_written_as_people_read_them() -> None:
    assert [rounded(n) for n in (0, 9.2, 0.4583, 10.71, 1234.5, 0.0005, -2.0)] == [
        *("0", "9.2", "0.458", "10.7", "1,234", "0.0005", "−2"),
    ]
    assert at_ticks([0, 0.25, 0.5], 0.25) == ["0.00", "0.25", "0.50"]
    assert at_ticks([-10, 0, 10], 10) == ["−10", "0", "10"]
    assert multiples(10, -15, 20) == [-10, 0, 10, 20]
    assert [length(n) for n in (0, 59, 90, 5400, 90_000)] == ["0 s", "59 s", "1 min 30 s", "1 h 30 min", "1 d 1 h"]
    assert [unit_of(n)[1] for n in (5, 60, 3600, 86400)] == ["seconds", "minutes", "hours", "days"]
    assert time_step(19 * 3600, 8) == 3 * 3600
