"""sqlite-utils as we import it: the only place that does.

It imports numpy and pandas wherever they are installed, to know their types as columns. None of ours are, and the idle
bot would pay for both (0.3 s at start, 50 MB), so they are hidden from it for the moment of its import.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Make modules that nobody imported yet look as if they were not installed, for as long as the block lasts."""
    ours = [name for name in names if name not in sys.modules]
    for name in ours:
        sys.modules[name] = None  # type: ignore[assignment]  # what importing is documented to refuse
    try:
        yield
    finally:
        for name in ours:
            del sys.modules[name]


with _hidden("numpy", "pandas"):
    from sqlite_utils import Database, Migrations  # noqa: TID251 - here it is hidden from what it would import

__all__ = ["Database", "Migrations"]
