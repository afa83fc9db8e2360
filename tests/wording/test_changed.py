"""What is not as it was when somebody said yes, in the words of a request."""

import pytest

from bot.rotation.model.basis import Change
from bot.rotation.model.questions import Request
from bot.wording.changed import SHOWN, changed_lines
from bot.wording.requests import request_ask
from bot.wording.text import plain
from tests.handlers import scenes


def asked(*changes: Change, void: tuple[str, ...] = ()) -> Request:
    request = scenes.pilots_asked().request
    assert request is not None
    return request.model_copy(update={"changes": changes, "void": void})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(what="verdict", before="pass", after="fail"), "comparison fine → worse"),
        (
            Change(what="dimension", name="tools", before="pass", after="inconclusive"),
            "tool calls fine → can't tell yet",
        ),
        (Change(what="dimension", name="latency", after="fail"), "latency unsaid → worse"),
        (Change(what="figure", name="cost", before=1.02, after=1.12), "cost +2.0 % → +12 %"),
        (Change(what="figure", name="quality", before=-0.01, after=-0.04), "quality −1.0 point → −4.0 points"),
        (Change(what="figure", name="quality", before=-0.01), "→ not measured"),
        (Change(what="month", before=5900.0, after=7200.0), "a month with the new model $5,900 → $7,200"),
        (Change(what="month", after=7200.0), "a month with the new model unknown → $7,200"),
        (Change(what="way_back", before="acme/old", after="acme/spare"), "way back acme/old → acme/spare"),
        (Change(what="stage", name="pilots", before="pass", after="inconclusive"), "pilots fine → can't tell yet"),
        (Change(what="place", after="a.env holds x, not y"), "a.env holds x, not y"),
        (Change(what="comparison", before="D17", after="D18"), "comparison D17 → D18"),
    ],
)
def test_each_change_in_words(change: Change, said: str) -> None:
    told = plain(changed_lines(asked(change)))
    assert told.startswith("⚠️ Not as it was asked before: ")
    assert said in told


def test_whose_yes_is_void_is_said_with_what_is_new_before_the_question() -> None:
    request = asked(Change(what="comparison", before="D17", after="D18"), void=("Max Okafor", "Lin Chen"))
    whole = plain(request_ask(scenes.pilots_asked(), request, {}))
    assert "Given to what was shown before, and void: Max Okafor and Lin Chen" in whole
    assert whole.index("Not as it was") < whole.index("please approve or reject")


def test_nothing_new_says_nothing_and_very_much_is_counted() -> None:
    assert changed_lines(asked()) == ()
    many = [Change(what="place", after=f"place {n}") for n in range(SHOWN + 3)]
    assert plain(changed_lines(asked(*many))).endswith(f"place {SHOWN - 1}; and 3 more")
