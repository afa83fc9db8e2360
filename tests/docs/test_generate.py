"""Generated docs: what is stale or missing is found."""

from types import ModuleType

import pytest

from tests.docs import generate, links
from tests.docs.cli import PAGE, render


def part(page: str, text: str, block: str | None = None) -> ModuleType:
    module = ModuleType("part")
    module.__dict__.update(PAGE=page, render=lambda: text)
    if block:
        module.__dict__["BLOCK"] = block
    return module


def test_a_block_is_replaced_between_its_marks() -> None:
    page = "before\n<!-- begin: table -->\nold\n<!-- end: table -->\nafter\n"
    assert (
        generate.with_block(page, "table", "new\n")
        == "before\n<!-- begin: table -->\nnew\n<!-- end: table -->\nafter\n"
    )


@pytest.mark.parametrize("page", ["", "<!-- begin: table -->\n", "<!-- begin: table -->\n<!-- end: table -->" * 2])
def test_a_page_without_its_marks_is_named(page: str) -> None:
    with pytest.raises(ValueError, match="begin: table"):
        generate.with_block(page, "table", "new")


def test_a_page_that_was_not_written_anew_is_stale() -> None:
    path = generate.ROOT / "LICENSE"
    assert list(generate.stale(generate.pages([part("LICENSE", path.read_text(encoding="utf-8"))]))) == []
    assert list(generate.stale(generate.pages([part("LICENSE", "another")]))) == [
        "LICENSE is stale: run `make docs` and commit it"
    ]


def test_every_part_writes_or_checks_something() -> None:
    assert all(hasattr(module, "render") or hasattr(module, "problems") for module in generate.parts())


def test_the_page_of_the_command_line_names_its_options() -> None:
    page = generate.pages([part(PAGE, render())])[generate.ROOT / PAGE]
    assert "## `rotate`" in page
    assert "- `--debug`: Show the traceback of an unexpected error." in page


def test_a_link_to_nowhere_is_found() -> None:
    page = generate.ROOT / "docs" / "dependencies.md"
    assert list(links.broken(page)) == []
    assert links.dead("[a](there.md) [b](https://x.example) [c](gone.md#x) [d](#here)", page.parent) == [
        "there.md",
        "gone.md",
    ]
