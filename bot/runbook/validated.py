"""Plain values of a file -> a model, and every problem at its line and column."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.runbook.fields import without_kinds
from bot.runbook.models.written import WrongAtKey
from bot.runbook.problems import Problem, explain, mistyped
from bot.runbook.tree import Tree

Root = TypeVar("Root", bound=BaseModel)


def validated(tree: Tree, root: type[Root]) -> tuple[Root | None, list[Problem]]:
    """The model a tree holds, None where it holds none, and what is wrong with it; the tree's own problems first."""
    problems = list(tree.problems)
    repaired = {problem.line for problem in tree.problems}
    told = {problem.field for problem in tree.problems if problem.field}
    try:
        return root.model_validate(tree.value), problems
    except ValidationError as error:
        errors = error.errors(include_url=False)
    meant = {mistyped(found["loc"], root) for found in errors if found["type"] == "extra_forbidden"}
    for found in errors:
        if found["type"] == "missing" and found["loc"] in meant:
            continue
        if found["type"] == "too_short" and any(_inside(other["loc"], found["loc"]) for other in errors):
            continue  # entries that are wrong are not counted, but they are there
        path = without_kinds(root, tuple(part for part in found["loc"] if part != "[key]"))
        raised = found.get("ctx", {}).get("error")
        if isinstance(raised, WrongAtKey):
            path = (*path, raised.key)
        if found["type"] == "union_tag_invalid":
            path = (*path, "kind")
        problem = tree.problem(path, explain(found, root), at_key=found["type"] == "extra_forbidden")
        if problem.field in told or (found["type"] == "value_error" and problem.line in repaired):
            continue  # what stands there was put in the place of a slip that is told already
        problems.append(problem)
    return None, problems


def _inside(path: tuple[int | str, ...], block: tuple[int | str, ...]) -> bool:
    return len(path) > len(block) and path[: len(block)] == block
