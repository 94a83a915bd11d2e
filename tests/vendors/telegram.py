"""A strict Telegram: the Bot API over HTTP on loopback, with people, groups, faults and floods behind it.

It refuses what Telegram refuses, and judges by itself: nothing in here comes from the library under test.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.web.server import serving
from tests.vendors.telegram_judges import Refused, markup_of, text_of, units

TOKEN = "4242:TEST-token_of-nobody"
BOT = {"id": 4242, "is_bot": True, "first_name": "Patchline", "username": "PatchlineTestBot"}

Json = dict[str, Any]

PARAMETERS = {
    "getMe": (),
    "getUpdates": ("offset", "limit", "timeout", "allowed_updates"),
    "setWebhook": ("url", "secret_token", "allowed_updates", "max_connections", "drop_pending_updates"),
    "deleteWebhook": ("drop_pending_updates",),
    "getWebhookInfo": (),
    "sendMessage": (
        "chat_id", "text", "parse_mode", "message_thread_id", "reply_markup", "link_preview_options",
    ),
    "editMessageText": (
        "chat_id", "message_id", "text", "parse_mode", "reply_markup", "link_preview_options",
    ),
    "answerCallbackQuery": ("callback_query_id", "text", "show_alert"),
    "sendVoice": ("chat_id", "voice", "caption", "message_thread_id", "protect_content"),
    "sendAudio": ("chat_id", "audio", "caption", "title", "message_thread_id", "protect_content"),
    "sendDocument": ("chat_id", "document", "caption", "message_thread_id", "protect_content"),
    "setMyCommands": ("commands", "scope", "language_code"),
    "getMyCommands": ("scope", "language_code"),
}  # fmt: skip


@dataclass
class Person:
    """Somebody with Telegram. `started`: has opened a chat with the bot; `blocked` the bot since."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    phone: str = ""
    started: bool = True
    blocked: bool = False
    no_voice: bool = False

    def json(self) -> Json:
        found: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        found |= {"last_name": self.last_name} if self.last_name else {}
        return found | ({"username": self.username} if self.username else {})


@dataclass
class Group:
    """`topics` makes it a forum. `moved_to`: it has become that supergroup. `kicked`: the bot is out."""

    id: int
    title: str
    topics: set[int] = field(default_factory=set)
    moved_to: int | None = None
    kicked: bool = False

    def json(self) -> Json:
        kind = "supergroup" if self.id < -1_000_000_000_000 else "group"
        found: Json = {"id": self.id, "type": kind, "title": self.title}
        return found | ({"is_forum": True} if self.topics else {})


@dataclass
class Shown:
    """A message of the bot, as it stands now; `said` is every text that it has had."""

    chat: int
    id: int
    thread: int | None
    text: str
    markup: Json | None
    date: int
    said: list[str] = field(default_factory=list)
    file: str = ""
    kind: str = "text"
    protected: bool = False

    @property
    def buttons(self) -> list[Json]:
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


class Telegram:
    """`now` and `boot` are the clock that floods are judged by; `jitter` is how much later, in its seconds,
    one message may arrive than the next: milliseconds of the loopback are many on a clock that runs fast."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        boot: Callable[[], float],
        flood: bool = True,
        jitter: float = 0.02,
    ) -> None:
        self.now, self.boot, self.flood, self.jitter = now, boot, flood, jitter
        self.address = ""
        self.courier = httpx.AsyncClient(trust_env=False, verify=False)  # noqa: S501 - nothing here is encrypted
        self.door: str | None = None
        """Where webhook addresses lead on this machine."""
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}
        self.shown: list[Shown] = []
        self.answers: dict[str, Json] = {}
        self.calls: list[tuple[str, Json]] = []
        self.wire: list[str] = []
        self.refusals: list[str] = []
        self.floods = 0
        self.commands: dict[tuple[str, str], Any] = {}
        self.webhook: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        self.secret = ""
        self.waiting: list[Json] = []
        self.faults: list[tuple[str, Callable[[], Response]]] = []
        self.lost_methods: set[str] = set()
        self._pollers = 0
        self._news = asyncio.Event()
        self._updates = count(870_000_001)
        self._messages = count(100)
        self._queries = count(1)
        self._open: dict[str, str] = {}
        self._times: dict[int, list[float]] = {}

    # --- who is there -------------------------------------------------------------------------

    def person(self, id: int = 1001, first_name: str = "Sam", **more: Any) -> Person:
        self.people[id] = Person(id, first_name, **more)
        return self.people[id]

    def group(self, id: int = -5001, title: str = "Team", **more: Any) -> Group:
        self.groups[id] = Group(id, title, **more)
        return self.groups[id]

    # --- what people do -----------------------------------------------------------------------

    def message(
        self, who: Person, where: Person | Group, text: str | None = None, *, age: float = 0, **more: Any
    ) -> Json:
        """An update with a message; entities are found as Telegram finds them, unless given."""
        chat = where.json() if isinstance(where, Group) else _private(where)
        thread = more.pop("thread", None)
        said: Json = {
            "message_id": next(self._messages),
            "from": who.json(),
            "chat": chat,
            "date": int((self.now() - timedelta(seconds=age)).timestamp()),
        }
        if text is not None:
            said |= {"text": text}
            entities = more.pop("entities", None) or _entities(text)
            said |= {"entities": entities} if entities else {}
        if thread is not None:
            said |= {"message_thread_id": thread, "is_topic_message": True}
        return {"update_id": next(self._updates), "message": said | more}

    def press(self, who: Person, shown: Shown, label: str) -> Json:
        """An update with a press of that button."""
        button = next((each for each in shown.buttons if each["text"] == label), None)
        if button is None:
            raise AssertionError(f"no button {label!r} among {[each['text'] for each in shown.buttons]}")
        query = f"{next(self._queries)}"
        self._open[query] = "open"
        return {
            "update_id": next(self._updates),
            "callback_query": {
                "id": query,
                "from": who.json(),
                "chat_instance": "1",
                "data": button["callback_data"],
                "message": self._json(shown),
            },
        }

    def forget_presses(self) -> None:
        """They are too old to be answered."""
        self._open = dict.fromkeys(self._open, "old")

    def migrate(self, group: Group, to: int) -> list[Json]:
        """The group becomes a supergroup; both chats tell."""
        group.moved_to = to
        new = self.group(to, group.title)
        admin = next(iter(self.people.values()))
        return [
            self.message(admin, group, migrate_to_chat_id=to),
            self.message(admin, new, migrate_from_chat_id=group.id),
        ]

    async def deliver(self, *updates: Json) -> list[int]:
        """By webhook or to whoever polls; the statuses of the webhook."""
        if not self.webhook["url"]:
            self.waiting += updates
            self._news.set()
            return []
        return [await self._insisting(update) for update in updates]

    async def _insisting(self, update: Json) -> int:
        """What is not taken is sent again, as Telegram does for hours."""
        for _ in range(200):
            status = await self.push(update)
            if 200 <= status < 300:
                return status
            await asyncio.sleep(0.01)
        raise AssertionError("never taken")

    async def push(self, update: Json, *, secret: str | None = None, body: bytes | None = None) -> int:
        url = self.webhook["url"]
        parts = urlsplit(url)
        target = f"{self.door}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        headers = {"content-type": "application/json"}
        given = self.secret if secret is None else secret
        if given:
            headers["X-Telegram-Bot-Api-Secret-Token"] = given
        content = json.dumps(update).encode() if body is None else body
        reply = await self.courier.post(target, content=content, headers=headers, timeout=20)
        return reply.status_code

    # --- what can be seen ---------------------------------------------------------------------

    def in_chat(self, where: Person | Group | int) -> list[Shown]:
        chat = where if isinstance(where, int) else where.id
        return [each for each in self.shown if each.chat == chat]

    def called(self, method: str) -> list[Json]:
        return [parameters for name, parameters in self.calls if name == method]

    def alerts(self) -> list[str]:
        return [each["text"] for each in self.answers.values() if each.get("text")]

    # --- faults -------------------------------------------------------------------------------

    def fails(self, method: str, status: int, description: str, **parameters: Any) -> None:
        """The next call of that method is refused so."""

        def refused() -> Response:
            return _error(status, description, parameters or None)

        self.faults.append((method, refused))

    def _fault(self, method: str) -> Response | None:
        for n, (name, refused) in enumerate(self.faults):
            if name == method:
                del self.faults[n]
                return refused()
        return None

    # --- the API ------------------------------------------------------------------------------

    async def serve(self, request: Request) -> Response:
        body = await request.body()
        if request.path_params["token"] != TOKEN:
            return _error(401, "Unauthorized")
        method = request.path_params["method"]
        if method not in PARAMETERS:
            return _error(404, "Not Found")
        self.wire.append(body.decode("utf-8", "replace"))
        fault = self._fault(method)
        if fault is not None:
            return fault
        try:
            parameters = _parameters(request.headers.get("content-type", ""), body)
            _judge_names(method, parameters)
            self.calls.append((method, parameters))
            result = await getattr(self, f"_{method}")(parameters)
        except Refused as refused:
            if refused.status == 400 and refused.judged:
                self.refusals.append(f"{method}: {refused}")
            return _error(refused.status, str(refused), refused.parameters)
        if method in self.lost_methods:
            self.lost_methods.discard(method)
            # Done, and nobody is told: the connection breaks in the middle of the answer.
            return Response(b"{", headers={"content-length": "1000"})
        return JSONResponse({"ok": True, "result": result})

    async def _getMe(self, _: Json) -> Json:  # noqa: N802 - as the API calls it
        return BOT | {"can_join_groups": True, "can_read_all_group_messages": False}

    async def _getUpdates(self, asked: Json) -> list[Json]:  # noqa: N802
        if self.webhook["url"]:
            raise Refused("Conflict: can't use getUpdates method while webhook is active", status=409)
        if self._pollers:
            raise Refused("Conflict: terminated by other getUpdates request", status=409)
        offset = int(asked.get("offset", 0))
        self.waiting = [each for each in self.waiting if each["update_id"] >= offset]
        self._pollers += 1
        try:
            if not self.waiting:
                self._news.clear()
                async with asyncio.timeout(min(int(asked.get("timeout", 0)), 0.5)):
                    await self._news.wait()
        except TimeoutError:
            return []
        finally:
            self._pollers -= 1
        return self.waiting[: int(asked.get("limit", 100))]

    async def _setWebhook(self, asked: Json) -> bool:  # noqa: N802
        parts = urlsplit(asked["url"])
        if parts.scheme != "https" or (parts.port or 443) not in (443, 80, 88, 8443):
            raise Refused("Bad Request: bad webhook: HTTPS url must be provided for webhook")
        secret = asked.get("secret_token", "")
        if not 1 <= len(secret) <= 256 or not all(char.isalnum() or char in "_-" for char in secret):
            raise Refused("Bad Request: secret token contains unallowed characters")
        self.secret = secret
        self.webhook |= {"url": asked["url"], "allowed_updates": json.loads(asked["allowed_updates"])}
        return True

    async def _deleteWebhook(self, asked: Json) -> bool:  # noqa: N802
        if asked.get("drop_pending_updates") == "true":
            self.waiting.clear()
        self.webhook["url"] = ""
        return True

    async def _getWebhookInfo(self, _: Json) -> Json:  # noqa: N802
        return self.webhook

    async def _sendMessage(self, asked: Json) -> Json:  # noqa: N802
        chat = self._chat(asked)
        text = text_of(asked.get("text", ""), asked.get("parse_mode"))
        markup = markup_of(asked.get("reply_markup"), private=chat > 0)
        return self._json(self._show(chat, asked, text, markup))

    async def _editMessageText(self, asked: Json) -> Json:  # noqa: N802
        chat = self._chat(asked)
        shown = next((e for e in self.shown if (e.chat, e.id) == (chat, int(asked["message_id"]))), None)
        if shown is None:
            raise Refused("Bad Request: message to edit not found", judged=False)
        text = text_of(asked.get("text", ""), asked.get("parse_mode"))
        markup = markup_of(asked.get("reply_markup"), private=chat > 0)
        if (text, markup) == (shown.text, shown.markup):
            raise Refused(
                "Bad Request: message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message",
                judged=False,
            )
        shown.text, shown.markup = text, markup
        shown.said.append(text)
        return self._json(shown)

    async def _answerCallbackQuery(self, asked: Json) -> bool:  # noqa: N802
        query = asked["callback_query_id"]
        if self._open.get(query) != "open":
            raise Refused(
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
                judged=self._open.get(query) == "answered",
            )
        if units(asked.get("text", "")) > 200:
            raise Refused("Bad Request: MESSAGE_TOO_LONG")
        self._open[query] = "answered"
        self.answers[query] = asked
        return True

    async def _sendVoice(self, asked: Json) -> Json:  # noqa: N802
        return self._audio(asked, "voice")

    async def _sendAudio(self, asked: Json) -> Json:  # noqa: N802
        return self._audio(asked, "audio")

    async def _sendDocument(self, asked: Json) -> Json:  # noqa: N802
        return self._audio(asked, "document")

    def _audio(self, asked: Json, kind: str) -> Json:
        chat = self._chat(asked)
        if kind == "voice" and chat > 0 and self.people[chat].no_voice:
            raise Refused("Bad Request: VOICE_MESSAGES_FORBIDDEN", judged=False)
        if units(asked.get("caption", "")) > 1024:
            raise Refused("Bad Request: message caption is too long")
        shown = self._show(chat, asked, asked.get("caption", ""), None)
        shown.file, shown.kind = asked[kind]["filename"], kind
        shown.protected = asked.get("protect_content") in ("true", "True")
        return self._json(shown)

    async def _setMyCommands(self, asked: Json) -> bool:  # noqa: N802
        commands = json.loads(asked["commands"])
        for each in commands:
            name = each["command"]
            plain = name.isascii() and name.islower() and name.replace("_", "a").isalnum()
            if not (plain and 1 <= len(name) <= 32 and 1 <= len(each["description"]) <= 256):
                raise Refused("Bad Request: BOT_COMMAND_INVALID")
        self.commands[_scope(asked)] = commands
        return True

    async def _getMyCommands(self, asked: Json) -> Any:  # noqa: N802
        return self.commands.get(_scope(asked), [])

    # --- how ----------------------------------------------------------------------------------

    def _chat(self, asked: Json) -> int:
        chat = int(asked["chat_id"])
        group, person = self.groups.get(chat), self.people.get(chat)
        if group is not None and group.moved_to is not None:
            raise Refused(
                "Bad Request: group chat was upgraded to a supergroup chat",
                judged=False,
                parameters={"migrate_to_chat_id": group.moved_to},
            )
        if group is not None and group.kicked:
            raise Refused("Forbidden: bot was kicked from the group chat", status=403)
        if person is not None and person.blocked:
            raise Refused("Forbidden: bot was blocked by the user", status=403)
        if person is not None and not person.started:
            raise Refused("Forbidden: bot can't initiate conversation with a user", status=403)
        if group is None and person is None:
            raise Refused("Bad Request: chat not found", judged=False)
        self._topic(asked, group)
        self._count(chat)
        return chat

    def _topic(self, asked: Json, group: Group | None) -> None:
        thread = asked.get("message_thread_id")
        if thread is not None and (group is None or int(thread) not in group.topics):
            raise Refused("Bad Request: message thread not found", judged=False)

    def _count(self, chat: int) -> None:
        """30 a second in all, one a second in a chat, 20 a minute in a group."""
        now = self.boot()
        times = self._times.setdefault(chat, [])
        second, minute = now - 1 + self.jitter, now - 60 + self.jitter
        everywhere = [each for those in self._times.values() for each in those if each > second]
        too_fast = any(each > second for each in times) or len(everywhere) >= 30
        too_many = chat < 0 and sum(each > minute for each in times) >= 20
        if self.flood and (too_fast or too_many):
            self.floods += 1
            after = 1 if not too_many else 10
            raise Refused(
                f"Too Many Requests: retry after {after}", status=429, parameters={"retry_after": after}
            )
        times.append(now)

    def _show(self, chat: int, asked: Json, text: str, markup: Json | None) -> Shown:
        thread = asked.get("message_thread_id")
        shown = Shown(
            chat=chat,
            id=next(self._messages),
            thread=int(thread) if thread else None,
            text=text,
            markup=markup,
            date=int(self.now().timestamp()),
            said=[text],
        )
        self.shown.append(shown)
        return shown

    def _json(self, shown: Shown) -> Json:
        group = self.groups.get(shown.chat)
        chat = group.json() if group else _private(self.people[shown.chat])
        found: Json = {
            "message_id": shown.id,
            "from": BOT,
            "chat": chat,
            "date": shown.date,
            "text": shown.text,
        }
        if shown.thread:
            found |= {"message_thread_id": shown.thread, "is_topic_message": True}
        if shown.markup and "inline_keyboard" in shown.markup:
            found |= {"reply_markup": shown.markup}
        return found


@asynccontextmanager
async def telegram(**more: Any) -> AsyncIterator[Telegram]:
    """A Telegram of one's own, listening."""
    world = Telegram(**more)
    app = Starlette(routes=[Route("/bot{token}/{method}", world.serve, methods=["GET", "POST"])])
    async with serving(app, host="127.0.0.1", port=0) as port:
        world.address = f"http://127.0.0.1:{port}"
        async with world.courier:
            yield world


def _judge_names(method: str, parameters: Json) -> None:
    unknown = set(parameters) - set(PARAMETERS[method])
    if unknown:
        raise Refused(f"unknown parameters {sorted(unknown)}")


def _private(person: Person) -> Json:
    return {"id": person.id, "type": "private", "first_name": person.first_name}


def _entities(text: str) -> list[Json]:
    """Commands and mentions, at word starts; places in UTF-16 code units."""
    found: list[Json] = []
    done = 0
    for word in text.split():
        start = text.index(word, done)
        done = start + len(word)
        bare = word.rstrip(".,:;!?")
        kind = {"/": "bot_command", "@": "mention"}.get(bare[0] if bare else "")
        if kind and len(bare) > 1:
            found.append({"type": kind, "offset": units(text[:start]), "length": units(bare)})
    return found


def _scope(asked: Json) -> tuple[str, str]:
    scope = json.loads(asked["scope"])["type"] if "scope" in asked else "default"
    return scope, asked.get("language_code", "")


def _parameters(content_type: str, body: bytes) -> Json:
    if content_type.startswith("multipart/"):
        return _parts(content_type, body)
    if content_type.startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    if len(pairs) != len(dict(pairs)):
        raise Refused("a parameter twice")
    return dict(pairs)


def _parts(content_type: str, body: bytes) -> Json:
    whole = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found: Json = {}
    for part in whole.get_payload():  # type: ignore[union-attr]
        name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
        content = part.get_payload(decode=True)  # type: ignore[union-attr]
        filename = part.get_filename()  # type: ignore[union-attr]
        found[str(name)] = {"filename": filename, "data": content} if filename else content.decode()  # type: ignore[union-attr]
    attached = {name: value for name, value in found.items() if isinstance(value, dict)}
    for name, value in list(found.items()):
        if isinstance(value, str) and value.startswith("attach://"):
            found[name] = attached[value.removeprefix("attach://")]
            del found[value.removeprefix("attach://")]
    return found


def _error(status: int, description: str, parameters: Mapping[str, Any] | None = None) -> Response:
    told: Json = {"ok": False, "error_code": status, "description": description}
    return JSONResponse(told | ({"parameters": parameters} if parameters else {}), status_code=status)
