"""The GitOps example on a real git repository: a commit, compared and set, by the adapter that runs it."""

import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.target_command import CommandTarget
from bot.ports import DriftError, OutsideError
from bot.runbook.load import load
from bot.runbook.models.plan import plan_for
from bot.runbook.models.targets.command import CommandPlan
from tests.adapters.targets.kinds import ManualClock

EXAMPLE = Path(__file__).parents[2] / "bot" / "examples" / "gitops.yml"
FILE = "apps/chat/staging.yaml"
TEXT = """\
replicas: 3
env:
  OTHER_MODEL: leave/me
  MODEL: "openai/gpt-4o-mini"  # the model
  REGION: eu
"""


@dataclass(frozen=True)
class Repository:
    """A bare repository that is pushed to, somebody's clone of it, and the bot's; the plan of the example's staging."""

    origin: Path
    theirs: Path
    plan: CommandPlan

    def git(self, *arguments: str) -> str:
        return git(self.theirs, *arguments)

    def text(self) -> str:
        return git(self.origin, "show", f"main:{FILE}") + "\n"

    def commits(self) -> int:
        return int(git(self.origin, "rev-list", "--count", "main"))

    def edit(self, was: str, now: str) -> None:
        """Somebody else's commit."""
        self.git("pull", "-q", "origin", "main")
        file = self.theirs / FILE
        file.write_text(file.read_text().replace(was, now))
        self.git("commit", "-qam", "by hand")
        self.git("push", "-q", "origin", "HEAD:main")


def git(folder: Path, *arguments: str) -> str:
    who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.defpath}
    done = subprocess.run(["git", "-C", folder, *arguments], env=who, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, require_program: Callable[..., Path]) -> Repository:
    require_program("git", "git")
    origin, theirs, ours = (tmp_path / name for name in ("origin.git", "theirs", "ours.git"))
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(origin))
    git(tmp_path, "clone", "-q", str(origin), str(theirs))
    for folder in (theirs,):
        git(folder, "config", "user.name", "them")
        git(folder, "config", "user.email", "them@example")
    (theirs / FILE).parent.mkdir(parents=True)
    (theirs / FILE).write_text(TEXT)
    (theirs / "run.sh").write_text("#!/bin/sh\n")
    (theirs / "run.sh").chmod(0o755)
    git(theirs, "add", "-A")
    git(theirs, "commit", "-qm", "first")
    git(theirs, "push", "-q", "origin", "HEAD:main")
    git(tmp_path, "clone", "-q", "--bare", str(origin), str(ours))
    git(ours, "config", "user.name", "rotate")
    git(ours, "config", "user.email", "rotate@example")
    (plan,) = plan_for(load(EXAMPLE).runbook, "chat").stages[0].targets
    assert isinstance(plan, CommandPlan)

    def here(argv: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ours) if argument == "/var/lib/rotate/apps.git" else argument for argument in argv)

    read, write = here(plan.read), here(plan.write)
    assert read != plan.read
    return Repository(origin, theirs, plan.model_copy(update={"read": read, "write": write, "confirm": ()}))


def target(at: Callable[[str], None] = lambda _step: None) -> CommandTarget:
    def environment(names: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
        assert not list(names)
        return {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}, ()  # noqa: TID251 - where python3 is

    return CommandTarget(environment=environment, clock=ManualClock(), at=at)


async def test_a_commit_changes_the_one_line_and_another_restores_it(repository: Repository) -> None:
    assert await target().read(repository.plan) == "openai/gpt-4o-mini"
    assert await target().write(repository.plan, expected="openai/gpt-4o-mini", value="x-ai/grok-4:free") is True
    assert repository.text() == TEXT.replace("openai/gpt-4o-mini", "x-ai/grok-4:free")
    await target().wait(repository.plan, value="x-ai/grok-4:free")
    assert await target().write(repository.plan, expected="x-ai/grok-4:free", value="openai/gpt-4o-mini") is True
    assert repository.text() == TEXT
    assert repository.commits() == 3
    assert git(repository.origin, "ls-tree", "-r", "--format=%(objectmode) %(path)", "main") == (
        f"100644 {FILE}\n100755 run.sh"
    )
    assert "Set by a model rotation" in git(repository.origin, "log", "-1", "--format=%b", "main")


async def test_what_is_there_already_is_no_commit(repository: Repository) -> None:
    assert await target().write(repository.plan, expected="x", value="openai/gpt-4o-mini") is False
    assert repository.commits() == 1


async def test_somebody_elses_model_is_drift_whenever_it_was_pushed(repository: Repository) -> None:
    pending = [lambda: repository.edit("openai/gpt-4o-mini", "by/hand")]
    during = target(lambda step: pending.pop()() if step == "read" and pending else None)
    with pytest.raises(DriftError) as caught:
        await during.write(repository.plan, expected="openai/gpt-4o-mini", value="x-ai/grok-4")
    assert caught.value.found == "by/hand"
    assert (repository.commits(), pending) == (2, [])
    assert repository.text() == TEXT.replace("openai/gpt-4o-mini", "by/hand")


async def test_somebody_elses_other_edit_is_kept(repository: Repository) -> None:
    pending = [lambda: repository.edit("REGION: eu", "REGION: us")]
    during = target(lambda step: pending.pop()() if step == "read" and pending else None)
    assert await during.write(repository.plan, expected="openai/gpt-4o-mini", value="x-ai/grok-4") is True
    assert repository.text() == TEXT.replace("openai/gpt-4o-mini", "x-ai/grok-4").replace("REGION: eu", "REGION: us")


async def test_a_repository_that_cannot_be_reached_or_pushed_to_is_said(repository: Repository) -> None:
    hook = repository.origin / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'protected branch' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(OutsideError, match="ended with status 1") as caught:
        await target().write(repository.plan, expected="openai/gpt-4o-mini", value="x-ai/grok-4")
    assert (caught.value.whose, caught.value.again) == ("sre", True)
    assert (repository.text(), repository.commits()) == (TEXT, 1)
    repository.origin.rename(repository.origin.with_name("gone"))
    with pytest.raises(OutsideError, match="ended with status 1"):
        await target().read(repository.plan)


async def test_a_line_that_is_not_there_or_twice(repository: Repository) -> None:
    repository.edit("  REGION: eu", "  REGION: eu\n  MODEL: second")
    with pytest.raises(OutsideError, match="2 lines"):
        await target().read(repository.plan)
    repository.edit("  MODEL: second\n", "")
    repository.edit('  MODEL: "openai/gpt-4o-mini"  # the model\n', "")
    assert await target().read(repository.plan) is None
    assert "no `unset`" in await target().refusal(repository.plan, "x-ai/grok-4")


def test_the_plan_waits_for_the_sync_and_reads_what_is_live() -> None:
    (plan,) = plan_for(load(EXAMPLE).runbook, "chat").stages[0].targets
    assert isinstance(plan, CommandPlan)
    assert plan.restart[:3] == ("argocd", "app", "wait")
    assert plan.confirm[-1].startswith("jsonpath={.spec")
    assert plan.patience > plan.restart_timeout + plan.confirm_within
