"""The project's own promises: what is locked, what is declared, what may lie where, and what no file may hold."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: Final[list[str]] = PYPROJECT["project"]["dependencies"]
EXTRAS: Final[list[str]] = [*chain(*PYPROJECT["project"].get("optional-dependencies", {}).values())]
GROUPS: Final[dict[str, list[str]]] = PYPROJECT["dependency-groups"]

# Parts of the public interface of the package that brings them along, and bound by it to a version.
PART_OF: Final = {"pydantic-core": "pydantic", "referencing": "jsonschema", "jsonschema-specifications": "jsonschema"}
PART_OF_TESTS: Final = {
    "grimp": "import-linter",
    "markdown-it-py": "rich",
    "packaging": "pytest",
    "tokenizers": "model2vec",
}

ALLOWED_AT_TOP: Final = {
    *("pyproject.toml", "bot", "handlers", "tests", "manifest.yml", "README.md"),
    *("Makefile", ".ci", ".gitignore", "requirements", "docs", "CHANGELOG.md", "LICENSE"),
}
LOCKED: Final = {"runtime": RUNTIME, "dev": RUNTIME + GROUPS["dev"], "build": GROUPS["build"]}


def files_in_git() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def text_files() -> Iterator[tuple[str, str]]:
    for name in files_in_git():
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content:
            yield name, content.decode("utf-8")


def names(requirements: list[str]) -> set[str]:
    return {*(canonicalize_name(Requirement(line).name) for line in requirements)}


def locked(name: str) -> list[tuple[Requirement, int]]:
    """Each locked requirement of a file with its number of hashes. A line of any other kind fails the test."""
    found = []
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        if entry.strip() and not entry.lstrip().startswith("#"):
            requirement, *hashes = entry.split("--hash=")
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", value) for value in hashes), entry
            found.append((Requirement(requirement.strip()), len(hashes)))
    return found


@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_file_names_no_host_and_no_path(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.findall(r"https?:|file:|index-url|find-links|trusted-host|(?<![\w.])/[a-z]+/", text)


@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_file_pins_by_hash_what_pyproject_asks_for(name: str) -> None:
    pins = locked(name)
    assert all(hashes and re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin, hashes in pins)
    for line in LOCKED[name]:
        wanted = Requirement(line)
        versions = [
            str(pin.specifier).removeprefix("==")
            for pin, _ in pins
            if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
        ]
        assert versions, f"{name}.txt lacks {wanted.name}: make requirements"
        assert all(wanted.specifier.contains(version) for version in versions), (
            f"{name}.txt is stale: make requirements"
        )


def test_the_three_locked_files_fit_into_one_environment() -> None:
    versions: dict[tuple[str, str], str] = {}
    for name in LOCKED:
        for pin, _ in locked(name):
            key = canonicalize_name(pin.name), str(pin.marker)
            assert versions.setdefault(key, str(pin.specifier)) == str(pin.specifier), pin.name


def dependency_rows() -> dict[str, tuple[str, str]]:
    """Reason and licence by package, from the tables of docs/dependencies.md."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][\w.-]+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    return {canonicalize_name(name): (reason, licence) for name, reason, licence in rows if name != "package"}


def test_every_dependency_has_its_reason_and_licence_in_the_docs() -> None:
    rows = dependency_rows()
    assert set(rows) == names(RUNTIME + EXTRAS + GROUPS["dev"] + GROUPS["build"])
    for name, (reason, licence) in rows.items():
        assert len(reason.split()) >= 1, name
        try:
            declared = importlib.metadata.metadata(name).json.get("license_expression")
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed here
        assert declared in (None, licence), name


def third_party(modules: set[str]) -> set[str]:
    """The distributions that bring these top-level modules, by canonical name; a module nobody brings, by its own."""
    brought_by = importlib.metadata.packages_distributions()
    found: set[str] = set()
    for module in modules - set(sys.stdlib_module_names) - {"bot", "handlers", "tests"}:
        found |= {canonicalize_name(name) for name in brought_by.get(module, [module])}
    return found


def test_what_the_product_imports_is_declared() -> None:
    graph = grimp.build_graph("bot", "handlers", include_external_packages=True, cache_dir=None)
    outside = {module.partition(".")[0] for module in graph.modules if graph.is_module_squashed(module)}
    assert third_party(outside) - PART_OF.keys() <= names(RUNTIME + EXTRAS)


def test_what_the_tests_import_is_declared() -> None:
    imported = set()
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    assert third_party(imported) - PART_OF.keys() - PART_OF_TESTS.keys() <= names(RUNTIME + EXTRAS + GROUPS["dev"])


def test_help_needs_runtime_requirements_only_and_nothing_heavy() -> None:
    program = (
        "import json, sys; before = {*sys.modules}; from bot.cli.main import run; code = run(['--help']);"
        "print(json.dumps([code, sorted({name.partition('.')[0] for name in {*sys.modules} - before})]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    brought = third_party(importlib.metadata.packages_distributions().keys() & {*loaded})
    assert brought
    assert brought <= {canonicalize_name(pin.name) for pin, _ in locked("runtime")}
    assert not {"slack_bolt", "aiohttp", "httpx", "numpy", "sqlite_utils", "asyncio"} & {*loaded}


def test_the_idle_bot_loads_nothing_heavy_though_it_is_installed() -> None:
    heavy = ["numpy", "pandas", "genai_prices", "jsonschema", "prometheus_client"]
    program = f"import sys, bot.app.serving; print(sorted({{*{heavy!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MACHINE: Final = re.compile(
    r"/work/(?:main|shared|clone)|/opt/(?:pypi|wheels)|(?<![\w.])/root/|/Users/\w|\.pyenv|/tmp/team|\.\./shared"
    r"|files\.pythonhosted|pypi\.org/simple|--extra-index|find-links"
)


def test_no_file_names_this_machine_or_a_package_index() -> None:
    here = str(Path(__file__).relative_to(ROOT))
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in text_files()
        if name != here
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE.search(line) and name != "Makefile"
    ]
    assert not found


def test_the_makefile_names_no_host() -> None:
    assert not re.search(r"https?://", (ROOT / "Makefile").read_text(encoding="utf-8"))


def test_no_test_mocks() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, text in text_files()
        if name.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Import) and any(alias.name.startswith("unittest") for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
    ]
    assert not found


def test_the_top_level_holds_only_what_it_may() -> None:
    assert {name.partition("/")[0] for name in files_in_git()} <= ALLOWED_AT_TOP


def test_each_ignored_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8-tidy-imports]")]
    rules = [line for line in section.splitlines() if re.search(r'"[A-Z]+[0-9]*"', line) and "select" not in line]
    assert rules
    assert not [line for line in rules if not re.search(r"#\s*\S+ \S", line)]


def test_ci_runs_what_anybody_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make check", "make test"]
    assert "set -euo pipefail" in lines


def test_make_says_what_there_is() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^ {2}make ([a-z-]+) ", done.stdout, re.MULTILINE))
    declared = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared
    assert listed == set(declared[1].split())
