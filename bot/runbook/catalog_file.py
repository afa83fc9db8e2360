"""A catalog file -> the models in it, or every reason why not, each at its line."""

from pathlib import Path

from bot.runbook.load import text_of
from bot.runbook.models.catalog import CatalogFile
from bot.runbook.problems import Problem, RunbookError
from bot.runbook.tree import read_tree
from bot.runbook.validated import validated


def load_catalog(path: Path) -> CatalogFile:
    """The models in a YAML or JSON file. Raises RunbookError with every problem found."""
    name = str(path)
    tree = read_tree(text_of(path, name), name)
    if not isinstance(tree.value, dict):
        what = "expected a mapping with `models`: the id of each, and what is known of it"
        raise RunbookError([*tree.problems, Problem(name, 1, 1, "", what)])
    found, problems = validated(tree, CatalogFile)
    if found is None or problems:
        raise RunbookError(problems)
    return found
