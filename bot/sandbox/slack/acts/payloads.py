"""The parts every payload to the app has in common."""

from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.state import Channel, User
from bot.sandbox.slack.workspace import Workspace


def envelope(workspace: Workspace, kind: str, user: User) -> Json:
    """Answers what every interaction payload begins with."""
    return {
        "type": kind,
        "team": {"id": workspace.team_id, "domain": workspace.seed.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team_id},
        "api_app_id": workspace.app_id,
        "token": workspace.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def place(channel: Channel) -> Json:
    """Answers a channel as payloads name it."""
    return {"id": channel.id, "name": called(channel)}


def called(channel: Channel) -> str:
    """Answers the name payloads give a channel."""
    if channel.direct is not None:
        return "directmessage"
    return "privategroup" if channel.private else channel.name


def response_url(workspace: Workspace, path: str) -> str:
    """Answers a response URL in full."""
    return f"{workspace.base_url}/slack/{path}"


def event(workspace: Workspace, body: Json) -> Json:
    """Answers an event as the Events API wraps it."""
    return {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": body,
        "type": "event_callback",
        "event_id": workspace.mint("Ev"),
        "event_time": int(workspace.clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{workspace.mint('x')}",
    }
