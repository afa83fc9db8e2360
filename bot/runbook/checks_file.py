"""A checks file -> the checks of one bake, or every reason why not, each at its line."""

from pathlib import Path

from bot.runbook.load import text_of
from bot.runbook.models.checks import ChecksFile
from bot.runbook.problems import Problem, RunbookError
from bot.runbook.tree import read_tree
from bot.runbook.validated import validated


def load_checks(path: Path) -> ChecksFile:
    """The checks in a file. Raises RunbookError with every problem found."""
    name = str(path)
    tree = read_tree(text_of(path, name), name)
    if not isinstance(tree.value, dict):
        what = "expected a mapping with `looks`, `every` and a list of `checks`"
        raise RunbookError([*tree.problems, Problem(name, 1, 1, "", what)])
    found, problems = validated(tree, ChecksFile)
    if found is None or problems:
        raise RunbookError(problems)
    return found
