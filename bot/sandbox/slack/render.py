"""The JSON Slack gives the app for its nouns: messages, users, channels, groups, views, files. Changes nothing."""

from bot.sandbox.slack import elements
from bot.sandbox.slack.refused import Json
from bot.sandbox.slack.state import Channel, File, Group, Message, User, View
from bot.sandbox.slack.workspace import Workspace


def message(workspace: Workspace, said: Message) -> Json:
    """Answers a message as the Web API and payloads show it."""
    shown: Json = {"type": "message", "user": said.user, "ts": said.ts, "text": said.text, "team": workspace.team_id}
    if said.bot and said.user == workspace.bot_user:
        shown |= {"bot_id": workspace.bot_id, "app_id": workspace.app_id, "bot_profile": bot(workspace)}
    elif said.to is None:
        shown["client_msg_id"] = f"sandbox-{said.ts}"
    optional: Json = {
        "username": said.username,
        "blocks": said.blocks,
        "attachments": said.attachments,
        "files": [file(workspace, workspace.files[found]) for found in said.files],
        "thread_ts": said.thread_ts,
        "edited": {"user": said.user, "ts": said.edited} if said.edited else None,
        "metadata": said.metadata,
        "reactions": [{"name": name, "users": users, "count": len(users)} for name, users in said.reactions.items()],
    }
    shown |= {key: value for key, value in optional.items() if value}
    return shown | _broadcast(workspace, said) | _replies(workspace, said)


def _broadcast(workspace: Workspace, said: Message) -> Json:
    parent = workspace.messages[said.channel].get(said.thread_ts or "") if said.broadcast else None
    if parent is None:
        return {}
    return {"subtype": "thread_broadcast", "root": message(workspace, parent)}


def _replies(workspace: Workspace, said: Message) -> Json:
    replies = workspace.thread(said.channel, said.ts)
    if not replies:
        return {}
    users = sorted({reply.user for reply in replies})
    return {
        "thread_ts": said.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def bot(workspace: Workspace) -> Json:
    """Answers the bot as `bots.info` and `bot_profile` show it."""
    return {
        "id": workspace.bot_id,
        "app_id": workspace.app_id,
        "user_id": workspace.bot_user,
        "name": workspace.seed.app.name,
        "deleted": False,
        "updated": 0,
        "icons": {},
        "team_id": workspace.team_id,
    }


def user(workspace: Workspace, who: User) -> Json:
    """Answers a user as `users.info` shows them; the mail address only where its scope is granted."""
    first, _, last = who.real_name.partition(" ")
    profile: Json = {
        "real_name": who.real_name,
        "real_name_normalized": who.real_name,
        "display_name": who.name,
        "display_name_normalized": who.name,
        "first_name": first,
        "last_name": last,
        "title": who.title,
        "phone": "",
        "skype": "",
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "",
        "team": workspace.team_id,
    }
    if who.email and "users:read.email" in workspace.seed.app.bot_scopes:
        profile["email"] = who.email
    return {
        "id": who.id,
        "team_id": workspace.team_id,
        "name": who.name,
        "real_name": who.real_name,
        "deleted": False,
        "color": "9f69e7",
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile,
        "is_admin": who.admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": who.guest,
        "is_ultra_restricted": False,
        "is_bot": who.is_bot and who.id != "USLACKBOT",
        "is_app_user": False,
        "updated": 0,
    }


def channel(workspace: Workspace, where: Channel) -> Json:
    """Answers a conversation as `conversations.info` shows it."""
    shown: Json = {
        "id": where.id,
        "created": where.created,
        "is_archived": where.archived,
        "is_channel": where.direct is None and not where.private,
        "is_group": where.direct is None and where.private,
        "is_im": where.direct is not None,
        "is_mpim": False,
        "is_private": where.private,
        "is_org_shared": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "shared_team_ids": [workspace.team_id],
        "parent_conversation": None,
        "unlinked": 0,
        "updated": where.created * 1000,
        "context_team_id": workspace.team_id,
    }
    if where.direct is not None:
        return shown | {"user": where.direct, "is_user_deleted": False, "priority": 0}
    return shown | {
        "name": where.name,
        "name_normalized": where.name,
        "is_general": where.name == "general",
        "is_member": workspace.bot_user in where.members,
        "creator": workspace.bot_user,
        "topic": {"value": where.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "num_members": len(where.members),
    }


def group(workspace: Workspace, found: Group, *, with_users: bool, with_count: bool) -> Json:
    """Answers a user group as `usergroups.list` shows it."""
    shown: Json = {
        "id": found.id,
        "team_id": workspace.team_id,
        "is_usergroup": True,
        "name": found.name,
        "description": "",
        "handle": found.handle,
        "is_external": False,
        "date_create": 0,
        "date_update": 0,
        "date_delete": 0,
        "auto_type": None,
        "created_by": "USLACKBOT",
        "prefs": {"channels": [], "groups": []},
    }
    if with_users:
        shown["users"] = list(found.users)
    if with_count:
        shown["user_count"] = len(found.users)
    return shown


def view(workspace: Workspace, shown: View) -> Json:
    """Answers a view as `views.open` and interaction payloads show it, with its state."""
    body = shown.body
    return {
        "id": shown.id,
        "team_id": workspace.team_id,
        "type": body["type"],
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": elements.state_values(body["blocks"], shown.values)},
        "hash": shown.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": shown.previous,
        "root_view_id": shown.root,
        "app_id": workspace.app_id,
        "external_id": shown.external_id,
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.bot_id,
    }


def file(workspace: Workspace, found: File) -> Json:
    """Answers a file as `files.completeUploadExternal` and messages show it."""
    url = f"{workspace.base_url}/slack/files/{found.id}/{found.name}"
    return {
        "id": found.id,
        "created": found.created,
        "timestamp": found.created,
        "name": found.name,
        "title": found.title or found.name,
        **({"alt_txt": found.alt} if found.alt else {}),
        "mimetype": found.mimetype,
        "filetype": found.name.rpartition(".")[2],
        "user": found.user,
        "size": found.length,
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": url,
        "url_private_download": url,
        "permalink": f"{workspace.base_url}/files/{found.user}/{found.id}/{found.name}",
    }
