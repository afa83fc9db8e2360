"""What the client learns of its scopes from Slack's answers, and what it does not take for an answer about them."""

import pytest
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

from bot.sandbox.seed import BOT_SCOPES
from bot.sandbox.world import World
from handlers.client import Granted, slack_client
from handlers.messenger import SlackMessenger

SLACK = "https://slack.com/api/"


async def told(granted: Granted, method: str, headers: dict[str, list[str] | str]) -> None:
    request = HttpRequest(method="POST", url=f"{SLACK}{method}", headers={})
    answer = HttpResponse(status_code=200, headers=headers)
    assert not await granted.can_retry_async(state=RetryState(), request=request, response=answer)


@pytest.mark.parametrize(
    ("method", "headers", "known"),
    [
        ("chat.update", {"X-OAuth-Scopes": "chat:write"}, {"chat:write"}),
        ("chat.update", {"x-oauth-scopes": ["chat:write, users:read"]}, {"chat:write", "users:read"}),
        ("chat.update", {}, {"commands"}),
        ("api.test", {"x-oauth-scopes": ""}, {"commands"}),
        ("apps.connections.open", {"x-oauth-scopes": "connections:write"}, {"commands"}),
    ],
)
async def test_an_answer_that_names_no_scopes_takes_none_away(
    method: str, headers: dict[str, list[str] | str], known: set[str]
) -> None:
    granted = Granted()
    await told(granted, "auth.test", {"x-oauth-scopes": "commands"})
    await told(granted, method, headers)
    assert granted.scopes == frozenset(known)


async def test_asking_whether_slack_answers_at_all_is_no_word_about_scopes() -> None:
    world, granted = World(), Granted()
    await world.start()
    try:
        facts = world.facts()
        client = slack_client(str(facts["bot_token"]), str(facts["api_url"]), granted=granted)
        assert granted.scopes is None
        await SlackMessenger(client).reach()
        assert granted.scopes is None
        await client.auth_test()
        await SlackMessenger(client).reach()
        assert granted.scopes == frozenset(BOT_SCOPES)
    finally:
        await world.stop()
