"""docs/settings.md: every variable of the environment the process reads, with its default."""

from typing import Final

from pydantic import SecretStr

from bot.settings import Settings

PAGE: Final = "docs/settings.md"
BLOCK: Final = "settings"


def render() -> str:
    """The table."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default is None or isinstance(default, SecretStr) else f"`{default}`"
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
