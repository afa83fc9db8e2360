"""`python -m tests.docs.generate [--check]`: writes the generated parts of the docs, or fails when one is stale.

Every other module of this folder is a part. One with `PAGE` and `render() -> str` writes that page whole, or, with
`BLOCK` too, what stands on it between `<!-- begin: BLOCK -->` and `<!-- end: BLOCK -->`. One with `problems()` yields a
line for everything that is wrong with the docs as they are.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def parts() -> list[ModuleType]:
    """The modules of this folder that write or check something, by name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    others = [name for name in names if name != Path(__file__).stem and not name.startswith(("_", "test_"))]
    return [importlib.import_module(f"tests.docs.{name}") for name in others]


def with_block(page: str, block: str, text: str) -> str:
    """The page with `text` between the marks of `block`. Raises ValueError when the page has not both marks, once."""
    begin, end = f"<!-- begin: {block} -->\n", f"<!-- end: {block} -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        message = f"needs the two lines `{begin.strip()}` and `{end}`, once each"
        raise ValueError(message)
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    return f"{before}{begin}{text.rstrip()}\n{end}{after}"


def pages(modules: list[ModuleType]) -> dict[Path, str]:
    """What each generated page must read, all its blocks filled in. Raises ValueError naming a page without marks."""
    wanted: dict[Path, str] = {}
    for module in modules:
        if not hasattr(module, "PAGE"):
            continue
        path = ROOT / module.PAGE
        block = getattr(module, "BLOCK", None)
        if block is None:
            wanted[path] = module.render().rstrip() + "\n"
            continue
        before = wanted.get(path) or (path.read_text(encoding="utf-8") if path.exists() else "")
        try:
            wanted[path] = with_block(before, block, module.render())
        except ValueError as error:
            message = f"{module.PAGE} {error} ({module.__name__})"
            raise ValueError(message) from error
    return wanted


def stale(wanted: dict[Path, str]) -> Iterator[str]:
    """One line for each page that does not read as it must."""
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.relative_to(ROOT)} is stale: run `make docs` and commit it"


def main(arguments: list[str]) -> int:
    modules = parts()
    try:
        wanted = pages(modules)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if "--check" not in arguments:
        for path, text in wanted.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    wrong = list(stale(wanted))
    for module in modules:
        wrong += module.problems() if hasattr(module, "problems") else ()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
