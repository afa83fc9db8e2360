"""What is kept out of logs and messages."""

import pytest

from bot.cli.unexpected import without_secrets


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-1-2-abc",
        "xoxe.xoxp-1-abc",
        "xapp-1-A-2-abc",
        "sk-or-v1-0123456789abcdef",
        "sk-proj-0123_4567-89ab",
        "pk-0123456789",
    ],
)
def test_tokens_and_keys_are_blotted_out(secret: str) -> None:
    blotted = without_secrets(f"POST /v1 with {secret}, answered 401")
    assert secret not in blotted
    assert blotted.startswith("POST /v1 with ")
    assert blotted.endswith(", answered 401")


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("http://bot:hunter2@prometheus:9090/api", "http://[secret]@prometheus:9090/api"),
        ("the key-value store at http://localhost:9090", "the key-value store at http://localhost:9090"),
        ("task-1234567890 and risk-assessment", "task-1234567890 and risk-assessment"),
    ],
)
def test_the_rest_stays_readable(text: str, blotted: str) -> None:
    assert without_secrets(text) == blotted
