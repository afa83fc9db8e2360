"""Charts the workspace draws itself, with all that they show in words. Pure.

Limits of a data visualization block (docs.slack.dev): title and axis labels 50 characters, names and categories 20, six
series, twenty categories; every series has a figure for every category; two such blocks a message.
"""

from typing import Final

from bot.engine.models.notes import ChartNote, NativeChart
from bot.wording.text import text
from bot.wording.units import shortened
from bot.wording.unseen import plainly
from handlers.blocks.layout import Block, Message, context, message, sections

TITLE: Final = 50
NAME: Final = 20
SERIES: Final = 6
CATEGORIES: Final = 20
A_MESSAGE: Final = 2


def charted(note: ChartNote) -> Message:
    """Which charts these are, the charts, and what they show for those who cannot see them."""
    blocks = [*sections(text(note.words), 2_000), *(_block(chart) for chart in note.charts[:A_MESSAGE])]
    return message(text(note.words, note.alt), [*blocks, *context(text(note.alt))])


def _block(chart: NativeChart) -> Block:
    labels = unique([shortened(plainly(one), NAME) for one in chart.categories[:CATEGORIES]])
    names = unique([shortened(plainly(one.name), NAME) for one in chart.series[:SERIES]])
    series = [
        {"name": name, "data": [{"label": at, "value": value} for at, value in zip(labels, one.values, strict=False)]}
        for name, one in zip(names, chart.series, strict=False)
    ]
    axis: Block = {"categories": labels}
    for key, words in (("x_label", chart.x_label), ("y_label", chart.y_label)):
        if words:
            axis[key] = shortened(plainly(words), TITLE)
    drawn = {"type": chart.shape, "series": series, "axis_config": axis}
    return {"type": "data_visualization", "title": shortened(plainly(chart.title), TITLE), "chart": drawn}


def unique(words: list[str]) -> list[str]:
    """The same words, each made another where it stood before."""
    seen: dict[str, int] = {}
    made = []
    for word in words:
        seen[word] = seen.get(word, 0) + 1
        again = f" {seen[word]}" if seen[word] > 1 else ""
        made.append(f"{word[: NAME - len(again)]}{again}")
    return made
