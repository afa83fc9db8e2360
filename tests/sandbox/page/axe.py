"""axe-core in a page: what it finds that keeps people out, as lines somebody can act on."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.async_api import Page

GRAVE: Final = ("serious", "critical")
_RUN: Final = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(found => found.nodes.map(node => ({
    impact: node.impact ?? found.impact, rule: found.id, where: node.target.join(' '), html: node.html.slice(0, 120),
    why: (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? found.help,
  })));
}"""


class Axe:
    """The judge, put into a page anew for each look: a reload would lose it. It asks for nothing over the network."""

    def __init__(self, package: Path) -> None:
        self._script = (package / "axe.min.js").read_text(encoding="utf-8")

    async def findings(self, page: "Page", state: str) -> list[str]:
        """Answers the serious and critical findings in what is on the page now, each with its place."""
        await page.evaluate(self._script)
        return [
            f"{state}: {found['impact']} {found['rule']} at {found['where']}: {found['why']} {found['html']}"
            for found in await page.evaluate(_RUN)
            if found["impact"] in GRAVE
        ]
