"""Links between the pages of the repository: each must lead to a file that is there."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.generate import ROOT

_LINK: Final = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")
_ELSEWHERE: Final = re.compile(r"[a-z]+:")


def pages() -> list[Path]:
    """The Markdown files that git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def dead(text: str, folder: Path) -> list[str]:
    """The relative links in `text`, seen from `folder`, that lead to no file."""
    targets = [found["target"] for found in _LINK.finditer(text)]
    return [target for target in targets if not _ELSEWHERE.match(target) and not (folder / target).exists()]


def broken(page: Path) -> Iterator[str]:
    """One line for each relative link of the page that leads nowhere."""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        for target in dead(line, page.parent):
            yield f"{page.relative_to(ROOT)}:{number}: there is no {target}"


def problems() -> Iterator[str]:
    """What `broken` finds on any page."""
    for page in pages():
        yield from broken(page)
