"""How a verb says something that may hold what others wrote: nothing in it steers the terminal."""

import os

import typer

from bot.wording.unseen import plainly


def tell(text: str, *, err: bool = False) -> None:
    """One or more lines on stdout, or on stderr."""
    typer.echo(plainly(text), err=err)


def say(sentence: str) -> None:
    """A sentence on stderr; nothing where that has gone away (a terminal that was closed): it changes no exit code."""
    try:
        tell(sentence, err=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # else the interpreter's last flush complains
