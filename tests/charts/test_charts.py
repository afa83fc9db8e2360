"""The chart as a picture: drawn with our own letters, told apart without colour, and the same in words."""

import subprocess
import sys
from dataclasses import fields, replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charts.alt import alt_text
from bot.charts.draw import draw
from bot.charts.lettering import fitted, width
from bot.charts.model import IntervalChart, Row, Tone
from bot.charts.parts import WIDTH, Drawing, sign
from bot.charts.png import FONTS, SCALE, png
from bot.charts.theme import DARK, LIGHT, Theme
from tests.charts.pixels import read, rgb, size

TONES: tuple[Tone, ...] = ("good", "bad", "open", "none")
ROWS = (
    Row("quality", "bad", "worse", "−14.6 points", "−20.4 to −10.2", "allowed −5 points", -4.1, -2.9, -2.04),
    Row("tool calls", "good", "fine", "0.0 points", "−2.2 to +2.2", "allowed −5 points", -0.44, 0, 0.44),
    Row("right arguments", "open", "can't tell yet", "−3.0 points", "", "", -1.6, -0.6, 0.5, inner=True),
    Row("recovery", "none", "not tested", "not tested", inner=True),
)
CHART = IntervalChart("Worse", "bad", ROWS, ("old acme/sable-4", "new acme/sable-5"), ("Bar: 90 % interval.",))
GROUND = '<rect class="ground" width="600" height="40"/>'
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


@THEMES
def test_the_png_has_its_size_and_shows_every_tone(theme: Theme) -> None:
    drawing = draw(CHART)
    assert size(png(drawing, theme)) == (WIDTH * SCALE, drawing.height * SCALE)
    picture = read(png(drawing, theme, scale=2))
    assert (picture.width, picture.height) == (WIDTH * 2, drawing.height * 2)
    assert picture.rows[0][0] == rgb(theme.ground)
    for tone in ("good", "bad", "open", "none", "ink", "quiet"):
        assert picture.has(getattr(theme, tone)) > 10, tone


@THEMES
@pytest.mark.parametrize("name", [each.name for each in fields(Theme)])
def test_every_colour_stands_out_from_what_it_stands_on(theme: Theme, name: str) -> None:
    texts = {"ink", "quiet", "good", "bad", "open", "none"}
    for ground in {theme.ground, theme.band} if name not in {"ground", "band"} else ():
        assert contrast(getattr(theme, name), ground) >= (4.5 if name in texts else 3), (name, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [part / 255 for part in rgb(colour)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_signs_are_told_apart_without_colour() -> None:
    grey = replace(LIGHT, good="#000000", bad="#000000", open="#000000", none="#000000")
    shapes = {tone: read(png(sign(tone), grey)).rows for tone in TONES}
    for tone in TONES:
        for other in TONES:
            differing = sum(
                a != b for p, q in zip(shapes[tone], shapes[other], strict=True) for a, b in zip(p, q, strict=True)
            )
            assert (differing > 100) == (tone != other), (tone, other)


def test_our_own_letters_are_drawn_and_no_others() -> None:
    """Fonts of the machine are not looked at, so ink can only come from the files beside the module."""
    assert {file.name for file in FONTS.glob("*.ttf")} == {"Roboto-Medium.ttf", "Roboto-Regular.ttf"}
    assert "Apache License" in (FONTS / "LICENSE.txt").read_text(encoding="utf-8")

    def inked(letter: str, weight: int) -> int:
        text = f'<text class="ink" y="30" font-weight="{weight}">{letter}</text>'
        return read(png(Drawing(f"{GROUND}{text}", 40, 40))).has(LIGHT.ink)

    assert inked("大", 400) == 0
    for letter in "Aé−–≤…":
        assert inked(letter, 400) > 5, letter
    assert inked("W", 600) > inked("W", 400)


@pytest.mark.parametrize("text", ["right arguments", "−20.4 to −10.2", "accounts/fireworks/models/llama4", "WWW.iii"])
def test_widths_are_those_of_the_font(text: str) -> None:
    drawn = f'<text class="ink" x="4" y="30" font-size="24" font-weight="600">{text}</text>'
    columns = read(png(Drawing(f"{GROUND}{drawn}", 600, 40), scale=1)).columns(LIGHT.ground)
    assert columns[-1] - 4 == pytest.approx(width(text, 24), abs=max(4, 0.04 * width(text, 24)))


@given(st.text(min_size=1, max_size=80), st.floats(20, 300))
def test_what_is_fitted_fits_and_keeps_both_ends(text: str, room: float) -> None:
    shown = fitted(text, 12, room)
    assert shown == text or (shown[0] == text[0] and "…" in shown)
    assert width(shown, 12) <= room or len(shown.replace("…", "")) <= 1


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_text_from_outside_stays_text(title: str, label: str, line: str) -> None:
    row = replace(ROWS[0], label=label, word=line, figure=title, note=label)
    plain = shapes(draw(replace(CHART, rows=(ROWS[0],))))
    assert shapes(draw(replace(CHART, title=title, lines=(line, label), rows=(row,)))) == plain


def shapes(drawing: Drawing) -> list[tuple[str, list[str]]]:
    """The elements of a drawing with the names of their attributes; texts aside."""
    return [(each.tag, sorted(each.attrib)) for each in ET.fromstring(drawing.svg(""))]


def test_bars_lie_where_their_figures_are() -> None:
    """Zero and limit are lines; a bar that crosses the limit is left of it, one that leaves the plot has an arrow."""

    def bar(row: Row) -> tuple[float, float]:
        found = ET.fromstring(draw(replace(CHART, rows=(row,))).svg("")).findall("{*}rect[@class='open'][@rx]")[0]
        start = float(found.get("x", ""))
        return start, start + float(found.get("width", ""))

    lines = ET.fromstring(draw(CHART).svg("")).findall("{*}path")
    zero = float(next(each.get("d", "")[1:] for each in lines if each.get("class") == "rule-line").split()[0])
    limit = float(next(each.get("d", "")[1:] for each in lines if each.get("stroke-dasharray")).split()[0])
    assert limit < zero
    crossing = bar(Row("", "open", "", "", low=-1.5, point=-0.5, high=0.5))
    assert crossing[0] < limit < zero < crossing[1]
    exact = bar(Row("", "open", "", "", low=-1.0, point=-0.5, high=0.0))
    assert exact == pytest.approx((limit, zero), abs=0.15)
    far = draw(replace(CHART, rows=(Row("", "open", "", "", low=float("-inf"), point=0, high=float("inf")),))).body
    assert far.count('<path class="open" d="M') - sign("open").body.count('<path class="open"') == 2


def test_the_words_say_all_that_the_picture_shows() -> None:
    told = alt_text(CHART)
    drawn = [each.text or "" for each in ET.fromstring(draw(CHART).svg("")).iterfind(".//{*}text")]
    for text in set(drawn) - {"limit", "better"}:
        assert text in told, text
    for row in ROWS:
        assert f"{row.label}: {row.word}" in told


def test_the_renderer_is_imported_with_the_first_picture_only() -> None:
    script = (
        "import sys, bot.charts.png, bot.charts.series, bot.difftest.report.chart; sys.exit('resvg_py' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
