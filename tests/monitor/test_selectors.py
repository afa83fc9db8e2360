import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.selectors import Matcher, Selector, SelectorError, parse_selector


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("llm_requests_total", Selector("llm_requests_total")),
        ("  job:llm:rate  ", Selector("job:llm:rate")),
        ('x{status="error"}', Selector("x", (Matcher("status", "=", "error"),))),
        ("x{status='error',}", Selector("x", (Matcher("status", "=", "error"),))),
        (
            'x { a = "1" , b != "2", c=~"3|4",d!~`5\\d`}',
            Selector(
                "x",
                (
                    Matcher("a", "=", "1"),
                    Matcher("b", "!=", "2"),
                    Matcher("c", "=~", "3|4"),
                    Matcher("d", "!~", "5\\d"),
                ),
            ),
        ),
        ("x{}", Selector("x")),
        (r'x{a="say \"no\"\\"}', Selector("x", (Matcher("a", "=", 'say "no"\\'),))),
    ],
)
def test_a_selector_is_read(text: str, selector: Selector) -> None:
    assert parse_selector(text) == selector


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with the name"),
        ('{status="error"}', "does not begin with the name"),
        ("sum(x)", "only {label"),
        ("rate(x[5m])", "only {label"),
        ('x{status="error"', "only {label"),
        ("x{status=error}", "stands in quotes"),
        ('x{status="error}', "not closed"),
        ('x{status "error"}', 'expected label="value"'),
        ('x{a="1" b="2"}', "expected a comma"),
        ('x{a=~"("}', "no regular expression"),
        (r'x{a="\q"}', "no escape"),
    ],
)
def test_what_names_no_series_is_answered_with_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(SelectorError, match=said):
        parse_selector(text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True),
        st.tuples(st.sampled_from(["=", "!="]), st.text(max_size=12).filter(lambda text: "\x00" not in text)),
        max_size=4,
    )
)
def test_what_is_printed_reads_back_here_and_in_prometheus(labels: dict[str, tuple[str, str]]) -> None:
    import promql_parser

    selector = Selector("x_total", tuple(Matcher(label, *condition) for label, condition in labels.items()))
    assert parse_selector(str(selector)) == selector
    promql_parser.parse(str(selector))


@pytest.mark.parametrize(
    ("text", "labels", "meant"),
    [
        ('x{status="error"}', {"status": "error"}, True),
        ('x{status="error"}', {"status": "ok"}, False),
        ('x{status="error"}', {}, False),
        ('x{status!="ok"}', {}, True),
        ('x{status=""}', {}, True),
        ('x{status=~"5.."}', {"status": "503"}, True),
        ('x{status=~"5"}', {"status": "503"}, False),
        ('x{status!~"5.."}', {"status": "200"}, True),
        ('x{status!~"5..",model="m"}', {"status": "200", "model": "n"}, False),
    ],
)
def test_samples_are_matched_as_prometheus_matches_them(text: str, labels: dict[str, str], meant: bool) -> None:
    assert parse_selector(text).matches(labels) is meant
