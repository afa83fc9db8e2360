"""The LiteLLM example against its two endpoints, as the proxy's documents describe them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.http import Http
from bot.adapters.target_http import HttpTarget
from bot.ports import DriftError, OutsideError
from bot.runbook.load import load
from bot.runbook.models.plan import plan_for
from bot.runbook.models.targets.http import HttpPlan
from tests.adapters.targets.kinds import ManualClock

EXAMPLE = Path(__file__).parents[2] / "bot" / "examples" / "litellm.yml"
KEY = "sk-master"


@dataclass
class Proxy:
    """Deployments by id; an update merges the parameters it is sent, as the proxy does."""

    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""

    async def info(self, request: web.Request) -> web.Response:
        wanted = request.query["litellm_model_id"]
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "Authentication Error"}}, status=401)
        found = [one for name, one in self.deployments.items() if name == wanted]
        if not found:
            return web.json_response({"detail": {"error": f"Model id = {wanted} not found"}}, status=400)
        return web.json_response({"data": found})

    async def update(self, request: web.Request) -> web.Response:
        body = await request.json()
        held = self.deployments[body["model_info"]["id"]]
        held["litellm_params"] = {**held["litellm_params"], **body["litellm_params"]}
        return web.json_response(held)


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    made = Proxy()
    for name in ("chat", "chat-staging"):
        params = {"model": "openrouter/openai/gpt-4o-mini", "temperature": 0.2}
        made.deployments[name] = {"model_name": "chat", "litellm_params": params, "model_info": {"id": name}}
    app = web.Application()
    app.router.add_get("/model/info", made.info)
    app.router.add_post("/model/update", made.update)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def target() -> AsyncIterator[HttpTarget]:
    async with Http(follow_redirects=False) as client:
        yield HttpTarget(client, secret={"LITELLM_MASTER_KEY": KEY}.get, clock=ManualClock())


def plan(proxy: Proxy) -> HttpPlan:
    (found,) = plan_for(load(EXAMPLE).runbook, "chat").stages[1].targets
    text = found.model_dump_json().replace("http://litellm:4000", proxy.url)
    return HttpPlan.model_validate_json(text)


async def test_the_deployments_model_is_changed_and_nothing_else(proxy: Proxy, target: HttpTarget) -> None:
    assert await target.read(plan(proxy)) == "openai/gpt-4o-mini"
    assert await target.write(plan(proxy), expected="openai/gpt-4o-mini", value="x-ai/grok-4") is True
    held = proxy.deployments["chat"]
    assert held["litellm_params"] == {"model": "openrouter/x-ai/grok-4", "temperature": 0.2}
    assert proxy.deployments["chat-staging"]["litellm_params"]["model"] == "openrouter/openai/gpt-4o-mini"
    await target.wait(plan(proxy), value="x-ai/grok-4")
    assert await target.write(plan(proxy), expected="x-ai/grok-4", value="openai/gpt-4o-mini") is True
    assert held["litellm_params"]["model"] == "openrouter/openai/gpt-4o-mini"


async def test_somebody_elses_model_is_drift(proxy: Proxy, target: HttpTarget) -> None:
    proxy.deployments["chat"]["litellm_params"]["model"] = "openrouter/by/hand"
    with pytest.raises(DriftError) as caught:
        await target.write(plan(proxy), expected="openai/gpt-4o-mini", value="x-ai/grok-4")
    assert caught.value.found == "by/hand"


async def test_a_model_of_another_provider_is_told_and_never_cut(proxy: Proxy, target: HttpTarget) -> None:
    proxy.deployments["chat"]["litellm_params"]["model"] = "azure/gpt"
    with pytest.raises(OutsideError, match="holds azure/gpt, which does not begin with openrouter/"):
        await target.read(plan(proxy))


async def test_a_deployment_that_is_not_there(proxy: Proxy, target: HttpTarget) -> None:
    asked = plan(proxy)
    del proxy.deployments["chat"]
    with pytest.raises(OutsideError, match="not found") as caught:
        await target.read(asked)
    assert caught.value.again is False
