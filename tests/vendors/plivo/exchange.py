"""Plivo's switch: legs, what runs on them, and what is told of them. Everything happens at once, except what
a phone waits for: `vendor.hang_up(number)`, `vendor.pick_up(number)`."""

import asyncio
import itertools
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree.ElementTree import Element

import httpx

from tests.vendors.plivo import grammar, signing

CONSOLE = timezone(timedelta(hours=5, minutes=30))
RATE = 0.012
CODES = {
    1000: ("Canceled", "ORIGINATOR_CANCEL", "cancel"),
    3000: ("No Answer", "NO_ANSWER", "no-answer"),
    3010: ("Busy Line", "USER_BUSY", "busy"),
    3020: ("Rejected", "CALL_REJECTED", "failed"),
    3050: ("Unallocated number", "UNALLOCATED_NUMBER", "failed"),
    4000: ("Normal Hangup", "NORMAL_CLEARING", "completed"),
    4010: ("End Of XML Instructions", "NORMAL_CLEARING", "completed"),
    6010: ("Ring Timeout Reached", "NO_ANSWER", "timeout"),
    7011: ("Error Reaching Answer URL", "NORMAL_TEMPORARY_FAILURE", "completed"),
    8011: ("Invalid Answer XML", "NORMAL_TEMPORARY_FAILURE", "completed"),
    9000: ("Lost Race", "LOSE_RACE", "cancel"),
    9100: ("Machine Detected", "NORMAL_CLEARING", "completed"),
    9110: ("Confirm Key Challenge Failed", "NORMAL_CLEARING", "completed"),
}


@dataclass(kw_only=True)
class Phone:
    """`does`: answers, machine, busy, rejects, no answer, unallocated, or rings on until `pick_up`.

    `presses` are the keys, one each time it is asked. As a caller it leaves `message` seconds and then hangs
    up, or `waits`.
    """

    does: str = "answers"
    presses: str = "1"
    message: float = 6.0
    waits: bool = False


REFUSALS = {"busy": 3010, "rejects": 3020, "no answer": 6010, "unallocated": 3050}


@dataclass(kw_only=True, eq=False)
class Leg:
    """One end. `free`: a leg that was rung by another one and lives on without it."""

    number: str
    ours: str
    direction: str = "outbound"
    urls: Mapping[str, Any] = field(default_factory=dict)
    parent: "Leg | None" = None
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered: datetime | None = None
    ended: datetime | None = None
    code: int = 0
    source: str = ""
    machine: bool = False
    free: bool = False
    mourned: bool = False
    asked: int = 0
    heard: list[str] = field(default_factory=list)
    room: "Room | None" = None
    session: str | None = None
    other: "Leg | None" = None
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    diverted: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    @property
    def seconds(self) -> int:
        until = self.ended or datetime.now(UTC)
        return int((until - self.answered).total_seconds()) if self.answered else 0


@dataclass(kw_only=True, eq=False)
class Room:
    name: str
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    members: dict[str, Leg] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)


class Exchange:
    """`faults`: the fate of the next callback with that Event or action name: lost, twice, late."""

    def __init__(self, account: str, token: str) -> None:
        self.account, self.token = account, token
        self.phones: dict[str, Phone] = {}
        self.legs: list[Leg] = []
        self.rooms: dict[str, Room] = {}
        self.texts: list[dict[str, Any]] = []
        self.recordings: dict[str, dict[str, Any]] = {}
        self.complaints: list[str] = []
        self.told: list[tuple[str, dict[str, str]]] = []
        self.faults: dict[str, str] = {}
        self.late: list[tuple[str, dict[str, str]]] = []
        self.media = ""
        self.news = asyncio.Event()
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()
        self._nonces = 0
        self._members = itertools.count(3900)

    async def close(self) -> None:
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            self.complaints.append(f"the exchange broke: {task.exception()!r}")
        self.happened()

    def happened(self) -> None:
        self.news.set()

    # --- the web ------------------------------------------------------------------------------

    async def post(self, url: str, form: Mapping[str, str], *, version: str = "v3") -> httpx.Response:
        self._nonces += 1
        nonce = f"{self._nonces:020}"
        if version == "v3":
            fitting = signing.v3(self.token, "POST", url, form, nonce)
            headers = {
                "X-Plivo-Signature-V3": f"{signing.v3('an older token', 'POST', url, form, nonce)},{fitting}",
                "X-Plivo-Signature-Ma-V3": fitting,
                "X-Plivo-Signature-V3-Nonce": nonce,
            }
        else:
            headers = {
                "X-Plivo-Signature-V2": signing.v2(self.token, url, nonce),
                "X-Plivo-Signature-V2-Nonce": nonce,
            }
        return await self._client.post(url, data=dict(form), headers=headers)

    async def tell(self, url: str | None, form: dict[str, str], name: str) -> None:
        """A notification."""
        if not url:
            return
        fate = self.faults.pop(name, "")
        if fate == "late":
            self.late.append((url, form))
        if fate in ("late", "lost"):
            return
        for _ in range(2 if fate == "twice" else 1):
            await self._deliver(url, form)

    async def _deliver(self, url: str, form: dict[str, str]) -> None:
        self.told.append((url, form))
        try:
            answer = await self.post(url, form)
        except httpx.HTTPError as problem:
            self.complaints.append(f"{form.get('Event')}: {problem!r}")
            return
        if not answer.is_success:
            self.complaints.append(f"{form.get('Event')}: {answer.status_code}")
        self.happened()

    async def deliver_late(self) -> None:
        waiting, self.late = self.late, []
        for url, form in waiting:
            await self._deliver(url, form)

    async def _fetch(self, leg: Leg, url: str, form: dict[str, str]) -> list[Element]:
        """The document there. Ends the leg where there is none."""
        fate = self.faults.pop(form.get("Event", ""), "")
        if fate == "twice":
            await self.post(url, form)
        tries = [] if fate == "lost" else [url] * 3
        for address in [*tries, *filter(None, [leg.urls.get("fallback_url")])]:
            try:
                answer = await self.post(address, form)
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                break
        else:
            self.complaints.append(f"no document at {url.partition('?')[0].rpartition('/')[2]}")
            self.end(leg, 7011, "Error")
            return []
        self.told.append((address, form))
        try:
            return grammar.parse(answer.content, answer.headers.get("content-type", ""))
        except grammar.Refused as wrong:
            self.complaints.append(str(wrong))
            self.end(leg, 8011, "Error")
            return []

    # --- forms --------------------------------------------------------------------------------

    def common(self, leg: Leg, **more: str) -> dict[str, str]:
        inbound = leg.direction == "inbound"
        status = "ringing" if leg.answered is None else "in-progress"
        ends = (leg.number, leg.ours) if inbound else (leg.ours, leg.number)
        form = {
            "CallUUID": leg.uuid,
            "From": ends[0].removeprefix("+"),
            "To": ends[1],
            "CallStatus": status,
            "Direction": leg.direction,
            "SessionStart": leg.began.strftime("%Y-%m-%d %H:%M:%S.%f"),
            "ParentAuthID": self.account,
            "STIRVerification": "Not Applicable",
        }
        if not inbound:
            form |= {"RequestUUID": leg.uuid, "ALegUUID": leg.uuid, "ALegRequestUUID": leg.uuid}
        if leg.machine:
            form["Machine"] = "true"
        for pair in filter(None, str(leg.urls.get("sip_headers") or "").split(",")):
            name, _, value = pair.partition("=")
            form[f"X-PH-{name}"] = value
        return {**form, **more}

    def _final(self, leg: Leg) -> dict[str, str]:
        name, legacy, status = CODES[leg.code]
        times = {"StartTime": leg.began, "AnswerTime": leg.answered, "EndTime": leg.ended}
        local = {key: at.astimezone(CONSOLE).strftime("%Y-%m-%d %H:%M:%S") for key, at in times.items() if at}
        minutes = -(-leg.seconds // 60) or (1 if leg.answered else 0)
        return {
            **self.common(leg),
            **local,
            "CallStatus": status,
            "Event": "Hangup",
            "Duration": str(leg.seconds),
            "BillDuration": str(minutes * 60),
            "BillRate": str(RATE),
            "TotalCost": f"{minutes * RATE:.5f}",
            "HangupCause": legacy,
            "HangupCauseCode": str(leg.code),
            "HangupCauseName": name,
            "HangupSource": leg.source,
        }

    # --- the life of a leg --------------------------------------------------------------------

    def end(self, leg: Leg, code: int, source: str) -> None:
        if not leg.gone.is_set():
            leg.code, leg.source, leg.ended = code, source, datetime.now(UTC)
            leg.gone.set()
            self.happened()

    def place(self, request: Mapping[str, Any]) -> Leg:
        leg = Leg(number=str(request["to"]), ours=str(request["from"]), urls=request)
        self.legs.append(leg)
        self.spawn(self._outbound(leg))
        return leg

    def receive(self, caller: str, did: str, app: Mapping[str, Any]) -> Leg:
        urls = {**app, "fallback_url": app.get("fallback_answer_url")}
        leg = Leg(number=caller, ours=did, direction="inbound", urls=urls)
        self.legs.append(leg)
        self.spawn(self._inbound(leg))
        return leg

    def phone(self, leg: Leg) -> Phone:
        return self.phones.get(leg.number, Phone())

    async def _outbound(self, leg: Leg) -> None:
        urls, phone = leg.urls, self.phone(leg)
        await self.tell(urls.get("ring_url"), self.common(leg, Event="Ring"), "Ring")
        await self._rings(leg)
        if not leg.gone.is_set():
            leg.answered = datetime.now(UTC)
            await self._answer(leg, phone)
        await self._close(leg)

    async def _answer(self, leg: Leg, phone: Phone) -> None:
        urls, detects = leg.urls, leg.urls.get("machine_detection")
        is_machine = phone.does == "machine" and bool(detects)
        if urls.get("machine_detection_url") and is_machine:
            leg.machine = True
            form = self.common(leg, Event="MachineDetection", IfMachine="hangup")
            await self.tell(urls["machine_detection_url"], form, "MachineDetection")
        leg.machine = is_machine
        if is_machine and detects == "hangup":
            self.end(leg, 9100, "Plivo")
            return
        await self._run(leg, str(urls["answer_url"]))

    async def _inbound(self, leg: Leg) -> None:
        await self._run(leg, str(leg.urls["answer_url"]))
        leg.answered = leg.answered or leg.began
        await self._close(leg)

    async def _rings(self, leg: Leg) -> None:
        """Until somebody picks up, or not."""
        does = self.phone(leg).does
        if does in REFUSALS:
            self.end(leg, REFUSALS[does], "Callee")
        elif does == "rings on":
            await self._either(leg.picked_up.wait(), leg.gone.wait())

    async def _either(self, *waits: Coroutine[Any, Any, Any]) -> None:
        tasks = [asyncio.create_task(each) for each in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, leg: Leg, url: str) -> None:
        """Documents, until the leg ends; other orders break off what runs."""
        event = "StartApp"
        while True:
            walking = asyncio.create_task(self._follow(leg, url, event))
            gone, diverted = (asyncio.create_task(each) for each in (leg.gone.wait(), leg.diverted.get()))
            await asyncio.wait({walking, gone, diverted}, return_when=asyncio.FIRST_COMPLETED)
            divert = diverted.done() and not leg.gone.is_set()
            finished = walking.done()
            for task in (walking, gone, diverted):
                if not task.done():
                    task.cancel()
            await asyncio.gather(walking, gone, diverted, return_exceptions=True)
            if finished and walking.exception():
                self.complaints.append(f"the exchange broke: {walking.exception()!r}")
            if not divert:
                break
            url, event = diverted.result(), "Redirect"
        self.end(leg, 4010, "Answer XML")

    async def _follow(self, leg: Leg, url: str, event: str) -> None:
        form = self.common(leg, Event=event)
        if leg.direction == "inbound" and leg.answered is None:
            form["CallStatus"] = "ringing"
        following: tuple[str, dict[str, str]] | None = (url, form)
        while following is not None and not leg.gone.is_set():
            elements = await self._fetch(leg, *following)
            following = await self._walk(leg, elements)

    async def _close(self, leg: Leg) -> None:
        if leg.session is not None:
            await self._keep(leg, leg.session, -1, {})
        await self.tell(leg.urls.get("hangup_url"), self._final(leg), "Hangup")
        self.happened()

    # --- documents ----------------------------------------------------------------------------

    async def _walk(self, leg: Leg, elements: list[Element]) -> tuple[str, dict[str, str]] | None:
        for element in elements:
            if element.tag != "PreAnswer":
                leg.answered = leg.answered or datetime.now(UTC)
            following = await self._element(leg, element)
            if following is not None or leg.gone.is_set():
                return following
        return None

    async def _element(self, leg: Leg, element: Element) -> tuple[str, dict[str, str]] | None:
        match element.tag:
            case "GetDigits":
                return self._get_digits(leg, element)
            case "Dial":
                return await self._dial(leg, element)
            case "Record":
                return await self._record(leg, element)
            case "Conference":
                await self._conference(leg, element)
            case "Hangup":
                self.end(leg, 4000, "Answer XML")
            case "Redirect":
                return str(element.text), self.common(leg, Event="Redirect")
            case "Message":
                self.texts.append({**element.attrib, "text": element.text})
            case _:
                self._hear(leg, element)
        return None

    def _hear(self, leg: Leg, element: Element) -> None:
        match element.tag:
            case "Speak":
                leg.heard.append(element.text or "")
            case "Play":
                leg.heard.extend([element.text or ""] * max(1, int(element.get("loop", "1"))))
            case "DTMF":
                leg.heard.append(f"digits {element.text}")
            case "Wait":
                leg.heard.append(f"wait {element.get('length')}")
            case "PreAnswer":
                for child in element:
                    self._hear(leg, child)
        self.happened()

    def _key(self, leg: Leg) -> str:
        phone = self.phone(leg)
        leg.asked += 1
        pressed = phone.presses if phone.does != "machine" else ""
        return pressed[min(leg.asked, len(pressed)) - 1] if pressed else ""

    def _get_digits(self, leg: Leg, element: Element) -> tuple[str, dict[str, str]] | None:
        for child in element:
            self._hear(leg, child)
        key = self._key(leg)
        if not key:
            return None
        return element.attrib["action"], self.common(leg, Event="Redirect", Digits=key)

    # --- Dial ---------------------------------------------------------------------------------

    async def _dial(self, leg: Leg, dial: Element) -> tuple[str, dict[str, str]] | None:
        if dial.get("dialMusic", "real") != "real":
            for sound in await self._fetch(leg, dial.attrib["dialMusic"], self.common(leg)):
                self._hear(leg, sound)
        taken: asyncio.Queue[Leg] = asyncio.Queue()
        ours = dial.get("callerId") or leg.ours
        rung = [Leg(number=str(each.text), ours=ours, parent=leg) for each in dial]
        self.legs.extend(rung)
        ringing = [asyncio.create_task(self._ring(each, dial, taken)) for each in rung]
        try:
            await self._either(
                self._first(taken), self._all(ringing), asyncio.sleep(int(dial.get("timeout", "120")))
            )
            winner = None if taken.empty() else taken.get_nowait()
            for each in rung:
                if each is not winner:
                    self.end(each, 9000 if winner else 6010, "Plivo")
            if winner is not None:
                await self._bridge(leg, winner, dial)
            return await self._dial_is_over(leg, dial, winner, rung)
        finally:
            for task in ringing:
                task.cancel()
            await asyncio.gather(*ringing, return_exceptions=True)
            for each in rung:
                if not each.free:
                    self.end(each, 4000 if each.answered else 1000, "Caller")
                if each.gone.is_set() and each.answered and not each.mourned:
                    self.spawn(self._tell_leg(each, dial, "hangup"))

    async def _first(self, taken: "asyncio.Queue[Leg]") -> None:
        taken.put_nowait(await taken.get())

    async def _all(self, tasks: list["asyncio.Task[None]"]) -> None:
        await asyncio.gather(*tasks)

    async def _ring(self, leg: Leg, dial: Element, taken: "asyncio.Queue[Leg]") -> None:
        await self._rings(leg)
        if leg.gone.is_set():
            return
        leg.answered = datetime.now(UTC)
        await self._tell_leg(leg, dial, "answer")
        if "confirmSound" in dial.attrib:
            for sound in await self._fetch(leg, dial.attrib["confirmSound"], self.common(leg)):
                self._hear(leg, sound)
        if "confirmKey" in dial.attrib and self._key(leg) != dial.attrib["confirmKey"]:
            self.end(leg, 9110, "Plivo")
            await self._tell_leg(leg, dial, "hangup")
            return
        if not leg.gone.is_set():
            taken.put_nowait(leg)

    async def _bridge(self, leg: Leg, winner: Leg, dial: Element) -> None:
        leg.other, winner.other = winner, leg
        await self._tell_leg(winner, dial, "connected")
        await self._either(winner.gone.wait(), self._waits_until_free(winner))
        if winner.gone.is_set():
            await self._tell_leg(winner, dial, "hangup")

    async def _waits_until_free(self, leg: Leg) -> None:
        url = await leg.diverted.get()
        self.go_free(leg, url)

    def go_free(self, leg: Leg, url: str) -> None:
        """From now on this leg has orders of its own."""
        leg.free = True
        self.spawn(self._alone(leg, url))

    async def _alone(self, leg: Leg, url: str) -> None:
        await self._run(leg, url)

    async def _tell_leg(self, leg: Leg, dial: Element, action: str) -> None:
        assert leg.parent is not None
        form = self.common(
            leg.parent,
            Event=f"Dial{action.capitalize()}",
            DialAction=action,
            DialALegUUID=leg.parent.uuid,
            DialBLegUUID=leg.uuid,
            DialBLegFrom=leg.ours,
            DialBLegTo=leg.number.removeprefix("+"),
            DialBLegStatus=action,
        )
        if action == "hangup":
            leg.mourned = True
            form |= {
                "DialBLegDuration": str(leg.seconds),
                "DialBLegBillDuration": "60",
                "DialBLegHangupCauseCode": str(leg.code),
                "DialBLegHangupCauseName": CODES[leg.code][0],
                "DialBLegHangupCause": CODES[leg.code][1],
            }
        await self.tell(dial.get("callbackUrl"), form, form["Event"])

    async def _dial_is_over(
        self, leg: Leg, dial: Element, winner: Leg | None, rung: list[Leg]
    ) -> tuple[str, dict[str, str]] | None:
        if "action" not in dial.attrib:
            return None
        one = winner or rung[0]
        # Whoever answered and did not press the key: completed, yet nobody was there.
        status = "completed" if winner or one.code == 9110 else CODES[one.code][2]
        form = self.common(
            leg,
            Event="Redirect",
            DialStatus=status,
            DialRingStatus="true",
            DialHangupCause=CODES[one.code][1] if one.code else "NORMAL_CLEARING",
            DialALegUUID=leg.uuid,
            DialBLegUUID=winner.uuid if winner else "",
        )
        return dial.attrib["action"], form

    # --- Record -------------------------------------------------------------------------------

    async def _record(self, leg: Leg, element: Element) -> tuple[str, dict[str, str]] | None:
        if element.get("recordSession") == "true":
            leg.session = element.attrib["callbackUrl"]
            return None
        leg.heard.append("beep")
        phone = self.phone(leg)
        if not phone.message:
            self.end(leg, 4000, "Caller")
            return None
        seconds = min(phone.message, float(element.get("maxLength", "60")))
        kept = await self._keep(leg, element.get("callbackUrl"), seconds, {})
        if not phone.waits:
            self.end(leg, 4000, "Caller")
            return None
        return element.attrib["action"], {**self.common(leg, Event="Redirect"), **kept, "Digits": "#"}

    async def _keep(self, leg: Leg, url: str | None, seconds: float, more: dict[str, str]) -> dict[str, str]:
        id = uuid.uuid4().hex
        self.recordings[id] = {
            "recording_id": id,
            "call_uuid": leg.uuid,
            "seconds": seconds if seconds > 0 else 4,
        }
        told = {
            "RecordUrl": f"{self.media}/{id}.mp3",
            "RecordingID": id,
            "RecordingDuration": str(int(seconds)),
            "RecordingDurationMs": str(int(seconds * 1000)) if seconds > 0 else "-1",
            "RecordingStartMs": "-1",
            "RecordingEndMs": "-1",
        }
        await self.tell(url, {"CallUUID": leg.uuid, "Event": "RecordStop", **told, **more}, "RecordStop")
        return told

    async def keep_by_order(self, leg: Leg, url: str | None) -> str:
        """A recording ordered through the API, told in its own spelling."""
        id = uuid.uuid4().hex
        self.recordings[id] = {"recording_id": id, "call_uuid": leg.uuid, "seconds": 5}
        form = {
            "api_id": "x",
            "call_uuid": leg.uuid,
            "record_url": f"{self.media}/{id}.mp3",
            "recording_id": id,
            "recording_duration": "5",
            "recording_duration_ms": "5000",
        }
        await self.tell(url, form, "Record")
        return id

    # --- Conference ---------------------------------------------------------------------------

    async def _conference(self, leg: Leg, element: Element) -> None:
        room = self.rooms.setdefault(str(element.text), Room(name=str(element.text)))
        member, is_first = str(next(self._members)), not room.members
        for each in room.members.values():
            each.heard.append("beep")
        room.members[member], leg.room = leg, room
        if is_first and "waitSound" in element.attrib:
            for sound in await self._fetch(leg, element.attrib["waitSound"], self.common(leg)):
                self._hear(leg, sound)
        if element.get("muted") == "true":
            room.muted.add(member)
        told = {"ConferenceName": room.name, "ConferenceUUID": room.uuid, "ConferenceMemberID": member}
        form = {**self.common(leg), **told, "ConferenceAction": "enter", "Event": "ConferenceEnter"}
        await self.tell(element.get("callbackUrl"), form, "ConferenceEnter")
        try:
            await asyncio.Event().wait()
        finally:
            del room.members[member]
            leg.room = None
            if not room.members:
                self.rooms.pop(room.name, None)
            form = {**told, "CallUUID": leg.uuid, "ConferenceAction": "exit", "Event": "ConferenceExit"}
            self.spawn(self.tell(element.get("callbackUrl"), form, "ConferenceExit"))

    # --- orders -------------------------------------------------------------------------------

    def transfer(self, leg: Leg, body: Mapping[str, Any]) -> None:
        other = leg.other
        if body.get("legs") == "both" and other is not None and not other.gone.is_set():
            # Whichever side was rung by the other one lives on by itself.
            child, url = (other, body["bleg_url"]) if other.parent is leg else (leg, body["aleg_url"])
            elder, its = (leg, body["aleg_url"]) if other.parent is leg else (other, body["bleg_url"])
            leg.other = other.other = None
            if not child.free:
                self.go_free(child, url)
            else:
                child.diverted.put_nowait(url)
            elder.diverted.put_nowait(its)
            return
        leg.other = None
        leg.diverted.put_nowait(str(body["aleg_url"]))
