"""A small Discord of our own on the loopback: REST, gateway, and the published rules that every body is held to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from tests.bot.discord.objects import (
    APPLICATION,
    APPLICATION_INFO,
    CHANNEL,
    DIRECT,
    GUILD,
    POST,
    USER,
    Json,
    channel,
    guild,
    member_object,
    message_object,
    user,
)
from tests.bot.discord.rules import broken_rules

TOKEN = "MTIz.right.token"  # noqa: S105 - nobody's
HELLO, IDENTIFY, HEARTBEAT, RESUME, RECONNECT, INVALID, ACK = 10, 2, 1, 6, 7, 9, 11
Reply = Callable[[web.Request], web.Response]


@dataclass
class Call:
    """One request that the bot made."""

    method: str
    path: str
    body: Json


class FakeDiscord:
    """Runs on a port of its own; what the bot sent is in ``calls``, and what broke a rule in ``faults``."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.identified: list[Json] = []
        self.resumed: list[Json] = []
        self.heartbeats = 0
        self.refuse_close: int | None = None
        """A code to close each new connection with instead of READY."""
        self.refuse_connections = 0
        self.faulty: dict[tuple[str, str], list[Reply]] = {}
        """By method and how a path ends: answers to give instead, one a request."""
        self.url = ""
        self.changed = asyncio.Condition()
        self._socket: web.WebSocketResponse | None = None
        self._sequence = 0
        self._missed: list[str] = []
        self._next_id = 10_000
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/gateway", self._gateway)
        app.router.add_route("*", "/api/{path:.*}", self._rest)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait until something is the case, and return it."""
        async with self.changed:
            await self.changed.wait_for(true)
        return true()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    # --- gateway ---------------------------------------------------------------------------------------------

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_connections:
            self.refuse_connections -= 1
            return web.Response(status=503, text="no")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": 20_000}, "s": None, "t": None})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._heard(socket, json.loads(message.data))
        return socket

    async def _heard(self, socket: web.WebSocketResponse, said: Json) -> None:
        match said["op"]:
            case 1:
                self.heartbeats += 1
                await socket.send_json({"op": ACK, "d": None, "s": None, "t": None})
            case 2:
                self.identified.append(said["d"])
                await self._greet(socket, said["d"])
            case 6:
                self._socket = socket
                self.resumed.append(said["d"])
                for missed in self._missed:
                    await socket.send_str(missed)
                self._missed.clear()
                await self.dispatch("RESUMED", {})
        await self._tell()

    async def _greet(self, socket: web.WebSocketResponse, identity: Json) -> None:
        if identity["token"] != TOKEN:
            await socket.close(code=4004)
        elif self.refuse_close:
            await socket.close(code=self.refuse_close)
        else:
            self._socket = socket
            application = {"id": str(APPLICATION), "flags": 0}
            guilds = [{"id": str(GUILD), "unavailable": True}]
            resume = self.url.replace("http", "ws") + "/gateway"
            ready = {"v": 10, "user": USER, "guilds": guilds, "session_id": "s1", "resume_gateway_url": resume}
            await self.dispatch("READY", ready | {"application": application})
            await self.dispatch("GUILD_CREATE", guild())

    async def dispatch(self, event: str, data: Json) -> None:
        """Send an event; while the bot is away it is kept for the RESUME."""
        self._sequence += 1
        text = json.dumps({"op": 0, "t": event, "s": self._sequence, "d": data})
        if self._socket is None or self._socket.closed:
            self._missed.append(text)
        else:
            await self._socket.send_str(text)

    async def drop(self, code: int = 4000) -> None:
        """Close the connection as Discord does now and then."""
        socket, self._socket = self._socket, None
        if socket:
            await socket.close(code=code)

    async def say(self, payload: Json) -> None:
        """Send something that is no event."""
        if self._socket:
            await self._socket.send_json(payload | {"s": None, "t": None})

    def forget(self) -> None:
        """Let go of what was recorded, for whoever watches the memory."""
        self.calls.clear()

    # --- what members do -------------------------------------------------------------------------------------

    async def mention(self, text: str, member: int = 7, channel: int = CHANNEL) -> str:
        """A member mentions the bot; gives the id of the message."""
        return await self._write(f"<@{APPLICATION}> {text}", member, channel)

    async def mention_role(self, text: str, role: int, member: int = 7) -> str:
        """A member mentions a role; what stands beside it Discord shows to nobody without the privileged intent."""
        return await self._write(text, member, CHANNEL, mentions=[], mention_roles=[str(role)])

    async def answer_back(self, text: str, to: Json, member: int = 7) -> str:
        """A member replies to a message of the bot's, which pings it without a mention in the text."""
        reference = {"message_id": to["id"], "channel_id": to["channel_id"], "guild_id": str(GUILD)}
        return await self._write(text, member, CHANNEL, type=19, message_reference=reference, referenced_message=to)

    async def _write(self, text: str, member: int, channel: int, **more: Json) -> str:
        author = user(member)
        message = message_object(self.new_id(), text, author) | {"mentions": [USER], "channel_id": str(channel)}
        message |= {"guild_id": str(GUILD), "member": member_object(author, with_user=False)} | more
        await self.dispatch("MESSAGE_CREATE", message)
        return str(message["id"])

    async def post(self, text: str, member: int = 7, channel: int = POST) -> str:
        """A member opens a forum's post, or writes to a channel, and mentions nobody."""
        return await self._write(text, member, channel, mentions=[], **({"id": str(POST)} if channel == POST else {}))

    async def write_directly(self, text: str, member: int = 7) -> str:
        """A member writes the bot a direct message."""
        message = message_object(self.new_id(), text, user(member)) | {"channel_id": str(DIRECT)}
        await self.dispatch("MESSAGE_CREATE", message)
        return str(message["id"])

    async def choose_from_menu(self, command: str, text: str, member: int = 7) -> str:
        """A member chooses a command from the menu of a message; gives the token of the interaction."""
        message = message_object(self.new_id(), text, user(8))
        resolved = {"messages": {message["id"]: message}}
        data = {"id": "2", "name": command, "type": 3, "target_id": message["id"], "resolved": resolved}
        return await self._interact({"type": 2, "data": data}, member)

    async def ask(self, question: str, member: int = 7, locale: str = "en-US", **options: Json) -> str:
        """A member uses /ask; gives the token of the interaction."""
        given = [{"name": "question", "type": 3, "value": question}]
        given += [{"name": name, "type": 3, "value": value} for name, value in options.items()]
        data = {"id": "1", "name": "ask", "type": 1, "options": given}
        return await self._interact({"type": 2, "data": data}, member, locale=locale)

    async def use_as_own(self, command: Json, member: int = 7) -> str:
        """A member who installed the bot for themselves uses a command in a server that the bot is not in."""
        where = {"guild_id": "555", "channel_id": "556", "channel": channel() | {"id": "556", "guild_id": "555"}}
        owners = {"authorizing_integration_owners": {"1": str(member)}}
        return await self._interact({"type": 2, "data": {"id": "1", "type": 1} | command}, member, **where, **owners)

    async def press(self, custom_id: str, message: Json, member: int = 7, **instead: Json) -> str:
        """A member presses a button; gives the token of the interaction."""
        data = {"custom_id": custom_id, "component_type": 2}
        return await self._interact({"type": 3, "data": data, "message": message}, member, **instead)

    async def _interact(self, what: Json, member: int, **instead: Json) -> str:
        token = f"token-{self.new_id()}"
        who = member_object(user(member)) | {"permissions": str(2**40)}
        where = {"guild_id": str(GUILD), "channel_id": str(CHANNEL), "channel": channel()}
        fixed = {"id": self.new_id(), "application_id": str(APPLICATION), "token": token, "version": 1}
        more = {"member": who, "locale": "en-US", "guild_locale": "en-US", "entitlements": []}
        owners = {"authorizing_integration_owners": {"0": str(GUILD)}, "context": 0, "attachment_size_limit": 0}
        rest = {"app_permissions": str(2**50 - 1)}
        await self.dispatch("INTERACTION_CREATE", what | where | fixed | more | owners | rest | instead)
        return token

    def answers(self, to: str) -> list[Json]:
        """What the bot sent to a message's id or an interaction's token, acknowledgements apart."""
        found = [call for call in self.calls if f"/{to}/" in call.path and call.method == "PATCH"]
        found += [call for call in self.calls if f"/{to}/callback" in call.path and call.body["type"] in {4, 7}]
        replies = [
            call
            for call in self.calls
            if call.path.endswith("/messages")
            and str((call.body.get("message_reference") or {}).get("message_id")) == to
        ]
        return [call.body.get("data", call.body) for call in found] + [call.body for call in replies]

    async def answer(self, to: str) -> Json:
        """Wait for the first of them."""
        return (await self.until(lambda: self.answers(to)))[0]

    # --- REST ------------------------------------------------------------------------------------------------

    async def _rest(self, request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        text = await request.text()
        body = json.loads(text) if text else None
        own = path.startswith(("/interactions/", "/webhooks/"))  # these carry a token of their own
        if not own and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return reply({"message": "401: Unauthorized", "code": 0}, 401)
        for (method, end), replies in self.faulty.items():
            if replies and method == request.method and path.endswith(end):
                return replies.pop(0)(request)
        self.faults += [f"{request.method} {path}: {fault}" for fault in broken_rules(request.method, path, body)]
        self.calls.append(Call(request.method, path, body))
        await self._tell()
        return self._respond(request.method, path, body)

    def _respond(self, method: str, path: str, body: Json) -> web.Response:  # noqa: PLR0911 - one a route
        match (method, path.strip("/").split("/")):
            case "GET", ["users", "@me"]:
                return reply(USER)
            case "GET", ["oauth2", "applications", "@me"]:
                return reply(APPLICATION_INFO)
            case "PUT", ["applications", _, *_, "commands"]:
                fixed = {"version": "1", "application_id": str(APPLICATION)}
                return reply([{"description": ""} | command | fixed | {"id": self.new_id()} for command in body])
            case "POST", ["channels", _, "typing"]:
                return web.Response(status=204)
            case "POST", ["channels", _, "messages"]:
                return reply(self._stored(body))
            case "POST", ["interactions", _, _, "callback"]:
                made = message_object(self.new_id(), "", USER)
                callback = {"id": "1", "type": 2, "response_message_id": made["id"]}
                return reply({"interaction": callback, "resource": {"type": body["type"], "message": made}})
            case "DELETE", ["channels", _, "messages", _]:
                return web.Response(status=204)
            case "PATCH", ["webhooks", _, _, "messages", "@original"]:
                return reply(self._stored(body))
        return reply({"message": "404: Not Found", "code": 0}, 404)

    def _stored(self, body: Json) -> Json:
        message = message_object(self.new_id(), body.get("content") or "", USER)
        message |= {name: body[name] for name in ("embeds", "components", "flags") if body.get(name)}
        return message


def reply(body: Json, status: int = 200, **headers: str) -> web.Response:
    # discord.py reads JSON only when the content type is this and nothing more.
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"} | headers
    )


def limited(*, via: bool, after: float = 0.3) -> Reply:
    """429, by Discord itself or by the network before it."""
    headers = {"Via": "1.1 google"} if via else {}
    body = {"message": "You are being rate limited.", "retry_after": after, "global": False}
    return lambda _: reply(body, 429, **{"Retry-After": str(after)}, **headers)


def failing(status: int) -> Reply:
    return lambda _: web.Response(status=status, text="upstream")


def unknown_interaction(_: web.Request) -> web.Response:
    return reply({"message": "Unknown interaction", "code": 10062}, 404)


def dropped(request: web.Request) -> web.Response:
    """No answer at all: the connection ends."""
    if request.transport:
        request.transport.close()
    return web.Response()
