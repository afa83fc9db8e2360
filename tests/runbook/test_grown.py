"""Lines that came later: what was written or stored before them reads the same and has the digest it always had."""

import json
from pathlib import Path

from bot.runbook.load import digest_of, load
from bot.runbook.models.plan import Plan, StagePlan, plan_for
from bot.runbook.models.targets.env_file import EnvFile, EnvFilePlan

MINIMAL = Path(__file__).parents[2] / "bot" / "examples" / "minimal.yml"
STORED = {
    "id": "pilots",
    "kind": "env_file",
    "path": "/etc/app/pilots.env",
    "variable": "MODEL",
    "restart": ["systemctl", "restart", "worker"],
    "restart_timeout": "2m",
}
"""A target as rotations of the first release hold it."""


def test_a_stored_target_reads_back_and_is_stored_as_it_was() -> None:
    assert EnvFilePlan.model_validate(STORED).model_dump(mode="json") == STORED
    without_kind = {key: value for key, value in STORED.items() if key != "kind"}
    assert EnvFilePlan.model_validate(without_kind).kind == "env_file"


def test_a_stored_plan_keeps_its_digest() -> None:
    plan = plan_for(load(MINIMAL).runbook, "chat")
    stored = json.loads(plan.model_dump_json())
    targets = [target for stage in stored["stages"] for target in stage["targets"]]
    assert {key for target in targets for key in target} == set(STORED)
    assert "parallel" not in stored["stages"][0]
    assert Plan.model_validate(stored).digest() == plan.digest()


def test_a_newer_line_counts_where_it_is_written() -> None:
    plan = EnvFilePlan.model_validate({**STORED, "also": {"P": {"*": "x"}}, "inherits": True})
    assert {"also", "inherits"} <= set(plan.model_dump())
    stage = plan_for(load(MINIMAL).runbook, "chat").stages[0]
    assert StagePlan.model_validate({**stage.model_dump(), "parallel": 4}).model_dump()["parallel"] == 4


def test_a_runbook_without_newer_lines_has_the_digest_it_had(tmp_path: Path) -> None:
    text = MINIMAL.read_text("utf-8")
    (tmp_path / "chat.suite.yml").write_bytes(MINIMAL.with_name("chat.suite.yml").read_bytes())
    file = tmp_path / "runbook.yml"
    file.write_text(text, encoding="utf-8")
    before = load(file)
    stages = before.runbook.model_dump(mode="json")["slots"]["chat"]["stages"]
    assert all("parallel" not in stage for stage in stages.values())
    assert set(EnvFile(env_file="a").model_dump()) == {"env_file", "variable", "restart", "restart_timeout"}
    staging = before.runbook.slots["chat"].stages["staging"]
    parallel = {"staging": staging.model_copy(update={"parallel": 2})}
    slot = before.runbook.slots["chat"]
    changed = slot.model_copy(update={"stages": {**slot.stages, **parallel}})
    assert digest_of(before.runbook.model_copy(update={"slots": {"chat": changed}})) != before.digest
