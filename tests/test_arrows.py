"""The import rule catches what it is there for, on a small house built for the test."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.arrows import Arrow, inside_violations, outside_violations

FILES = {
    "house/__init__.py": "",
    "house/core/__init__.py": "from house.core import machine\n",
    "house/core/machine.py": "import time\nfrom house.words.model import Word\n",
    "house/words/__init__.py": "",
    "house/words/model.py": "import dataclasses\n\nclass Word: ...\n",
    "house/words/load.py": "from house.words import model\n",
    "house/edge.py": "import time\nfrom house.core import machine\nfrom house.words import load\n",
    "house/attic/__init__.py": "",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[grimp.ImportGraph]:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield grimp.build_graph("house", include_external_packages=True, cache_dir=None)
    sys.path.remove(str(tmp_path))


def arrows(*lines: str) -> list[Arrow]:
    return [Arrow.read(line) for line in lines]


def test_what_the_arrows_allow_is_no_violation(house: grimp.ImportGraph) -> None:
    table = arrows(
        "house.core -> house.*.model",
        "house.words -> nothing",
        "house.edge -> house.core, house.words",
        "house.attic -> nothing",
        "house.not_written_yet -> house.core",
    )
    assert list(inside_violations(house, table)) == []


def test_an_import_against_the_arrows_is_named_with_its_line(house: grimp.ImportGraph) -> None:
    table = arrows(
        "house.core -> nothing", "house.words -> nothing", "house.edge -> house.words", "house.attic -> nothing"
    )
    assert list(inside_violations(house, table)) == [
        "house.core.machine -> house.words.model (line 2): house.core may import nothing of ours",
        "house.edge -> house.core.machine (line 2): house.edge may import house.words",
    ]


def test_a_part_may_be_held_shorter_than_its_package(house: grimp.ImportGraph) -> None:
    table = arrows(
        "house.core -> house.words",
        "house.words -> nothing",
        "house.words.load -> nothing",
        "house.edge -> house.core, house.words",
        "house.attic -> nothing",
    )
    assert list(inside_violations(house, table)) == [
        "house.words.load -> house.words.model (line 1): house.words.load may import nothing of ours"
    ]


def test_a_package_nobody_spoke_of_is_named(house: grimp.ImportGraph) -> None:
    table = arrows("house.core -> house.words", "house.words -> nothing", "house.edge -> house.core, house.words")
    assert list(inside_violations(house, table)) == [
        "house.attic: no arrow starts here; say in pyproject.toml what it may import"
    ]


def test_a_package_that_decides_reads_no_clock(house: grimp.ImportGraph) -> None:
    assert list(outside_violations(house, arrows("house.core -> nothing"), ["dataclasses"])) == [
        "house.core.machine -> time (line 1): house.core decides, it does no I/O"
    ]
    assert list(outside_violations(house, arrows("house.core -> time"), [])) == []


@pytest.mark.parametrize("line", ["house.core", "-> house.core", "house.core ->", "house.core -> a,, b"])
def test_a_line_that_is_no_arrow_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is not of the form"):
        Arrow.read(line)
