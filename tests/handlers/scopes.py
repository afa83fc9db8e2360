"""Which scope each method and event takes that we use, as Slack documents it. Data only."""

from typing import Final

METHODS: Final[dict[str, frozenset[str]]] = {
    "api_test": frozenset(),
    "auth_test": frozenset(),
    "chat_postMessage": frozenset({"chat:write"}),
    "chat_postEphemeral": frozenset({"chat:write"}),
    "chat_update": frozenset({"chat:write"}),
    "files_upload_v2": frozenset({"files:write"}),
    "views_open": frozenset(),
    "views_update": frozenset(),
    "views_publish": frozenset(),
    "users_info": frozenset({"users:read"}),
    "users_conversations": frozenset({"channels:read", "groups:read"}),
    "conversations_members": frozenset({"channels:read", "groups:read"}),
    "usergroups_list": frozenset({"usergroups:read"}),
    "usergroups_users_list": frozenset({"usergroups:read"}),
}
"""Web API method -> the scopes it takes for what we ask; from "Required scopes", docs.slack.dev/reference/methods."""

EVENTS: Final[dict[str, frozenset[str]]] = {
    "app_mention": frozenset({"app_mentions:read"}),
    "app_home_opened": frozenset(),
}
"""Event -> its scope. Source: docs.slack.dev/reference/events."""
