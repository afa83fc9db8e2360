"""The import rule of the house as an import-linter contract: what is not an arrow of the table is an error.

import-linter's own contracts forbid named imports; ours names the allowed ones, so that a package nobody thought of
cannot import anything. The table is `[[tool.importlinter.contracts]]` in pyproject.toml. Only *direct* imports are
judged: a package may be reached through one that is allowed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


@dataclass(frozen=True)
class Arrow:
    """What one package, `source`, may import directly: itself and everything in and under `targets`."""

    source: str
    targets: tuple[str, ...]

    @classmethod
    def read(cls, line: str) -> "Arrow":
        """Read `a.b -> c, d.e`; `nothing` stands for no target. Raises ValueError for any other form."""
        source, arrow, targets = (part.strip() for part in line.partition("->"))
        names = tuple(name.strip() for name in targets.split(","))
        if not arrow or not source or "" in names:
            message = f"{line!r} is not of the form `package -> package, package` or `package -> nothing`"
            raise ValueError(message)
        return cls(source, () if names == ("nothing",) else names)

    def allows(self, imported: str) -> bool:
        return any(within(imported, package) for package in (self.source, *self.targets))


def within(module: str, package: str) -> bool:
    """Whether `module` is `package` or lies in it; `*` in `package` stands for one name: `bot.*.models`."""
    names, pattern = module.split("."), package.split(".")
    return len(names) >= len(pattern) and all(want in ("*", name) for name, want in zip(names, pattern, strict=False))


def closest(arrows: Sequence[Arrow], module: str) -> Arrow | None:
    """The arrow whose source lies nearest above `module`: `a.b.c` is judged by `a.b` rather than by `a`."""
    above = [arrow for arrow in arrows if within(module, arrow.source)]
    return max(above, key=lambda arrow: len(arrow.source), default=None)


def inside_violations(graph: ImportGraph, arrows: Sequence[Arrow]) -> Iterator[str]:
    """Each import between our own modules that no arrow allows, and each module that no arrow speaks of."""
    ours = {module for module in graph.modules if not graph.is_module_squashed(module)}
    for module in sorted(ours):
        arrow = closest(arrows, module)
        if arrow is None:
            if not any(within(other.source, module) for other in arrows):
                yield f"{module}: no arrow starts here; say in pyproject.toml what it may import"
                continue
            arrow = Arrow(module, ())  # the empty shell around packages that have arrows
            allowed = {module}
        else:
            allowed = {other for other in ours if arrow.allows(other)}
        for imported in sorted(graph.find_modules_directly_imported_by(module) & ours - allowed):
            yield f"{module} -> {imported} ({_lines(graph, module, imported)}): {_said(arrow)}"


def outside_violations(graph: ImportGraph, arrows: Sequence[Arrow], calm: Sequence[str]) -> Iterator[str]:
    """Each import of a library by a module that has an arrow in `arrows`, except those and the `calm` ones."""
    for module in sorted(graph.modules):
        arrow = closest(arrows, module)
        if arrow is None or graph.is_module_squashed(module):
            continue
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            if graph.is_module_squashed(imported) and not arrow.allows(imported) and imported not in calm:
                lines = _lines(graph, module, imported)
                yield f"{module} -> {imported} ({lines}): {arrow.source} decides, it does no I/O"


def _lines(graph: ImportGraph, importer: str, imported: str) -> str:
    details = graph.get_import_details(importer=importer, imported=imported)
    return ", ".join(f"line {detail['line_number']}" for detail in details)


def _said(arrow: Arrow) -> str:
    return f"{arrow.source} may import {', '.join(arrow.targets) or 'nothing of ours'}"


class ArrowsContract(Contract):
    """Options: `arrows` between our packages; `outside`, libraries of the pure ones; `calm`, what any may import."""

    type_name = "arrows"

    arrows = fields.ListField(subfield=fields.StringField())
    outside = fields.ListField(subfield=fields.StringField())
    calm = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 (their signature)
        arrows = [Arrow.read(line) for line in cast("list[str]", self.arrows)]
        outside = [Arrow.read(line) for line in cast("list[str]", self.outside)]
        calm = cast("list[str]", self.calm)
        violations = [*inside_violations(graph, arrows), *outside_violations(graph, outside, calm)]
        return ContractCheck(kept=not violations, metadata={"violations": violations})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for violation in check.metadata["violations"]:
            output.print_error(f"- {violation}", bold=False)
