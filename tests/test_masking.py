"""What looks like a secret is taken out; what does not is left to read."""

import pytest

from bot.masking import MASK, mask


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-123456789012-abcdefABCDEF",
        "xapp-1-A012345-678901-abcdef",
        "sk-or-v1-0123456789abcdef",
        "Authorization: Bearer abc.def-ghi_jkl",
        "http://ops:hunter22@prometheus:9090/api",
        "OPENROUTER_API_KEY=0123456789",
        'password: "two words"',
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4",
    ],
)
def test_shapes_of_secrets_are_masked(text: str) -> None:
    shown = mask(f"before {text} after")
    assert MASK in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    for part in ("123456789", "hunter22", "abc.def", "two words", "SflKxw", "678901"):
        assert part not in shown


def test_known_secrets_are_masked_longest_first() -> None:
    assert mask("a hunter2-more b hunter2 c", ["hunter2", "hunter2-more"]) == f"a {MASK} b {MASK} c"
    assert mask("a b", ["", "a"]) == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "x-ai/grok-4.1-fast",
        "CRUVERO_OPENROUTER_MODEL=old/m",
        "http://localhost:9090/metrics",
        "R42 promoted by U024BE7LH",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text
