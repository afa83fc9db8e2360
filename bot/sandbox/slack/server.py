"""The routes of the Slack side: `/api/`, `/slack/…`, and links to messages."""

from aiohttp import web

from bot.sandbox.slack.acts import answers
from bot.sandbox.slack.site import Slack


def add_routes(app: web.Application, slack: Slack) -> None:
    """Adds one Slack's routes to an application."""

    async def respond(request: web.Request) -> web.StreamResponse:
        return await answers.handle(slack, request)

    async def upload(request: web.Request) -> web.StreamResponse:
        return await _upload(slack, request)

    async def download(request: web.Request) -> web.StreamResponse:
        return _download(slack, request)

    app.router.add_route("*", "/api/{method}", slack.api.handle)
    app.router.add_get("/slack/link/", slack.sockets.handle)
    app.router.add_post("/slack/{path:(?:commands|actions)/.+}", respond)
    app.router.add_post("/slack/upload/{id}", upload)
    app.router.add_get("/slack/files/{id}/{name}", download)
    app.router.add_get("/archives/{channel}/{p}", _show)


async def _upload(slack: Slack, request: web.Request) -> web.StreamResponse:
    found = slack.workspace.files.get(request.match_info["id"])
    if found is None:
        return web.Response(status=404, text="no such upload")
    if request.content_type == "multipart/form-data":
        form = await request.post()
        fields = [value.file.read() for value in form.values() if isinstance(value, web.FileField)]
        content = fields[0] if fields else b""
    else:
        content = await request.read()
    if len(content) != found.length:
        return web.Response(status=400, text=f"expected {found.length} bytes, got {len(content)}")
    found.content = content
    return web.Response(text=f"OK - {len(content)}")


def _download(slack: Slack, request: web.Request) -> web.StreamResponse:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    found = slack.workspace.files.get(request.match_info["id"])
    if token != slack.workspace.seed.app.bot_token:
        return web.Response(status=403, text="not authorised")
    if found is None or found.content is None:
        return web.Response(status=404, text="no such file")
    return web.Response(body=found.content, content_type=found.mimetype)


async def _show(request: web.Request) -> web.StreamResponse:
    digits = request.match_info["p"].removeprefix("p")
    thread = request.query.get("thread_ts")
    place = f"channel={request.match_info['channel']}&ts={digits[:-6]}.{digits[-6:]}"
    raise web.HTTPFound(f"/#{place}{f'&thread_ts={thread}' if thread else ''}")
