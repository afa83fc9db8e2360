"""What a decision rests on is said once."""

from bot.difftest.sentences import figures
from bot.wording.evidence import comparison_lines
from bot.wording.text import plain_line
from tests.handlers import notes, scenes


def test_a_comparison_s_figures_are_not_said_twice() -> None:
    report = notes.report()
    told = "; ".join(figures(name, found) for name, found in report.dimensions.items())
    summary = f"No worse than the margins allow: {told}. At the rates seen about 1,200 more cases would settle it."
    rotation = scenes.pilots_asked()
    rotation = rotation.model_copy(update={"comparison": rotation.comparison.model_copy(update={"summary": summary})})
    with_lines = comparison_lines(rotation, notes.comparison(found=report))
    assert plain_line(with_lines[0]).endswith(
        "fine. No worse than the margins allow: quality; tools; latency; cost."
        " At the rates seen about 1,200 more cases would settle it."
    )
    assert len(with_lines) == 1 + len(list(report.dimensions.items()))
    assert summary in plain_line(comparison_lines(rotation, None)[0])
