"""What pages tell people to type is found, and what does not exist in it."""

import pytest

from tests.docs import generate, typed


def found(text: str) -> list[tuple[int, str]]:
    return list(typed.lines(text))


def test_commands_are_read_from_shell_blocks_and_code_with_their_lines() -> None:
    page = (
        "Say `rotate doctor`.\n\n```\nmake demo  # starts\n$ rotate diff --base-url U \\\n  --suite S\nmake test\n```\n"
        "```yaml\nmake: nonsense\n```\nand `make check`\n"
    )
    assert [pair for pair in found(page) if pair[1]] == [
        (4, "make demo  # starts"),
        (5, "rotate diff --base-url U  --suite S"),
        (7, "make test"),
        (1, "rotate doctor"),
        (12, "make check"),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("rotate frobnicate", "there is no `rotate frobnicate`"),
        (".venv/bin/rotate runbook chek runbook.yml", "there is no `rotate runbook chek`"),
        ("KEY=x rotate diff --basurl U", "`rotate diff` has no option --basurl"),
        ("rotate --loud doctor", "`rotate` has no option --loud"),
        ("make tests", "there is no `make tests`"),
        ("make demo nonsense", "there is no `make nonsense`"),
        ("/rotate promot D1", "there is no `/rotate promot`"),
        ("/rotate diff M --because R", "`/rotate` has no flag --because"),
        ("@rotate frobnicate", "there is no `@rotate frobnicate`"),
    ],
)
def test_what_does_not_exist_is_named(line: str, what: str) -> None:
    assert list(typed.wrong(line)) == [what]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "rotate",
        "rotate --debug",
        "rotate serve --dry-run",
        "rotate sandbox [--port P] [--seed FILE]",
        "rotate runbook check runbook.yml          every --error with its line",
        "rotate sandbox --port 4180 > sandbox.json &",
        "rotate ledger export | head --lines 3",
        "make -k check",
        "make setup PYTHON=/usr/bin/python3",
        '/rotate diff openai/gpt-4.1 chat --trigger cost --reason "a third of the price"',
        "/rotate",
        "@rotate rollback",
        "git log --oneline",
    ],
)
def test_what_exists_is_not(line: str) -> None:
    assert list(typed.wrong(line)) == []


def test_a_page_with_a_wrong_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    page = generate.ROOT / "LICENSE"
    monkeypatch.setattr(typed, "pages", lambda: [page])
    monkeypatch.setattr(typed, "lines", lambda _text: iter([(7, "make nonsense")]))
    assert list(typed.problems()) == ["LICENSE:7: there is no `make nonsense`"]
