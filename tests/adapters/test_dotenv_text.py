"""One variable changes, nothing else does; python-dotenv is the independent reader."""

import io
import string

import pytest
from dotenv import dotenv_values
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.adapters.dotenv_text import AmbiguousError, unusable, value_of, with_value

NAME = "CRUVERO_OPENROUTER_MODEL"


def read(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=io.StringIO(text.removeprefix("\xef\xbb\xbf")), interpolate=False))


model_ids = st.text(string.ascii_letters + string.digits + "-._:/@+", min_size=1, max_size=24)
line_breaks = st.sampled_from(["\n", "\r\n"])
blanks = st.sampled_from(["", " ", "\t", "  "])
other_names = st.sampled_from(["A", "DATABASE_URL", "PORT", f"{NAME}_OLD", f"X_{NAME}", "model"])
free_text = st.text(
    st.characters(exclude_characters="\r\n'\"\\\x00", exclude_categories=["Cs", "Zl", "Zp", "Cc"]), max_size=12
)


@st.composite
def other_line(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["blank", "comment", "commented out", "plain", "quoted", "multi-line"]))
    if kind == "blank":
        return draw(blanks)
    if kind == "comment":
        return draw(blanks) + "#" + draw(free_text)
    if kind == "commented out":
        return f"#{NAME}={draw(model_ids)}"
    name = draw(blanks) + draw(st.sampled_from(["", "export "])) + draw(other_names)
    equals = draw(st.sampled_from(["=", " = "]))
    if kind == "plain":
        return name + equals + draw(model_ids) + draw(st.sampled_from(["", " # why", "   "]))
    quote = draw(st.sampled_from(["'", '"']))
    inside = draw(free_text) + ("\n" + draw(free_text).replace("=", "") if kind == "multi-line" else "")
    return name + equals + quote + inside + quote


@st.composite
def our_line(draw: st.DrawFn, value: str) -> str:
    quote = draw(st.sampled_from(["", "'", '"']))
    head = draw(blanks) + draw(st.sampled_from(["", "export "])) + NAME + draw(st.sampled_from(["=", " = ", "= "]))
    return head + quote + value + quote + draw(st.sampled_from(["", " # was: other", "  "]))


@st.composite
def files(draw: st.DrawFn, *, ours: bool) -> tuple[str, str | None]:
    lines = draw(st.lists(other_line(), max_size=6))
    held = draw(model_ids) if ours else None
    if held is not None:
        lines.insert(draw(st.integers(0, len(lines))), draw(our_line(held)))
    line_break = draw(line_breaks)
    text = line_break.join(lines) + draw(st.sampled_from(["", line_break]))
    return draw(st.sampled_from(["", "\ufeff"])) + text, held


def in_latin(text: str) -> str:
    return text.encode().decode("latin-1")


@given(files(ours=True), model_ids)
def test_a_set_value_is_changed_alone_and_comes_back_byte_for_byte(file: tuple[str, str | None], new: str) -> None:
    text, held = in_latin(file[0]), file[1]
    assert value_of(text, NAME) == held
    changed = with_value(text, NAME, new)
    assert value_of(changed, NAME) == new
    assert with_value(changed, NAME, held) == text
    before, after = read(text), read(changed)
    assert after.pop(NAME) == new
    assert before.pop(NAME) == held
    assert after == before


@given(files(ours=False), model_ids)
@example(("A=1", None), "x")
@example(("", None), "x")
def test_an_unset_value_is_added_and_taken_away_again_exactly(file: tuple[str, str | None], new: str) -> None:
    text = in_latin(file[0])
    assert value_of(text, NAME) is None
    changed = with_value(text, NAME, new)
    assert value_of(changed, NAME) == new
    assert with_value(changed, NAME, None) == text
    after = read(changed)
    assert after.pop(NAME) == new
    assert after == read(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), model_ids)
def test_any_text_at_all_is_either_refused_or_restored(text: str, new: str) -> None:
    for name in ("A", NAME):
        try:
            held = value_of(text, name)
            changed = with_value(text, name, new)
        except AmbiguousError:
            continue
        assert value_of(changed, name) == new
        if held is None:
            assert with_value(changed, name, None) == text
        else:
            assert with_value(changed, name, held) == text


tricky = st.lists(
    st.sampled_from(
        ["M", "=", "'", '"', "\\", "#", " ", "\n", "\r\n", "\t", "a", "export ", "M=b", "\nM=", "$", "x=1"]
    ),
    max_size=14,
).map("".join)


@given(tricky, model_ids)
def test_texts_made_of_what_is_tricky_are_refused_or_restored_and_read_alike(text: str, new: str) -> None:
    try:
        held = value_of(text, "M")
        changed = with_value(text, "M", new)
    except AmbiguousError:
        return
    assert with_value(changed, "M", held) == text
    assert value_of(changed, "M") == new
    assume("\\" not in text)  # there, and with a quote left open, python-dotenv drops lines
    assert read(changed).get("M") == new
    assert read(text).get("M") == held


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("M=a\nB=1\nM=b\n", "lines 1 and 3"),
        ("M\n", "named without `=`"),
        ("M= # default\n", "only a comment follows"),
        ("M=a b\n", "it holds a space"),
        ("M=${DEFAULT}\n", "readers of env files expand"),
        ('M="a"b\n', "follows the closing quote"),
        ('M="a\n', "never closed"),
        ("A='x\nM=a\n", "line 1 opens a quote that is never closed"),
        ("A=1\\\nM=a\n", "line 1 ends in a backslash"),
        ('A="one\nM=a\ntwo"\n', "set inside the quotes that line 1 opens"),
        ("M=a#b\n", "put the value of M in double quotes"),
    ],
)
def test_what_readers_would_read_differently_is_refused(text: str, says: str) -> None:
    with pytest.raises(AmbiguousError, match=says):
        value_of(text, "M")


@pytest.mark.parametrize("text", ["A=1\\", "A='x\n"])
def test_nothing_is_added_below_a_line_that_would_swallow_it(text: str) -> None:
    with pytest.raises(AmbiguousError):
        with_value(text, "M", "a")


def test_a_file_whose_every_line_exports_gets_one_more_that_does() -> None:
    assert with_value("export A=1\r\nexport B=2\r\n", "M", "m") == "export A=1\r\nexport B=2\r\nexport M=m\r\n"
    assert with_value("export A=1\nB=2\n", "M", "m") == "export A=1\nB=2\nM=m\n"


def test_a_deployment_suffix_is_quoted_or_refused() -> None:
    value = "accounts/x/models/y#accounts/x/deployments/z"
    assert value_of(with_value("A=1\n", "M", value), "M") == value
    with pytest.raises(AmbiguousError, match="double quotes first"):
        with_value("M=old\n", "M", value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a b", "a space"),
        ("a\nb", "a line break"),
        ("a\r", "a line break"),
        ("a\x00", "plain ASCII"),
        ("a\x1b[0m", "plain ASCII"),
        ("a'b", "a quote"),
        ('a"b', "a quote"),
        ("a$b", "expand"),
        ("a`b", "expand"),
        ("a\\b", "expand"),
        ("modèle", "plain ASCII"),
        ("a\u200bb", "plain ASCII"),
        ("a" * 257, "longer than"),
    ],
)
def test_what_is_no_model_id_is_not_written(value: str, says: str) -> None:
    assert says in unusable(value)
    with pytest.raises(ValueError, match="cannot be written"):
        with_value("", "M", value)


@pytest.mark.parametrize("value", ["x-ai/grok-4.1-fast", "a/b:free", "openai/gpt-5@2026-01-01", "ft:gpt:org::id", ""])
def test_model_ids_are_written(value: str) -> None:
    assert unusable(value) == ""
