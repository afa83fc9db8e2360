"""users.*, usergroups.*, team.*, bots.*, auth.* and apps.*: who there is and who one is."""

from bot.sandbox.slack import render
from bot.sandbox.slack.methods.call import Call, Method, page
from bot.sandbox.slack.refused import Json, Refused


def api_test(call: Call) -> Json:
    """Answers what was sent, and fails with the `error` it is asked to fail with."""
    args = {name: value for name, value in call.args.items() if name != "token"}
    if call.text("error"):
        raise Refused(call.text("error"), args=args)
    return {"args": args}


def auth_test(call: Call) -> Json:
    """Answers whom the token belongs to."""
    workspace = call.workspace
    return {
        "url": f"{workspace.base_url}/",
        "team": workspace.seed.team,
        "user": workspace.seed.app.name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(call: Call) -> Json:
    """Answers an address for one Socket Mode connection."""
    return {"url": call.open_socket()}


def users_info(call: Call) -> Json:
    """Answers one user."""
    user = call.workspace.users.get(call.text("user"))
    if user is None:
        raise Refused("user_not_found")
    return {"user": render.user(call.workspace, user)}


def users_list(call: Call) -> Json:
    """Answers all users."""
    found = [render.user(call.workspace, user) for user in call.workspace.users.values()]
    shown, metadata = page(call, found, usual=1000)
    return {"members": shown, "cache_ts": int(call.workspace.clock()), "response_metadata": metadata}


def users_by_email(call: Call) -> Json:
    """Answers the user with a mail address."""
    asked = call.text("email")
    user = next((found for found in call.workspace.users.values() if found.email and found.email == asked), None)
    if user is None:
        raise Refused("users_not_found")
    return {"user": render.user(call.workspace, user)}


def groups_list(call: Call) -> Json:
    """Answers the user groups."""
    with_users, with_count = call.flag("include_users"), call.flag("include_count")
    return {
        "usergroups": [
            render.group(call.workspace, found, with_users=with_users, with_count=with_count)
            for found in call.workspace.groups.values()
        ]
    }


def group_users(call: Call) -> Json:
    """Answers the ids of a group's members."""
    group = call.workspace.groups.get(call.text("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}


def team_info(call: Call) -> Json:
    """Answers the team."""
    workspace = call.workspace
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.seed.team,
            "url": f"{workspace.base_url}/",
            "domain": workspace.seed.domain,
            "email_domain": "",
            "icon": {},
        }
    }


def bots_info(call: Call) -> Json:
    """Answers the bot."""
    if call.text("bot") not in {"", call.workspace.bot_id}:
        raise Refused("bot_not_found")
    return {"bot": render.bot(call.workspace)}


METHODS = {
    "api.test": Method(api_test, 4),
    "auth.test": Method(auth_test, 4),
    "apps.connections.open": Method(open_connection, 1, ("connections:write",), app=True),
    "users.info": Method(users_info, 4, ("users:read",)),
    "users.list": Method(users_list, 2, ("users:read",)),
    "users.lookupByEmail": Method(users_by_email, 3, ("users:read.email",)),
    "usergroups.list": Method(groups_list, 2, ("usergroups:read",)),
    "usergroups.users.list": Method(group_users, 2, ("usergroups:read",)),
    "team.info": Method(team_info, 3, ("team:read",)),
    "bots.info": Method(bots_info, 3, ("users:read",)),
}
