"""The doctor from chat: who may see what it finds, and that it shows no secret."""

from pathlib import Path

from bot.doctor.model import Finding, fails
from bot.engine.facade import Facade
from tests.engine.world import FIN, GIL, MIA, REX, world

SECRET = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


async def test_who_may_steer_may_see_it_and_a_guest_may_not(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        facade = Facade(w.engine)
        channel = "model-rotation"
        assert await facade.may_examine(MIA, channel)
        assert await facade.may_examine(FIN, channel)
        assert not await facade.may_examine(GIL, channel)
        assert not await facade.may_examine(REX, channel)


async def test_what_looks_like_a_secret_is_masked(tmp_path: Path) -> None:
    async def found() -> list[Finding]:
        return [fails("restart", f"curl -H 'Authorization: Bearer {SECRET}'", f"unset {SECRET}")]

    async with world(tmp_path) as w:
        (finding,) = await Facade(w.engine, found).examine()
        assert finding.check == "restart"
        assert SECRET not in finding.what + finding.todo
        assert finding.what.startswith("curl -H")
        assert await Facade(w.engine).examine() == ()
