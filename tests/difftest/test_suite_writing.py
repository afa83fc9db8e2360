"""Suites that a program writes: our own loader reads them back, whatever texts are in them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.difftest.suite.load import load_suite
from bot.difftest.suite.located import MalformedFile
from bot.difftest.suite.model import Suite
from bot.difftest.suite.sight import sight
from bot.difftest.suite.writing import suite_json, suite_yaml, write_suite

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60) | st.sampled_from(
    [
        "yes",
        "null",
        "2026-01-02",
        "1e3",
        "0x1F",
        "- a\n- b",
        "a: b\n",
        "  indented\n\ttab",
        "# no\n",
        "\n\nx\n",
        "x \ny",
        "é\u2028ü",
    ]
)


def suite_of(texts: list[str]) -> dict[str, Any]:
    return {
        "name": "written",
        "private": True,
        "cases": [
            {
                "id": f"case-{number}",
                "messages": [{"role": "user", "content": text}],
                "tools": [{"name": "get", "description": text, "parameters": {"type": "object", "title": text}}],
                "assert": [{"type": "equals", "value": {"a": [text, 1, 2.5, None, True]}}],
                "tags": [text],
            }
            for number, text in enumerate(texts)
        ],
    }


@settings(max_examples=30)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    made = suite_of(texts)
    folder = tmp_path_factory.mktemp("written")
    wanted = Suite.model_validate(made)
    assert (
        write_suite(suite_yaml(made, ["about it", "", "a name\ncases: []"]), folder / "a.yml", private=True) == wanted
    )
    assert write_suite(suite_json(made), folder / "a.json", private=True) == wanted


def test_a_private_suite_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    write_suite(suite_yaml(suite_of(["x"])), path, private=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_no_suite_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    write_suite(suite_yaml(suite_of(["x"])), path, private=False)
    with pytest.raises(MalformedFile):
        write_suite("cases: []", path, private=False)
    assert load_suite(path).cases[0].id == "case-0"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.yml"]


def test_what_a_suite_can_see() -> None:
    row = suite_of(["x"])["cases"][0]
    cases = [{**row, "id": f"c{n}", "tags": ["t"] if n % 2 else [], "cluster": f"k{n % 5}"} for n in range(60)]
    lines = "\n".join(sight(Suite.model_validate({"cases": cases, "private": True})))
    assert (
        "quality: 60 cases (worth 5 cases if those of a cluster behave alike), can see a difference of ±35.2 points;"
        " the margin is 5. A pass takes at least 52 cases, so this cannot give one" in lines
    )
    assert "tools: no case exercises it, so it is not tested" in lines
    assert "tags: t 30; 30 without" in lines
    assert "clusters: 5 clusters, the largest of 12 cases. Fewer than 10 are inconclusive" in lines
    assert "digest " in lines


def test_a_suite_too_small_to_pass_says_so() -> None:
    lines = "\n".join(sight(Suite.model_validate(suite_of(["x"]))))
    assert "1 case, can see" in lines
    assert "A pass takes at least 52 cases, so this cannot give one" in lines
    assert "clusters: none" in lines
