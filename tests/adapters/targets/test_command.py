"""Settings that a program reads and writes: what it is given, what its output may be, and what is told of failures."""

import os
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.target_command import CommandTarget
from bot.ports import OutsideError
from bot.runbook.models.targets.command import Command, CommandPlan
from tests.adapters.targets.kinds import ManualClock, nothing_more

SECRET = "hush-hush-4711"


def plan(folder: Path, **lines: object) -> CommandPlan:
    written = {"kind": "command", "read": ["true"], "write": ["true", "{value}"], "directory": str(folder), **lines}
    return Command.model_validate(written).plans("global", variable=None, tenants=("acme", "b.c"))[0]


def prints(text: str, status: int = 0) -> list[str]:
    return [sys.executable, "-c", f"import sys; print({text!r}); sys.exit({status})"]


def target(secrets: Iterable[str] = (), clock: ManualClock | None = None) -> CommandTarget:
    return CommandTarget(environment=nothing_more, clock=clock or ManualClock(), secrets=lambda: secrets)


@pytest.mark.parametrize(
    ("output", "pointer", "value"),
    [
        ("x/y", None, "x/y"),
        ("  x/y:free \n", None, "x/y:free"),
        ("", None, None),
        ('{"a": {"m": "x/y"}}', "/a/m", "x/y"),
        ('{"a": {"m": null}}', "/a/m", None),
        ('{"a": {"m": ""}}', "/a/m", None),
        ('{"a": {}}', "/a/m", None),
        ('[{"m": "x"}]', "/0/m", "x"),
    ],
)
async def test_what_it_prints_is_the_value_or_holds_it(
    tmp_path: Path, output: str, pointer: str | None, value: str | None
) -> None:
    assert await target().read(plan(tmp_path, read=prints(output), pointer=pointer)) == value


@pytest.mark.parametrize(
    ("output", "pointer", "said"),
    [
        ("Tenant: acme\nModel: x/y", None, "no model's name .*name a `pointer`"),
        ("current model is x", None, "no model's name .*space"),
        ("not json", "/m", "no JSON: 'not json'"),
        ('{"m": 3}', "/m", "has 3 at /m, where a model's name should be"),
        ('{"m": ["x"]}', "/m", "where a model's name should be"),
        ('"x/y"', "/m", "has nothing at /m"),
        ('{"m": "--flag"}', "/m", "take it for an option"),
    ],
)
async def test_what_is_no_value_is_said_and_never_guessed(
    tmp_path: Path, output: str, pointer: str | None, said: str
) -> None:
    with pytest.raises(OutsideError, match=said) as caught:
        await target().read(plan(tmp_path, read=prints(output), pointer=pointer))
    assert (caught.value.whose, caught.value.again) == ("sre", False)


async def test_only_the_named_status_says_that_nothing_is_set(tmp_path: Path) -> None:
    named = plan(tmp_path, read=prints("", 4), unset_status=4)
    assert await target().read(named) is None
    with pytest.raises(OutsideError, match="ended with status 5"):
        await target().read(plan(tmp_path, read=prints("", 5), unset_status=4))


async def test_it_gets_the_named_variables_and_they_stand_in_no_error(tmp_path: Path) -> None:
    def environment(names: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
        return {"PATH": os.defpath, **dict.fromkeys(names, SECRET)}, ()

    program = "import os, sys; sys.exit('refused: ' + os.environ['DSN'] + str(sorted(os.environ)))"
    asked = plan(tmp_path, read=[sys.executable, "-c", program], environment=["DSN"])
    with pytest.raises(OutsideError, match="refused: ") as caught:
        await CommandTarget(environment=environment, clock=ManualClock()).read(asked)
    assert SECRET not in caught.value.what
    assert "HOME" not in caught.value.what


async def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    asked = plan(tmp_path, environment=["DSN"])
    with pytest.raises(OutsideError, match="DSN is not set") as caught:
        await target().read(asked)
    assert caught.value.whose == "account"
    assert "DSN is not set" in await target().check_writable(asked)


async def test_a_program_that_is_not_there_and_one_that_takes_too_long(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="could not be started") as caught:
        await target().read(plan(tmp_path, read=["no-such-program"]))
    assert caught.value.again is False
    slow = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(OutsideError, match="did not end within") as caught:
        await target().read(plan(tmp_path, read=slow, time_limit=timedelta(milliseconds=200)))
    assert caught.value.again is True


async def test_too_much_output_is_no_setting(tmp_path: Path) -> None:
    floods = [sys.executable, "-c", "print('x' * 3_000_000)"]
    with pytest.raises(OutsideError, match="printed more than 1024 KiB"):
        await target().read(plan(tmp_path, read=floods))


async def test_what_is_filled_in_stays_one_argument_and_is_filled_in_once(tmp_path: Path) -> None:
    keeps = "import json, sys; open('argv', 'w').write(json.dumps(sys.argv[1:]))"
    held = tmp_path / "held"
    held.write_text("x/{tenant}")
    read = [sys.executable, "-c", "print(open('held').read())"]
    write = [sys.executable, "-c", keeps, "{value}", "--was={expected}", "{{value}}", "for {tenant}", "; rm -rf *"]
    asked = plan(tmp_path, read=read, write=write)
    assert asked.write[3:] == ("{value}", "--was={expected}", "{{value}}", "for ", "; rm -rf *")
    await target().write(asked, expected="x/{tenant}", value="y/{expected}")
    written = (tmp_path / "argv").read_text()
    assert written == '["y/{expected}", "--was=x/{tenant}", "{y/{expected}}", "for ", "; rm -rf *"]'


async def test_a_refused_write_that_left_an_edit_of_somebody_else_is_drift(tmp_path: Path) -> None:
    """Without `{expected}` the program cannot compare; what it says when it fails is checked against what is there."""
    held = tmp_path / "held"
    held.write_text("a/b")
    read = [sys.executable, "-c", "print(open('held').read())"]
    fails = [sys.executable, "-c", "import sys; sys.exit('no: {value}')"]
    with pytest.raises(OutsideError, match="ended with status 1: no: c/d") as caught:
        await target().write(plan(tmp_path, read=read, write=fails), expected="a/b", value="c/d")
    assert caught.value.again is True
    done = [sys.executable, "-c", "import sys; open('held', 'w').write('{value}'); sys.exit(7)"]
    assert await target().write(plan(tmp_path, read=read, write=done), expected="a/b", value="c/d") is False
    assert held.read_text() == "c/d"


async def test_without_unset_a_place_where_nothing_is_set_is_refused_before_and_at_the_write(tmp_path: Path) -> None:
    asked = plan(tmp_path, read=prints(""))
    assert "no `unset`" in await target().refusal(asked, "x/y")
    with pytest.raises(OutsideError, match="no `unset`"):
        await target().write(asked, expected="x/y", value=None)


@pytest.mark.parametrize(
    ("listed", "lines", "why"),
    [
        ('{"m": "a/b", "ok": ["a/b", "x/y"]}', {"allowed_pointer": "/ok"}, ""),
        ('{"m": "a/b", "ok": ["*"]}', {"allowed_pointer": "/ok"}, ""),
        ('{"m": "a/b", "ok": null}', {"allowed_pointer": "/ok"}, ""),
        ('{"m": "a/b"}', {"allowed_pointer": "/ok"}, ""),
        ('{"m": "a/b", "ok": ["a/b"]}', {"allowed_pointer": "/ok"}, "not among the models allowed there (a/b)"),
        ('{"m": "a/b", "ok": []}', {"allowed_pointer": "/ok"}, "no model is allowed there"),
        ('{"m": "a/b", "ok": ["1", "2", "3", "4", "5", "6", "7"]}', {"allowed_pointer": "/ok"}, "and 2 more"),
    ],
)
async def test_the_tenants_list_is_looked_at(tmp_path: Path, listed: str, lines: dict[str, str], why: str) -> None:
    asked = plan(tmp_path, read=prints(listed), pointer="/m", **lines)
    said = await target().refusal(asked, "x/y")
    assert said == why if not why else why in said


async def test_a_list_of_its_own_one_a_line(tmp_path: Path) -> None:
    asked = plan(tmp_path, read=prints("a/b"), allowed=prints("a/b\nx/y\n"))
    assert await target().refusal(asked, "x/y") == ""
    assert "not among" in await target().refusal(asked, "x/z")
    odd = plan(tmp_path, read=prints("a/b"), allowed=prints('{"ok": "x/y"}'), allowed_pointer="/ok")
    with pytest.raises(OutsideError, match="where a list of models should be"):
        await target().refusal(odd, "x/y")


async def test_waiting_outlasts_what_passes_and_ends_at_once_where_nothing_can_help(tmp_path: Path) -> None:
    clock = ManualClock()
    (tmp_path / "asked").write_text("")
    program = (
        "import sys; n = len(open('asked').read()); open('asked', 'a').write('x')\n"
        "sys.exit('not yet') if n < 3 else print('x/y')"
    )
    confirm = [sys.executable, "-c", program]
    await target(clock=clock).wait(plan(tmp_path, confirm=confirm), value="x/y")
    assert len((tmp_path / "asked").read_text()) == 4
    began = clock.now()
    with pytest.raises(OutsideError, match="no model's name"):
        await target(clock=clock).wait(plan(tmp_path, confirm=prints("a b")), value="x/y")
    assert clock.now() == began


async def test_each_tenant_is_a_place_of_its_own(tmp_path: Path) -> None:
    block = Command.model_validate(
        {
            "kind": "command",
            "name": "preferences",
            "read": ["tenant", "get", "--id", "{tenant}"],
            "write": ["tenant", "set", "--id={tenant}", "{value}"],
            "restart": ["reload"],
        }
    )
    first, second = block.plans("pilots.1", variable=None, tenants=("acme", "b.c"))
    assert (first.id, second.id) == ("pilots.1.acme", "pilots.1.b.c")
    assert (first.place, second.tenant) == ("acme: preferences", "b.c")
    assert second.write == ("tenant", "set", "--id=b.c", "{value}")
    assert first.key != second.key
    assert first.shares & second.shares == {'restart ["reload"]'}
    del tmp_path
