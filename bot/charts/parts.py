"""The parts every picture is made of: a drawing with its size, the sign of a tone, a text. One unit is a CSS pixel.

Colours are classes; who shows a drawing gives them (`bot.charts.theme`). Nothing in it is fetched, scripted or styled
inline.
"""

from dataclasses import dataclass
from typing import Final

from bot.charts.lettering import lettered
from bot.charts.model import Tone

WIDTH: Final = 360
"""The narrowest place a picture is shown in: a phone."""
PAD: Final = 14
TITLE, LINE, LABEL, INNER, SMALL = 16.0, 12.0, 13.0, 12.0, 11.0
"""Sizes of letters."""
_FAMILIES: Final = "Roboto, Helvetica Neue, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG content with its size in units."""

    body: str
    width: int
    height: int

    def svg(self, style: str) -> str:
        """A whole document, with CSS for its classes."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg"{self._size} font-family="Roboto">'
        return f"{head}<style>{style}</style>{self.body}</svg>"

    def inline(self) -> str:
        """An element for a page that has the classes, and says the same in words beside it."""
        return f'<svg aria-hidden="true"{self._size} font-family="{_FAMILIES}">{self.body}</svg>'

    @property
    def _size(self) -> str:
        return f' viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'


def sign(tone: Tone, size: int = 16) -> Drawing:
    """The sign of a tone alone."""
    return Drawing(sign_at(tone, size / 2, size / 2, size / 2 - 2), size, size)


def sign_at(tone: Tone, x: float, y: float, r: float) -> str:
    """A shape for each tone, told apart without colour: disc with a tick, square with a cross, rhomb, empty ring."""
    k = r / 7
    stroke = f'stroke-width="{1.8 * k:.2f}" stroke-linecap="round" stroke-linejoin="round"'
    shapes = {
        "good": f'<circle class="good" cx="{x}" cy="{y}" r="{r}"/>'
        f'<path class="ground-line" d="M{x - 3.2 * k:.2f} {y + 0.2 * k:.2f}l{2.2 * k:.2f} {2.3 * k:.2f}'
        f'l{4.2 * k:.2f} {-4.8 * k:.2f}" {stroke}/>',
        "bad": f'<rect class="bad" x="{x - r:.2f}" y="{y - r:.2f}" width="{2 * r}" height="{2 * r}" rx="{2 * k:.2f}"/>'
        f'<path class="ground-line" d="M{x - 2.8 * k:.2f} {y - 2.8 * k:.2f}l{5.6 * k:.2f} {5.6 * k:.2f}'
        f'm0 {-5.6 * k:.2f}l{-5.6 * k:.2f} {5.6 * k:.2f}" {stroke}/>',
        "open": f'<path class="open" d="M{x} {y - 1.25 * r:.2f}l{1.25 * r:.2f} {1.25 * r:.2f}'
        f'l{-1.25 * r:.2f} {1.25 * r:.2f}l{-1.25 * r:.2f} {-1.25 * r:.2f}z"/>'
        f'<path class="ground-line" d="M{x - 1.9 * k:.2f} {y - 1.5 * k:.2f}a{1.95 * k:.2f} {1.95 * k:.2f} 0 1 1'
        f' {1.9 * k:.2f} {2.1 * k:.2f}v{0.9 * k:.2f}m0 {2.0 * k:.2f}v{0.1 * k:.2f}" {stroke}/>',
        "none": f'<circle class="none-line" cx="{x}" cy="{y}" r="{r - 1}" stroke-width="{1.5 * k:.2f}"/>',
    }
    return shapes[tone]


def text_at(x: float, y: float, text: str, size: float, tone: str, *, anchor: str = "start", weight: int = 400) -> str:
    """A line of text whose letters stand on `y`; `anchor` says which end of it is at `x`."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    bold = "" if weight == 400 else f' font-weight="{weight}"'  # noqa: PLR2004 (the normal one)
    return f'<text class="{tone}" x="{x:g}" y="{y:g}" font-size="{size:g}"{place}{bold}>{lettered(text)}</text>'
