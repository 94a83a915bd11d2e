"""Orders to a leg that is on the line. Whoever sits in a conference is reached through it: Plivo has one set
of addresses for members and another one for all others."""

from dataclasses import dataclass
from typing import Any, Final

from adapters.voice.plivo.api import Api, part
from adapters.voice.plivo.place import Place, Seal
from adapters.voice.plivo.request import METHOD, check_step, unsupported
from adapters.voice.plivo.tables import LACKING, LONGEST_RECORDING, speech, voice_of
from bot.domain.control import Capture, Control, Hold, Mute, Redirect, StopPlaying
from bot.domain.errors import Rejected
from bot.domain.flow import Conference, Feature, Play, Say, SendDigits
from bot.ports.voice import Hooks

LEG: Final = "aleg"
"""Of a call's two ends: the one that was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member of a conference, as its addresses name them."""

    room: str
    member: str

    @property
    def path(self) -> str:
        return f"Conference/{part(self.room)}/Member/{part(self.member)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Carries out orders on one account."""

    api: Api
    seal: Seal
    language: str

    async def carry_out(self, ref: str, order: Control, hooks: Hooks) -> None:
        """Raises Unsupported, Rejected when the leg is gone, Unavailable."""
        match order:
            case Redirect():
                await self._transfer(ref, order, hooks)
            case SendDigits():
                check_step(order)
                await self.api.post(f"Call/{part(ref)}/DTMF/", {"digits": order.digits, "leg": LEG})
            case Hold():
                raise unsupported(LACKING[Feature.HOLD])
            case Mute():
                await self._mute(ref, order)
            case Capture():
                await self._capture(ref, order, hooks)
            case StopPlaying():
                await self._silence(ref)
            case Say():
                await self._say(ref, order)
            case Play():
                await self._play(ref, order)

    async def seat(self, ref: str) -> Seat | None:
        """Where this leg sits, if it sits in a conference."""
        rooms = (await self.api.get("Conference/")).get("conferences") or ()
        for room in map(str, rooms):
            try:
                members = (await self.api.get(f"Conference/{part(room)}/")).get("members") or ()
            except Rejected:
                continue  # it has ended since
            for each in members:
                if each.get("call_uuid") == ref:
                    return Seat(room=room, member=str(each["member_id"]))
        return None

    async def _transfer(self, ref: str, order: Redirect, hooks: Hooks) -> None:
        """The other side of a conversation ends with it, unless it comes along into the same conference. Who
        that is will be known when its own order follows; until then it only takes its seat."""
        for step in order.flow.every_step():
            check_step(step)
        place = Place.start(hooks, orders=self.seal.close(order.flow))
        body: dict[str, Any] = {"legs": LEG, "aleg_url": place.url("orders"), "aleg_method": METHOD}
        if any(isinstance(step, Conference) for step in order.flow.steps):
            body |= {"legs": "both", "bleg_url": place.url("seat"), "bleg_method": METHOD}
        await self.api.post(f"Call/{part(ref)}/", body)

    async def _mute(self, ref: str, order: Mute) -> None:
        seat = await self.seat(ref)
        if seat is None:
            raise unsupported("it can mute people in conferences only")
        if order.on:
            await self.api.post(f"{seat.path}/Mute/", {})
        else:
            await self.api.gone(f"{seat.path}/Mute/")

    async def _capture(self, ref: str, order: Capture, hooks: Hooks) -> None:
        seat = await self.seat(ref)
        path = f"Conference/{part(seat.room)}/Record/" if seat else f"Call/{part(ref)}/Record/"
        if not order.on:
            await self.api.gone(path)
            return
        body = {
            "file_format": "mp3",
            "callback_url": Place.start(hooks).url("recording"),
            "callback_method": METHOD,
            "time_limit": None if seat else LONGEST_RECORDING,
        }
        await self.api.post(path, body)

    async def _silence(self, ref: str) -> None:
        seat = await self.seat(ref)
        path = seat.path if seat else f"Call/{part(ref)}"
        for what in ("Play", "Speak"):
            await self.api.gone(f"{path}/{what}/")

    async def _say(self, ref: str, order: Say) -> None:
        check_step(order)
        words = {
            "text": order.text,
            "voice": voice_of(order.voice),
            "language": speech(order.language or self.language) or order.language,
        }
        seat = await self.seat(ref)
        if seat:
            await self.api.post(f"{seat.path}/Speak/", words)
        else:
            await self.api.post(f"Call/{part(ref)}/Speak/", {**words, "legs": LEG, "mix": True})

    async def _play(self, ref: str, order: Play) -> None:
        check_step(order)
        seat = await self.seat(ref)
        if seat and order.times > 1:
            raise unsupported("in a conference it plays a file only once")
        if seat:
            await self.api.post(f"{seat.path}/Play/", {"url": order.url})
            return
        files = ",".join([order.url.replace(",", "%2C")] * order.times)
        await self.api.post(f"Call/{part(ref)}/Play/", {"urls": files, "legs": LEG, "mix": True})
