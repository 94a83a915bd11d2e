"""The lab's addresses. They answer to this machine's names alone, and a POST counts only from our page."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from adapters.chat.web import Entry, WebChat
from adapters.voice.simulator.refusal import Refusal
from adapters.web.lab import sounds
from adapters.web.lab.feed import Feed
from adapters.web.lab.stage import STRANGER, Stage
from adapters.web.plain import body_of
from adapters.web.sessions import Sessions, is_from_our_page
from bot.domain.errors import ProviderError
from bot.ports.clock import Clock

STATIC: Final = Path(__file__).parents[1] / "static"
OUR_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
PING: Final = 15.0
A_LONG_TIME: Final = timedelta(days=3650)
"""The lab's clock leaps; its own session must not end with it."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; media-src 'self' blob: https:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}

Handler = Callable[[Request], Awaitable[Response]]


class Lab:
    """One lab: its chat, its stage and the feed of both."""

    def __init__(
        self,
        *,
        chat: WebChat,
        stage: Stage,
        feed: Feed,
        sessions: Sessions,
        clock: Clock,
        templates: Environment,
        base_url: str,
    ) -> None:
        self._chat = chat
        self._stage = stage
        self._feed = feed
        self._sessions = sessions
        self._clock = clock
        self._page = templates.get_template("lab.html")
        self._base_url = base_url
        for entry in chat.transcript.entries:
            self._show(entry)
        chat.transcript.heard = self._show
        chat.transcript.forgot = lambda id: feed.put(f"chat:{id}", None)

    def _show(self, entry: Entry) -> None:
        said = {"id": entry.id, "kind": entry.kind, "at": entry.at, "body": entry.body}
        self._feed.put(f"chat:{entry.id}", said)

    @property
    def routes(self) -> list[BaseRoute]:
        """To stand in front of everything else: the page is at `/`."""
        posts: dict[str, Handler] = {
            "/lab/say": self._say,
            "/lab/press": self._press,
            "/lab/phones": self._add_phone,
            "/lab/calls": self._call_us,
            "/lab/legs/{ref}/keys": self._keys,
            "/lab/legs/{ref}/microphone": self._microphone,
            "/lab/legs/{ref}/voice": self._voice,
            "/lab/legs/{ref}/speech": self._speech,
            "/lab/legs/{ref}/{deed}": self._by_hand,
            "/lab/clock": self._move_clock,
            "/lab/trouble": self._trouble,
            "/lab/restart": self._restart,
        }
        return [
            Route("/", _local(self._home), methods=["GET"]),
            Route("/lab/feed-worker.js", _local(self._worker), methods=["GET"]),
            Route("/lab/events", _local(self._events), methods=["GET"]),
            Route("/lab/audio/{id}", _local(self._audio), methods=["GET"]),
            # The network plays these: whoever fetches them is no page of ours.
            Route("/lab/sounds/{name}.wav", self._sound, methods=["GET"]),
            *(Route(path, _ours(_plainly(deed)), methods=["POST"]) for path, deed in posts.items()),
        ]

    # --- what is shown ------------------------------------------------------------------------

    async def _home(self, _request: Request) -> Response:
        response = HTMLResponse(self._page.render(root="", base=self._base_url), headers=HEADERS)
        self._sessions.start(response, self._chat.seat.asker(), A_LONG_TIME)
        return response

    async def _worker(self, _request: Request) -> Response:
        """A worker obeys the policy that its own file comes with, not the page's."""
        return FileResponse(STATIC / "lab" / "feed-worker.js", headers=HEADERS)

    async def _events(self, request: Request) -> Response:
        boot, _, serial = request.headers.get("last-event-id", "").partition("-")
        known = int(serial) if boot == self._feed.boot and serial.isdecimal() else 0
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._told(known), media_type="text/event-stream", headers=headers)

    async def _told(self, serial: int) -> AsyncIterator[str]:
        yield "retry: 400\n\n"
        while True:
            items, serial = self._feed.after(serial)
            if items:
                said = json.dumps({"boot": self._feed.boot, "items": items})
                yield f"id: {self._feed.boot}-{serial}\ndata: {said}\n\n"
            else:
                yield ": still here\n\n"
            await self._feed.wait(serial, PING)

    async def _audio(self, request: Request) -> Response:
        audio = await self._chat.audio(request.path_params["id"])
        if audio is None:
            return Response(status_code=404)
        return Response(audio.data, media_type=audio.content_type)

    async def _sound(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        if name not in sounds.TUNES:
            return Response(status_code=404)
        return Response(sounds.wav(name), media_type="audio/wav")

    # --- what is done -------------------------------------------------------------------------

    async def _say(self, request: Request) -> Any:
        said = await _json(request)
        return {"taken": await self._chat.say(_text(said, "id"), _text(said, "text"))}

    async def _press(self, request: Request) -> Any:
        said = await _json(request)
        taken = await self._chat.press(_text(said, "id"), _text(said, "action"), _text(said, "label"))
        return {"taken": taken}

    async def _add_phone(self, request: Request) -> Any:
        said = await _json(request)
        phone = await self._stage.add_phone(_text(said, "name"), _text(said, "number"), _text(said, "kind"))
        await self._chat.say(_text(said, "id"), f"save {phone.name} as {phone.number}")

    async def _call_us(self, request: Request) -> Any:
        said = await _json(request)
        await self._stage.call_us(said.get("from") or STRANGER.number, _text(said, "to"))

    async def _by_hand(self, request: Request) -> Any:
        deed = self._stage.hands.get(request.path_params["deed"])
        if deed is None:
            raise Refusal(404, "unknown", "a phone has no such button")
        await deed(request.path_params["ref"])

    async def _keys(self, request: Request) -> Any:
        await self._stage.press_keys(request.path_params["ref"], _text(await _json(request), "digits"))

    async def _microphone(self, request: Request) -> Any:
        await self._stage.microphone(request.path_params["ref"], bool((await _json(request)).get("on")))

    async def _voice(self, request: Request) -> Any:
        await self._stage.voice(request.path_params["ref"], await body_of(request))

    async def _speech(self, request: Request) -> Any:
        await self._stage.speak(request.path_params["ref"], _text(await _json(request), "text"))

    async def _move_clock(self, request: Request) -> Any:
        match await _json(request):
            case {"speed": int() | float() as speed}:
                await self._stage.run_clock(float(speed))
            case {"to": str(to)}:
                await self._stage.jump(datetime.fromisoformat(to))
            case {"wall": [int(hour), int(minute), int(second)]}:
                await self._stage.jump_to_wall(hour, minute, second)
            case _:
                raise ValueError("say {speed}, {to} or {wall}")

    async def _trouble(self, request: Request) -> Any:
        names = (await _json(request)).get("on")
        if not isinstance(names, list):
            raise TypeError("say {on: […]}")
        await self._stage.make_trouble(frozenset(map(str, names)))

    async def _restart(self, _request: Request) -> Any:
        self._stage.restart()


# --- who may ----------------------------------------------------------------------------------------


def _local(handler: Handler) -> Handler:
    """A name that is not this machine's own is somebody else's page trying to be this one."""

    async def asked(request: Request) -> Response:
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if host not in OUR_NAMES:
            return _problem(421, "The phone lab answers on this machine alone.")
        return await handler(request)

    return asked


def _ours(handler: Handler) -> Handler:
    async def asked(request: Request) -> Response:
        if not is_from_our_page(request):
            return _problem(403, "This did not come from the lab's own page.")
        return await handler(request)

    return _local(asked)


def _plainly(deed: Callable[[Request], Awaitable[Any]]) -> Handler:
    """The deed's answer as JSON, and what goes wrong as a sentence."""

    async def asked(request: Request) -> Response:
        try:
            done = await deed(request)
        except Refusal as refusal:
            return _problem(refusal.status, refusal.detail)
        except (ValueError, TypeError) as mistake:
            return _problem(400, str(mistake))
        except ProviderError:
            return _problem(503, "The simulated network does not answer. Try again in a moment.")
        return JSONResponse(done if done is not None else {})

    return asked


def _problem(status: int, words: str) -> Response:
    return JSONResponse({"problem": words}, status_code=status)


async def _json(request: Request) -> dict[str, Any]:
    said = json.loads(await body_of(request))
    if not isinstance(said, dict):
        raise TypeError("say it as a JSON object")
    return said


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise TypeError(f"{name} is missing")
    return value
