"""What stderr shows while `rotate diff` runs. Display only."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from bot.difftest.run import Progress


@dataclass
class Display:
    """What stderr shows while a run goes on: what it will take, then a bar where there is a terminal."""

    foretell: Any
    _bar: "Bar | None" = None
    _begun: bool = False

    def __enter__(self) -> Self:
        """Nothing is shown before the first progress."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: "Progress") -> None:
        """Show how far the run is."""
        if not self._begun:
            self._begin(progress)
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0],
                completed=progress.done,
                cost=f"${progress.cost_usd:.2f}",
                left="" if progress.seconds_left is None else f"{progress.seconds_left:.0f} s left",
            )

    def _begin(self, progress: "Progress") -> None:
        self._begun = True
        if progress.done == progress.total:
            typer.echo("This comparison was finished before: no call is made. --fresh starts it anew.", err=True)
            return
        if progress.kept:
            typer.echo(f"Goes on from an earlier run: {progress.kept} of {progress.total} answers are kept.", err=True)
        typer.echo(self.foretell(progress.kept), err=True)
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[cost]}  {task.fields[left]}"))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task("", total=progress.total, completed=progress.done, cost="", left="")
            self._bar.start()
