"""A group of verbs, and proof of being loaded: whoever imports this file says so."""

import typer

print("ledger is loaded")  # noqa: T201


def register(app: typer.Typer) -> None:
    ledger = typer.Typer(help="What was recorded.")
    app.add_typer(ledger, name="ledger")

    @ledger.command()
    def verify(full: bool = False) -> None:
        """Check the chain."""
        typer.echo(f"full: {full}")

    @ledger.command()
    def show() -> None:
        """Print it."""
