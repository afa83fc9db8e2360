"""Which codes the product says, read from its source: every call that tells people something, by its literal code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def trees(*folders: str) -> Iterator[ast.Module]:
    """The parsed modules below those folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _literals(value: ast.expr, function: ast.AST) -> Iterator[str]:
    """The texts an expression can be: a literal, either side of a condition, or a local name assigned from such."""
    match value:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body, function)
            yield from _literals(orelse, function)
        case ast.Name(id=name):
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    for assigned in _assigned(node, name):
                        yield from _literals(assigned, function)
        case _:
            return


def _assigned(node: ast.Assign, name: str) -> Iterator[ast.expr]:
    """What an assignment gives to a name, alone or as one of several."""
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id == name:
            yield node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=True):
                if isinstance(one, ast.Name) and one.id == name:
                    yield value


def said(calls: set[str], *folders: str, position: int | None = 0, keyword: str = "") -> set[str]:
    """The texts given to calls of those names, at a position or under a keyword."""
    found: set[str] = set()
    for tree in trees(*folders):
        for function in _functions(tree):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _name(node) in calls:
                    values = [one.value for one in node.keywords if one.arg == keyword]
                    if position is not None and len(node.args) > position:
                        values.append(node.args[position])
                    for value in values:
                        found.update(_literals(value, function))
    return found


def unreadable(call: str, folder: str) -> list[str]:
    """Calls whose code cannot be read from the source: their places, so that none goes unchecked."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in _functions(tree):
            for node in ast.walk(function):
                reads = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == call
                if reads and isinstance(node, ast.Call) and not set(_literals(node.args[0], function)):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found
