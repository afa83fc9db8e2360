"""What every test of the comparison checks on the way."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # noqa: TID253 (tests may start slowly)

from bot.difftest.suite import load
from bot.difftest.suite.located import Located
from bot.difftest.suite.model import Suite
from bot.difftest.suite.schema import schema

MOST = 100_000
"""Characters of a suite that is held against the schema: longer ones are examples, which have a test of their own."""


@lru_cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


@lru_cache(maxsize=512)
def complaints(written: str) -> tuple[str, ...]:
    return tuple(f"{error.json_path}: {error.message}" for error in validator().iter_errors(json.loads(written)))


@pytest.fixture(autouse=True)
def what_the_loader_takes_meets_the_schema(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every suite that a test has loaded is one by the exported schema, too."""
    located = load.load_located
    told: list[str] = []

    def loaded(path: Path) -> tuple[Suite, Located]:
        suite, found = located(path)
        written = json.dumps(found.data)
        told.extend(complaints(written) if len(written) < MOST else ())
        return suite, found

    monkeypatch.setattr(load, "load_located", loaded)
    yield
    assert told == []
