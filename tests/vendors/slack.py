"""A strict Slack: the Web API and Socket Mode over real HTTP on loopback, with people, channels and faults.

It refuses what Slack refuses (tokens, scopes, parameters, blocks, lengths, strangers to a channel), keeps its
pace if asked, and redelivers what is not acknowledged. Its clients sign with code of their own.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from aiohttp import WSMsgType, web

from tests.vendors.slack_judges import Refused, as_seen, judge_message, judge_view, texts

Json = dict[str, Any]

TEAM, APP, BOT_USER, BOT = "T0TEAM", "A0APP", "U0PATCH", "B0PATCH"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-of-nobody", "xapp-1-of-nobody", "signing-secret-of-nobody"
SCOPES = frozenset(
    "app_mentions:read chat:write commands files:write im:history im:write users:read".split()  # noqa: SIM905
)
NEEDS: dict[str, str | None] = {
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "conversations.open": "im:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "users.info": "users:read",
    "views.open": None,
    "views.publish": None,
}
TAKES = {
    "auth.test": set(),
    "chat.postMessage": {"channel", "text", "blocks", "thread_ts", "unfurl_links", "unfurl_media"},
    "chat.postEphemeral": {"channel", "user", "text", "blocks", "thread_ts"},
    "chat.update": {"channel", "ts", "text", "blocks"},
    "conversations.open": {"users"},
    "files.getUploadURLExternal": {"filename", "length"},
    "files.completeUploadExternal": {"files", "channel_id", "thread_ts"},
    "users.info": {"user"},
    "views.open": {"trigger_id", "view"},
    "views.publish": {"user_id", "view"},
}


@dataclass
class Message:
    """`states` are all the texts it ever had; the last one is shown."""

    channel: str
    ts: str
    text: str
    blocks: list[Json]
    thread: str | None = None
    user: str | None = None  # an ephemeral one is seen by this person alone
    at: float = 0.0
    states: list[str] = field(default_factory=list)
    deleted: bool = False

    def seen(self) -> str:
        """The words in its blocks as they are read, buttons and all."""
        return as_seen("\n".join(texts(self.blocks)) if self.blocks else self.text)

    def buttons(self) -> list[Json]:
        return [element for block in self.blocks for element in block.get("elements", ())]


@dataclass
class Channel:
    id: str
    members: set[str]
    archived: bool = False


@dataclass
class Fault:
    """What happens to the next call of a method. `lost`: it is done, and the answer never comes."""

    status: int = 200
    error: str = ""
    retry_after: int | None = None
    lost: bool = False


@dataclass
class Call:
    at: float
    method: str
    arguments: Json
    error: str = ""


class Slack:
    """One workspace. `paced`: posts and edits faster than one a second in a channel are answered with 429."""

    def __init__(self, *, scopes: Iterable[str] = SCOPES, paced: bool = False, second: float = 1.0) -> None:
        self.second = second  # how long a second of its limits takes
        self.scopes = set(scopes)
        self.paced = paced
        self.url = ""
        self.users: dict[str, Json] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.ephemeral: list[Message] = []
        self.responses: list[Json] = []
        self.files: list[tuple[str, str, bytes]] = []
        self.modals: list[Json] = []
        self.homes: dict[str, Json] = {}
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.acks: dict[str, Json] = {}
        self.skew = 0.0
        self._count = count(1)
        self._last: dict[str, float] = {}
        self._resting: dict[str, float] = {}
        self.broken_rests: list[str] = []
        self.used_up = 0  # posts to an address that had been used five times
        self._hooks: dict[str, tuple[str, str, int]] = {}
        self._uploads: dict[str, tuple[str, bytes]] = {}
        self._triggers: dict[str, float] = {}
        self.news = asyncio.Event()

    # --- people and places ------------------------------------------------------------------

    def person(self, id: str, name: str, **more: Any) -> str:
        profile = {"display_name": name, "real_name": f"{name} Doe", "phone": "(000) 000-0000"}
        known = {"id": id, "team_id": TEAM, "name": name.lower(), "tz": "Asia/Singapore", "profile": profile}
        self.users[id] = {**known, "is_bot": False, "is_restricted": False, **more}
        return id

    def channel(self, id: str, *members: str, with_us: bool = True) -> str:
        self.channels[id] = Channel(id, {*members, *([BOT_USER] if with_us else [])})
        return id

    def direct(self, user: str) -> str:
        """The conversation of that person with us; made when it is first needed."""
        id = f"D{user}"
        self.channels.setdefault(id, Channel(id, {user, BOT_USER}))
        return id

    def fails(self, method: str, *faults: Fault) -> None:
        self.faults.setdefault(method, deque()).extend(faults)

    def ts(self) -> str:
        return f"{1_772_000_000 + next(self._count)}.{next(self._count):06}"

    def trigger(self) -> str:
        id = f"{next(self._count)}.trigger"
        self._triggers[id] = time.monotonic()
        return id

    def response_url(self, channel: str, user: str) -> str:
        id = f"hook{next(self._count)}"
        self._hooks[id] = (channel, user, 5)
        return f"{self.url}/hooks/{id}"

    def everything(self) -> str:
        """All that anybody can see, oldest first."""
        shown = [each.seen() for each in (*self.messages, *self.ephemeral)]
        shown += [as_seen(str(each.get("text", ""))) for each in self.responses]
        return "\n".join([*shown, *(name for name, _, _ in self.files)])

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method and not call.error]

    # --- the Web API ------------------------------------------------------------------------

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Slack"]:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/hooks/{id}", self._hook)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/socket", self._socket)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            for socket in self.sockets:
                await socket.close()
            await runner.cleanup()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        call = Call(time.monotonic(), method, arguments)
        self.calls.append(call)
        fault = self._fault(method)
        headers = {
            "x-oauth-scopes": ",".join(sorted(self.scopes)),
            "date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - self.skew)),
        }
        if time.monotonic() < self._resting.get(method, 0.0):
            self.broken_rests.append(method)
        if fault.status != 200:
            call.error = fault.error or str(fault.status)
            return self._failed(method, fault, headers)
        try:
            answer = self._answer(method, request.headers.get("authorization", ""), arguments, fault)
        except Refused as refused:
            call.error = refused.code
            if refused.code == "ratelimited":
                return self._failed(method, Fault(429, retry_after=1), headers)
            return web.json_response(
                {"ok": False, "error": refused.code, "why": str(refused)}, headers=headers
            )
        finally:
            self.news.set()
        if fault.lost:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True, **answer}, headers=headers)

    def _fault(self, method: str) -> Fault:
        waiting = self.faults.get(method)
        return waiting.popleft() if waiting else Fault()

    def _failed(self, method: str, fault: Fault, headers: Json) -> web.Response:
        if fault.retry_after is not None:
            self._resting[method] = time.monotonic() + (fault.retry_after - 0.05) * self.second
            headers = {**headers, "retry-after": str(fault.retry_after)}
        error = "ratelimited" if fault.status == 429 else fault.error or "internal_error"
        if fault.status >= 500:
            return web.Response(status=fault.status, text="<html>oops</html>", content_type="text/html")
        return web.json_response({"ok": False, "error": error}, status=fault.status, headers=headers)

    def _answer(self, method: str, authorization: str, arguments: Json, fault: Fault) -> Json:
        if fault.error:
            raise Refused(fault.error)
        if method == "apps.connections.open":
            if authorization != f"Bearer {APP_TOKEN}":
                raise Refused("invalid_auth")
            return {"url": f"{self.url.replace('http', 'ws')}/socket?ticket={next(self._count)}"}
        if method not in NEEDS:
            raise Refused("unknown_method", method)
        if authorization != f"Bearer {BOT_TOKEN}":
            raise Refused("invalid_auth")
        if NEEDS[method] is not None and NEEDS[method] not in self.scopes:
            raise Refused("missing_scope", str(NEEDS[method]))
        odd = set(arguments) - TAKES[method]
        if odd:
            raise Refused("invalid_arguments", f"{method} takes no {odd}")
        name = "_" + "".join(
            f"_{each.lower()}" if each.isupper() else each for each in method.replace(".", "_")
        )
        return getattr(self, name)(**arguments)  # type: ignore[no-any-return]

    def _auth_test(self) -> Json:
        return {"url": "https://team.slack.example/", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}

    def _users_info(self, user: str) -> Json:
        if user not in self.users:
            raise Refused("user_not_found")
        return {"user": self.users[user]}

    def _conversations_open(self, users: str) -> Json:
        if users not in self.users:
            raise Refused("user_not_found")
        return {"channel": {"id": self.direct(users)}}

    def _place(self, channel: str) -> Channel:
        if channel in self.users:
            channel = self.direct(channel)
        place = self.channels.get(channel)
        if place is None:
            raise Refused("channel_not_found")
        if place.archived:
            raise Refused("is_archived")
        if BOT_USER not in place.members:
            raise Refused("not_in_channel" if channel.startswith("C") else "channel_not_found")
        return place

    def _keep_pace(self, channel: str) -> None:
        now = time.monotonic()
        if self.paced and now - self._last.get(channel, 0.0) < 0.9 * self.second:
            raise Refused("ratelimited")
        self._last[channel] = now

    def _chat_post_message(
        self, channel: str, text: str, blocks: Any = (), thread_ts: str | None = None, **unfurl: bool
    ) -> Json:
        if unfurl != {"unfurl_links": False, "unfurl_media": False}:
            raise Refused("would_fetch_links")
        place = self._place(channel)
        judge_message(text, blocks)
        if thread_ts is not None and not any(each.ts == thread_ts for each in self.messages):
            raise Refused("thread_not_found")
        self._keep_pace(place.id)
        message = Message(
            place.id, self.ts(), text, list(blocks), thread_ts, at=time.monotonic(), states=[text]
        )
        self.messages.append(message)
        return {"channel": place.id, "ts": message.ts}

    def _chat_post_ephemeral(
        self, channel: str, user: str, text: str, blocks: Any = (), thread_ts: str | None = None
    ) -> Json:
        place = self._place(channel)
        if user not in place.members:
            raise Refused("user_not_in_channel")
        judge_message(text, blocks)
        self.ephemeral.append(
            Message(place.id, self.ts(), text, list(blocks), thread_ts, user, states=[text])
        )
        return {"message_ts": self.ephemeral[-1].ts}

    def _chat_update(self, channel: str, ts: str, text: str, blocks: Any) -> Json:
        self._place(channel)
        known = next((each for each in self.messages if (each.channel, each.ts) == (channel, ts)), None)
        if known is None or known.deleted:
            raise Refused("message_not_found")
        judge_message(text, blocks)
        self._keep_pace(channel)
        known.text, known.blocks = text, list(blocks)
        known.states.append(text)
        return {"channel": channel, "ts": ts}

    def _views_open(self, trigger_id: str, view: Json) -> Json:
        if time.monotonic() - self._triggers.pop(trigger_id, -9.0) > 3:
            raise Refused("expired_trigger_id")
        judge_view(view)
        self.modals.append({**view, "id": f"V{next(self._count)}"})
        return {"view": self.modals[-1]}

    def _views_publish(self, user_id: str, view: Json) -> Json:
        judge_view(view)
        self.homes[user_id] = {**view, "id": f"V{next(self._count)}"}
        return {}

    def _files_get_upload_u_r_l_external(self, filename: str, length: str) -> Json:
        id = f"F{next(self._count)}"
        self._uploads[id] = (filename, b"")
        assert int(length) > 0
        return {"upload_url": f"{self.url}/upload/{id}", "file_id": id}

    def _files_complete_upload_external(
        self, files: Any, channel_id: str, thread_ts: str | None = None
    ) -> Json:
        place = self._place(channel_id)
        for each in json.loads(files) if isinstance(files, str) else files:
            name, data = self._uploads[each["id"]]
            self.files.append((name, place.id, data))
        return {"files": [{"id": "F1"}]}

    async def _upload(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        self._uploads[id] = (self._uploads[id][0], await request.read())
        return web.Response(text="OK")

    async def _hook(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        channel, user, left = self._hooks.get(id, ("", "", 0))
        if not left:
            self.used_up += 1
            return web.Response(status=404, text="used_url")
        self._hooks[id] = (channel, user, left - 1)
        message = await request.json()
        judge_message(message["text"], message["blocks"])
        self.responses.append({**message, "channel": channel, "user": user})
        self.news.set()
        return web.Response(text="ok")

    # --- Socket Mode ------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self.sockets.append(socket)
        self.news.set()
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                answer = json.loads(frame.data)
                self.acks[answer["envelope_id"]] = answer
                self.news.set()
        self.sockets.remove(socket)
        return socket

    async def until(self, seen: Callable[[], Any], *, seconds: float = 5.0) -> None:
        """Once it is so."""
        async with asyncio.timeout(seconds):
            while not seen():
                self.news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), 0.02)


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}


# --- what people do ---------------------------------------------------------------------------------


@dataclass
class Answer:
    """What Slack was answered, and how long it took."""

    status: int
    text: str
    seconds: float
    headers: Json = field(default_factory=dict)


def sign(secret: str, stamp: str, body: bytes) -> str:
    base = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Client:
    """Slack's own side of a request. By HTTP when `app` is where the app listens, else over the socket."""

    def __init__(self, slack: Slack, app: str | None = None, *, now: Callable[[], float] = time.time) -> None:
        self.slack = slack
        self.app = app
        self.now = now
        self._http = httpx.AsyncClient(trust_env=False, timeout=10)
        self._count = count(1)

    async def close(self) -> None:
        await self._http.aclose()

    async def command(self, user: str, channel: str, text: str, **more: Any) -> Answer:
        return await self.sends("slash_commands", self.command_of(user, channel, text, **more))

    def command_of(self, user: str, channel: str, text: str, **more: Any) -> Json:
        return {
            "token": "deprecated",
            "team_id": TEAM,
            "team_domain": "team",
            "channel_id": channel,
            "channel_name": "directmessage" if channel.startswith("D") else "general",
            "user_id": user,
            "user_name": user.lower(),
            "command": "/phone",
            "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.slack.response_url(channel, user),
            "trigger_id": self.slack.trigger(),
            **more,
        }

    async def event(self, user: str, channel: str, text: str, **more: Any) -> Answer:
        return await self.sends("events_api", self.event_of(user, channel, text, **more))

    def event_of(self, user: str, channel: str, text: str, **more: Any) -> Json:
        ts = f"{self.now():.6f}"
        direct = channel.startswith("D")
        event = {
            "type": "message" if direct else "app_mention",
            "channel": channel,
            "user": user,
            "text": text if direct else f"<@{BOT_USER}> {text}",
            "ts": ts,
            "event_ts": ts,
            "team": TEAM,
            **({"channel_type": "im"} if direct else {}),
            **more,
        }
        return self.envelope_of(event)

    def envelope_of(self, event: Json) -> Json:
        return {
            "token": "deprecated",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event_id": f"Ev{next(self._count)}",
            "event_time": int(self.now()),
            "is_ext_shared_channel": False,
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            "event": event,
        }

    async def press(self, user: str, message: Message, button: Json, **more: Any) -> Answer:
        return await self.sends("interactive", self.press_of(user, message, button, **more))

    def press_of(self, user: str, message: Message, button: Json, **more: Any) -> Json:
        return {
            "type": "block_actions",
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "team"},
            "user": {"id": user, "team_id": TEAM},
            "channel": {"id": message.channel, "name": "general"},
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": message.user is not None,
                **({"thread_ts": message.thread} if message.thread else {}),
            },
            "trigger_id": self.slack.trigger(),
            "response_url": self.slack.response_url(message.channel, user),
            "actions": [
                {
                    "type": "button",
                    "action_id": button["action_id"],
                    "block_id": "b",
                    "action_ts": f"{self.now():.6f}",
                    **({"value": button["value"]} if "value" in button else {}),
                }
            ],
            **more,
        }

    def home_press_of(self, user: str, button: Json) -> Json:
        view = self.slack.homes[user]
        message = Message("", "", "", [])
        payload = self.press_of(user, message, button, view=view, container={"type": "view"})
        return {name: value for name, value in payload.items() if name not in ("channel", "response_url")}

    async def shortcut(self, user: str, callback_id: str, **more: Any) -> Answer:
        payload = {
            "type": "shortcut",
            "callback_id": callback_id,
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "trigger_id": self.slack.trigger(),
            "action_ts": f"{self.now():.6f}",
            **more,
        }
        return await self.sends("interactive", payload)

    async def submit(self, user: str, view: Json, values: Json) -> Answer:
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "view": {**view, "state": {"values": values}},
            "trigger_id": self.slack.trigger(),
        }
        return await self.sends("interactive", payload)

    async def sends(self, kind: str, payload: Json, **headers: str) -> Answer:
        if self.app is None:
            return await self._over_socket(kind, payload)
        if kind == "events_api":
            body, type_ = json.dumps(payload).encode(), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, type_ = urlencode(form).encode(), "application/x-www-form-urlencoded"
        return await self.posts(body, type_, **headers)

    async def posts(
        self, body: bytes, type_: str, *, secret: str = SECRET, stamp: str | None = None, **headers: str
    ) -> Answer:
        assert self.app is not None
        stamp = str(int(self.now())) if stamp is None else stamp
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, stamp, body)}
        began = time.perf_counter()
        sent = {
            "Content-Type": type_,
            **signed,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        reply = await self._http.post(self.app, content=body, headers=sent)
        return Answer(reply.status_code, reply.text, time.perf_counter() - began, dict(reply.headers))

    async def _over_socket(self, kind: str, payload: Json) -> Answer:
        await self.slack.until(lambda: self.slack.sockets)
        id = f"env{next(self._count)}"
        envelope = {"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": True}
        began = time.perf_counter()
        await self.slack.sockets[-1].send_str(json.dumps(envelope))
        await self.slack.until(lambda: id in self.slack.acks)
        said = self.slack.acks[id].get("payload", {})
        return Answer(200, str(said.get("text", "")), time.perf_counter() - began)
