"""The minimal runbook, edited and read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.runbook.load import Loaded, load
from bot.runbook.problems import RunbookError

MINIMAL = (Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml").read_text()


Loads = Callable[[str | bytes], Loaded]
Problems = Callable[[str | bytes], list[tuple[int, str, str]]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    (tmp_path / "chat.suite.yml").write_text("cases: []\n")

    def writer(text: str | bytes) -> Path:
        file = tmp_path / "runbook.yml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return writer


@pytest.fixture
def loads(write: Callable[[str | bytes], Path]) -> Loads:
    return lambda text: load(write(text))


@pytest.fixture
def problems(write: Callable[[str | bytes], Path]) -> Problems:
    def found(text: str | bytes) -> list[tuple[int, str, str]]:
        with pytest.raises(RunbookError) as caught:
            load(write(text))
        assert len(str(caught.value).splitlines()) == len(caught.value.problems)
        return [(p.line, p.field, p.what) for p in caught.value.problems]

    return found


def edited(*changes: tuple[str, str]) -> str:
    text = MINIMAL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text
