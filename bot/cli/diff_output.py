"""Where `rotate diff` puts a report: the terminal, and files, all of them or none, checked before money is spent."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.exits import ExitCode, Stop

if TYPE_CHECKING:
    from bot.difftest.model.cases import CaseOutcome
    from bot.difftest.model.report import Report

STDOUT: Final = "-"
JsonFile = Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write the report; - is stdout.")]
HtmlFile = Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML page; - is stdout.")]
MarkdownFile = Annotated[str | None, typer.Option("--markdown", metavar="FILE", help="As Markdown; - is stdout.")]
JunitFile = Annotated[
    str | None, typer.Option("--junit", metavar="FILE", help="As JUnit XML, for a CI job; - is stdout.")
]


@dataclass(frozen=True)
class Outputs:
    """The files asked for, each a path, `-` for stdout, or None."""

    json: str | None = None
    html: str | None = None
    markdown: str | None = None
    junit: str | None = None

    @property
    def stdout_taken(self) -> bool:
        """Whether a file goes to stdout, so that nothing else may."""
        return STDOUT in self._given().values()

    def _given(self) -> dict[str, str]:
        every = {"--json": self.json, "--html": self.html, "--markdown": self.markdown, "--junit": self.junit}
        return {option: target for option, target in every.items() if target is not None}

    def check(self) -> None:
        """Raise Stop with everything that keeps these files from being written; nothing is left behind."""
        given = self._given()
        problems = []
        doubled = [option for option, target in given.items() if target == STDOUT]
        if len(doubled) > 1:
            problems.append(f"{' and '.join(doubled)}: only one of them can go to stdout.")
        files = {option: target for option, target in given.items() if target != STDOUT}
        taken: dict[Path, str] = {}
        for option, target in files.items():
            place = Path(target).absolute()
            if place in taken:
                problems.append(f"{option} {target}: {taken[place]} writes to the same file.")
            elif why := _unwritable(Path(target)):
                problems.append(f"{option} {target}: cannot be written ({why}).")
            taken[place] = option
        if problems:
            raise Stop(ExitCode.USAGE, "\n".join(problems))

    def write(self, report: "Report", cases: Sequence["CaseOutcome"] = (), name: str = "") -> None:
        """Write a finished report. Raises Stop; then no file was changed."""
        makers = {
            "--json": lambda: _json(report),
            "--html": lambda: _html(report, cases, name),
            "--markdown": lambda: _markdown(report, name),
            "--junit": lambda: _junit(report, cases),
        }
        self._write(makers)

    def write_failure(self, reason: str) -> None:
        """Write that there is no verdict, so that no older report is taken for this one."""
        makers = {
            "--json": lambda: _json(reason),
            "--html": lambda: _html(reason),
            "--markdown": lambda: _markdown(reason),
            "--junit": lambda: _junit(reason),
        }
        self._write(makers)

    def _write(self, made: Mapping[str, Callable[[], str]]) -> None:
        texts = {option: made[option]() for option in self._given()}
        files = {option: target for option, target in self._given().items() if target != STDOUT}
        _write_all([(option, Path(target), texts[option]) for option, target in files.items()])
        for option in texts.keys() - files.keys():
            sys.stdout.write(_in_ascii(texts[option]) if option == "--json" and not _knows_unicode() else texts[option])


def print_report(report: "Report", *, to_stderr: bool) -> None:
    """The table and the lines below it; on stderr where a file goes to stdout."""
    from rich.console import Console

    from bot.difftest.report.terminal import lines, table

    console = Console(stderr=to_stderr, highlight=False)
    console.print(table(report))
    for line in lines(report):
        console.print(line, markup=False)


# Each imports its format when it is asked for: a run that writes none needs none of their memory.


def _json(found: "Report | str") -> str:
    from bot.difftest.report.contract import as_json, could_not_run

    content = could_not_run(found) if isinstance(found, str) else as_json(found)
    return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n"


def _knows_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _in_ascii(text: str) -> str:
    return f"{json.dumps(json.loads(text), indent=2)}\n"


def _html(found: "Report | str", cases: Sequence["CaseOutcome"] = (), name: str = "") -> str:
    from bot.difftest.report.html import as_html, could_not_run_html

    return could_not_run_html(found) if isinstance(found, str) else as_html(found, cases, name)


def _markdown(found: "Report | str", name: str = "") -> str:
    from bot.difftest.report.markdown import as_markdown, could_not_run_markdown

    return could_not_run_markdown(found) if isinstance(found, str) else as_markdown(found, name)


def _junit(found: "Report | str", cases: Sequence["CaseOutcome"] = ()) -> str:
    from bot.difftest.report.junit import as_junit, could_not_run_junit

    return could_not_run_junit(found) if isinstance(found, str) else as_junit(found, cases)


def _unwritable(path: Path) -> str:
    """Why the file cannot be written; empty when it can."""
    if path.is_dir():
        return "it is a folder"
    if _special(path):
        return "" if os.access(path, os.W_OK) else "Permission denied"
    if path.exists() and not os.access(path, os.W_OK):
        return "Permission denied"
    try:
        path.resolve().parent.stat()
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            return ""
    except OSError as error:
        return str(error.strerror)


def _special(path: Path) -> bool:
    """Whether it is a pipe or device, which is written to and not replaced."""
    return path.exists() and not path.is_file()


def _write_all(files: Sequence[tuple[str, Path, str]]) -> None:
    """Write each beside its place first, then move all of them there: half a report is never seen."""
    ready: list[tuple[Path, Path]] = []
    at = ""
    try:
        for option, path, text in files:
            at = f"{option} {path}"
            if _special(path):
                path.write_text(text, encoding="utf-8")
                continue
            place = path.resolve()
            ready.append((_beside(place, text), place))
        for written, place in ready:
            written.replace(place)
    except OSError as error:
        for written, _ in ready:
            written.unlink(missing_ok=True)
        raise Stop(ExitCode.USAGE, f"{at}: cannot be written ({error.strerror}).") from None


def _beside(place: Path, text: str) -> Path:
    """The text in a new file in the same folder, on disk, with the rights the file has or would get."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        written.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask())
    except OSError:
        written.unlink(missing_ok=True)
        raise
    return written


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
