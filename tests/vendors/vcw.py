"""A stand-in for voip-communications.net: takes an order as the real one does, and calls back once."""

import base64
import re
from collections.abc import Iterator, Mapping
from itertools import count

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.ports.clock import Clock
from tests.unit.recordings import wav
from tests.vendors.loopback import News, Service, form_of

KEY, PASSWORD = "made-up-key", "made-up-password"
DIGITS = re.compile(r"[1-9]\d{6,14}")
LANGUAGES = {"en-GB", "en-US", "fr-FR", "de-DE", "it-IT", "pt-BR", "ru-RU", "es-ES", "es-US"}
ACTIONS = {"answer_play", "answer_speak", "answer_tts", "answer_ivr", "answer_dial_to"}
KNOWN = ACTIONS | {
    "from", "to", "call_date", "record", "callback_url", "answer_speak_lang", "answer_tts_voice",
    "answer_dial_from", "answer_dial_tone_url", "answermachine_play", "answermachine_speak",
    "answermachine_speak_lang", "answermachine_tts", "answermachine_tts_voice", "answermachine_sms",
    "answermachine_sms_from",
}  # fmt: skip
NUMBERS = ("from", "to", "answer_dial_to", "answer_dial_from", "answermachine_sms_from")
LINKS = ("callback_url", "answer_play", "answer_dial_tone_url", "answermachine_play")
PAIRS = (
    ("answer_speak", "answer_speak_lang"),
    ("answer_tts", "answer_tts_voice"),
    ("answermachine_speak", "answermachine_speak_lang"),
    ("answermachine_tts", "answermachine_tts_voice"),
    ("answer_dial_from", "answer_dial_to"),
    ("answer_dial_tone_url", "answer_dial_to"),
    ("answermachine_sms_from", "answermachine_sms"),
)


class VcwService(Service):
    """One endpoint of one account."""

    def __init__(self, clock: Clock, news: News | None = None) -> None:
        super().__init__(clock, news)
        self.orders: dict[str, dict[str, str]] = {}
        self.texts: list[dict[str, str]] = []
        self.wrong: list[str] = []
        self.files: dict[str, bytes] = {}
        self.body_failure: Mapping[str, object] | None = None
        self._count = count(1)

    async def take(self, method: str, request: Request) -> Response:
        if method in self.files:
            assert "authorization" not in request.headers, "a key was shown where none is due"
            return Response(self.files[method], media_type="audio/wav")
        login = base64.b64encode(f"{KEY}:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return _failure(401, "bad credentials")
        if request.method != "POST":
            return _failure(405, "wrong method")
        given = await form_of(request)
        if self.body_failure is not None:
            return JSONResponse(self.body_failure)
        match method:
            case "pcall/call":
                return self._call(given)
            case "sms/send":
                return self._text(given)
            case _:
                return _failure(404, "no such thing")

    def _call(self, given: dict[str, str]) -> Response:
        wrong = _wrong(given)
        if wrong:
            self.wrong.append(wrong)
            return _failure(400, wrong)
        call_id = f"48126{next(self._count):022d}"
        self.orders[call_id] = given
        return JSONResponse({"data": {**given, "code": 200, "code_desc": "", "callid": call_id}})

    def _text(self, given: dict[str, str]) -> Response:
        if not given.get("msg") or not DIGITS.fullmatch(given.get("to", "")):
            return _failure(400, "to and msg are required")
        self.texts.append(given)
        entry = {"code": 200, "code_desc": "", **given, "type": "BULKSMS", "smsid": f"m{next(self._count)}"}
        return JSONResponse({"send_log": [entry]})

    @staticmethod
    def sound() -> bytes:
        """A recording."""
        return wav(5)

    @property
    def order(self) -> dict[str, str]:
        """The only order there is."""
        [order] = self.orders.values()
        return order

    async def finishes(self, answered_by: str, seconds: int, **more: str) -> None:
        """The call of the only order is over."""
        [(call_id, given)] = self.orders.items()
        if "callback_url" in given:
            told = {"callid": call_id, "to": given["to"], "answer_status": answered_by}
            await self.post(given["callback_url"], {**told, "billed_seconds": str(seconds), **more})


def _wrong(given: Mapping[str, str]) -> str:
    """What is wrong first; empty when nothing is."""
    return next(iter(_mistakes(given)), "")


def _mistakes(given: Mapping[str, str]) -> Iterator[str]:
    yield from (f"unknown: {name}" for name in given.keys() - KNOWN)
    if "to" not in given:
        yield "to is required"
    there = given.keys()
    yield from (
        f"{name} is no number" for name in NUMBERS if name in there and not DIGITS.fullmatch(given[name])
    )
    yield from (f"{name} is no URL" for name in LINKS if name in there and not given[name].startswith("http"))
    yield from (f"{name} needs {more}" for name, more in PAIRS if name in there and not given.get(more))
    for name in ("answer_speak_lang", "answermachine_speak_lang"):
        if given.get(name, "en-GB") not in LANGUAGES:
            yield f"{name} is no language"
    if given.get("record", "NO") not in ("YES", "NO"):
        yield "record is YES or NO"
    if not there & ACTIONS:
        yield "one answer option is required"


def _failure(code: int, words: str) -> Response:
    return JSONResponse({"data": {"code": code, "code_desc": words}}, status_code=code)
