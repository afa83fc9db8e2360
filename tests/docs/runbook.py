"""docs/runbook.md: every line of the runbook file with its default, and what each kind of stage gets unless written."""

from typing import Final

from bot.runbook.about import ABOUT
from bot.runbook.fields import Line, lines
from bot.runbook.models.durations import format_duration
from bot.runbook.models.file import Runbook
from bot.runbook.models.plan import Plan, StagePlan, plan_for

PAGE: Final = "docs/runbook.md"
BLOCK: Final = "lines"

_SHARED: Final = ("slots.NAME.comparison.", "slots.NAME.checks.")


def render() -> str:
    """The tables: one for each block at the top of the file, then the stages."""
    blocks: dict[str, list[Line]] = {"the top of the file": []}
    for line in lines(Runbook):
        if line.name.startswith(_SHARED):
            continue  # the same lines as `comparison` and `checks`
        inside = "." in line.name
        blocks.setdefault(line.name.split(".")[0] if inside else "the top of the file", []).append(line)
    parts = [_table(name, block) for name, block in blocks.items()]
    return "\n\n".join([*parts, _stages()])


def _table(name: str, block: list[Line]) -> str:
    heading = name if " " in name else f"`{name}`"
    return "\n".join([f"### {heading}", "", "| line | default | what it says |", "|---|---|---|", *map(_row, block)])


def _row(line: Line) -> str:
    default = "needed" if line.required else f"`{line.default}`" if line.default else ""
    return f"| `{line.name}` | {default} | {ABOUT[line.model][line.key].replace('|', chr(92) + '|')} |"


def _stages() -> str:
    head = ["### What a stage gets", "", "| stage | approval | opens on | watched | looks |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_stage(stage) for stage in _example().stages)])


def _stage(stage: StagePlan) -> str:
    groups = " and ".join(group.value for group in stage.approval.groups)
    approval = f"{stage.approval.count} of {groups}" if stage.approval.count else "the requester's promote suffices"
    bake = stage.bake
    every = format_duration(bake.every)
    cells = (f"`{stage.name}`", approval, f"`{stage.evidence.value}`", f"`{format_duration(bake.length)}`")
    return f"| {' | '.join(cells)} | {bake.count}, `{every}` apart |"


def _example() -> Plan:
    group = {"channel": "c", "people": ["U"]}
    stages = {name: {"env_file": f"{name}.env"} for name in ("staging", "pilots", "global")}
    return plan_for(
        Runbook.model_validate(
            {
                "channel": "c",
                "groups": {"ml": group, "sre": group, "finance": group},
                "provider": "openrouter",
                "slots": {"chat": {"suite": "s.yml", "variable": "MODEL", "stages": stages}},
            }
        ),
        "chat",
    )
