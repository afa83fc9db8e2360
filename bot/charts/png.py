"""A drawing as PNG. The renderer is imported when the first picture is drawn: a bot that is idle has none of it."""

from pathlib import Path
from typing import Final

from bot.charts.parts import Drawing
from bot.charts.theme import LIGHT, Theme, style

SCALE: Final = 3
"""Pixels a unit: sharp on a phone, and still 100 kB."""

FONTS: Final = Path(__file__).parent / "fonts"


def png(drawing: Drawing, theme: Theme = LIGHT, scale: int = SCALE) -> bytes:
    """The picture, drawn with our own font only, so that it is the same on a machine that has none."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing.svg(style(theme)),
            zoom=scale,
            skip_system_fonts=True,
            font_files=[str(file) for file in sorted(FONTS.glob("*.ttf"))],
            font_family="Roboto",
        )
    )
