"""How a verb says something that may hold what others wrote: nothing in it steers the terminal."""

import typer

from bot.wording.unseen import plainly


def tell(text: str, *, err: bool = False) -> None:
    """One or more lines on stdout, or on stderr."""
    typer.echo(plainly(text), err=err)
