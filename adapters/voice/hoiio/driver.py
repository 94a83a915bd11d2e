"""The Hoiio driver. Two phones are connected by one request, a conference by one a member; everything else is
a call that we lead block by block (`leading.py`)."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import httpx

from adapters.voice.hoiio import blocks, notices, renting
from adapters.voice.hoiio.api import Api, Fields, Record, listed, number, priced, record, text, whole, written
from adapters.voice.hoiio.leading import Leader
from adapters.voice.hoiio.places import Addresses, Place, What
from adapters.voice.hoiio.refusals import is_led, refusals
from adapters.voice.hoiio.tables import FEATURES, GONE, LACKING, LIMITS, NAME
from adapters.wire import http
from bot.config.values import is_private_url
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import Money
from bot.domain.control import Control, Mute
from bot.domain.errors import BadSignature, Rejected, Unavailable, Unsupported
from bot.domain.flow import CallFlow, LegRole
from bot.domain.leg import LegEvent, RecordingRef
from bot.domain.numbers import Address, Did, PhoneNumber, SipUri
from bot.ports.clock import Clock
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Audio, DidOffer, HistoryEntry, Hooks, Incoming, Placed, Quote, Sighting

MOST_PAGES: Final = 50
"""Of a hundred calls each."""
BEFORE: Final = timedelta(seconds=60)
"""How far our clock and theirs may differ when a call is looked for."""
DOWNLOAD: Final = 60.0
"""Seconds that a recording may take."""


class Hoiio:
    """`conference_method`, `rent_for` and `believes_bodiless` as the settings of that name."""

    name = NAME
    features = FEATURES
    lacking = LACKING
    limits = LIMITS

    def __init__(
        self,
        *,
        app_id: str,
        access_token: str,
        clock: Clock,
        base_url: str,
        public_url: str | None = None,
        conference_method: str = "voice/conference",
        rent_for: str = "1",
        believes_bodiless: bool = False,
        timeouts: http.Timeouts = http.PATIENT,
    ) -> None:
        self._clock = clock
        self._secret = access_token.encode()
        self._base_url = base_url
        self._public_url = public_url
        self._conference_method = conference_method
        self._rent_for = rent_for
        self._believes_bodiless = believes_bodiless
        self._registered: PhoneNumber | None = None
        self._addresses = Addresses(access_token)
        self._api = Api(base_url=base_url, app_id=app_id, access_token=access_token, timeouts=timeouts)
        self._leader = Leader(self._api, self._addresses, clock)
        # No key is ever sent where a recording is: its address is all it takes.
        self._files = http.Wire(
            provider=NAME,
            client=http.client(base_url, timeouts=timeouts),
            timeouts=timeouts,
            overrides={404: Unavailable},
        )

    # --- calls --------------------------------------------------------------------------------

    def check(self, plan: LegPlan) -> None:
        """Raises Unsupported with the first reason against it."""
        for reason in refusals(plan, reachable=self._public_url is not None):
            raise Unsupported(provider=NAME, detail=reason)

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        """One request, tagged with our token."""
        plan = placement.plan
        partner, joined = blocks.bridged(plan.flow), blocks.conference(plan.flow)
        if joined is not None:
            return await self._ring_into(joined.room, placement, hooks)
        if partner is not None and not is_led(plan):
            roles = (plan.role, partner.role)
            place = Place(what=What.CALL, role=plan.role, rung=(partner.role,))
            dests = {"dest1": blocks.dialled(plan.party), "dest2": blocks.dialled(partner)}
            return await self._place("voice/call", roles, place, placement, hooks, {**dests, **_limit(plan)})
        if hooks.base is None:
            raise Unsupported(provider=NAME, detail="without PUBLIC_URL it cannot be told what comes next")
        place = Place(what=What.FLOW, role=plan.role, shown=plan.caller_id)
        dest = {"dest": blocks.dialled(plan.party), **_limit(plan)}
        return await self._place("ivr/start/dial", (plan.role,), place, placement, hooks, dest)

    async def _ring_into(self, room: str, placement: Placement, hooks: Hooks) -> Placed:
        plan = placement.plan
        place = Place(what=What.ROOM, role=plan.role)
        dest = {"dest": blocks.dialled(plan.party), "room": blocks.room(room)}
        return await self._place(self._conference_method, (plan.role,), place, placement, hooks, dest)

    async def _place(
        self,
        method: str,
        roles: Sequence[LegRole],
        place: Place,
        placement: Placement,
        hooks: Hooks,
        params: dict[str, str],
    ) -> Placed:
        shown = placement.plan.caller_id
        common = {
            "caller_id": None if shown is None else str(shown),
            "tag": placement.token,
            "notify_url": None if hooks.base is None else self._addresses.url(hooks.base, place),
        }
        ref = await self._api.ask(
            method, {**params, **common}, _reference, creates=True, token=placement.token
        )
        return Placed(refs=tuple((role, ref) for role in roles))

    async def hang_up(self, ref: ProviderRef) -> None:
        """A call between two phones ends for both, a member leaves the conference."""
        transaction, _, session = ref.partition("/")
        try:
            if session:
                await self._api.do("ivr/end/hangup", {"session": session, "force": "enabled"})
            else:
                await self._api.do("voice/hangup", {"txn_ref": transaction})
        except Rejected as refused:
            if refused.code not in GONE:
                raise

    async def control(self, ref: ProviderRef, order: Control, hooks: Hooks) -> None:
        """Only a member of a conference can be told anything: to be mute, or not any more."""
        if not isinstance(order, Mute):
            raise Unsupported(provider=NAME, detail="it takes no such order in mid-call")
        action = "mute" if order.on else "unmute"
        params = {"txn_ref": ref.partition("/")[0], "action": action}
        await self._api.do("conference/moderate", params)

    # --- what it knows ----------------------------------------------------------------------------

    async def look_up(self, placement: Placement) -> Sighting | None:
        """By its reference, else among the calls since it was placed, by our token."""
        known = placement.ref(placement.role)
        found = await (self._by_reference(known) if known else self._by_token(placement))
        if found is None:
            return None
        parties = _parties(placement)
        events = notices.record_events(found, placement.token, parties, now=self._clock.now(), last=False)
        refs = placement.refs or tuple((role, ProviderRef(found.ref)) for role in parties.roles)
        return Sighting(refs=refs, events=tuple(events))

    async def _by_reference(self, ref: ProviderRef) -> Record | None:
        try:
            return await self._api.ask("voice/query_status", {"txn_ref": ref.partition("/")[0]}, record)
        except Rejected as refused:
            if refused.code in GONE:
                return None
            raise

    async def _by_token(self, placement: Placement) -> Record | None:
        calls = await self._calls(placement.created_at - BEFORE, None)
        return next((call for call in calls if call.tag == placement.token), None)

    async def history(self, since: datetime, until: datetime) -> Sequence[HistoryEntry]:
        """Every transaction of the account in that span; a call between two phones is one."""
        calls = await self._calls(since, until)
        return [_entry(call, call.started_at) for call in calls if call.started_at is not None]

    async def _calls(self, since: datetime, until: datetime | None) -> list[Record]:
        """Page by page, until there are as many as Hoiio counted."""
        span = {"from": written(since), "to": None if until is None else written(until)}
        calls: list[Record] = []
        for page in range(1, MOST_PAGES + 1):
            asked = {**span, "page": str(page)}
            found, total = await self._api.ask("voice/get_history", asked, _page)
            calls += found
            if not found or len(calls) >= total:
                break
        return calls

    async def rate(self, address: Address) -> Quote:
        """Hoiio prices calls between two phones: this one, and the account's own."""
        if self._registered is None:
            self._registered = await self._api.ask("user/get_info", {}, _registered)
        return await self.rate_between(self._registered, address)

    async def rate_between(self, first: Address, second: Address) -> Quote:
        """Both together, and how long the credit lasts."""
        if isinstance(first, SipUri) or isinstance(second, SipUri):
            raise Unsupported(provider=NAME, detail="it rings telephone numbers only")
        params = {"dest1": first.e164, "dest2": second.e164}
        return await self._api.ask("voice/get_rate", params, _quote)

    async def balance(self) -> Money:
        """Points and bonus together."""
        return await self._api.ask("user/get_balance", {}, lambda fields: priced(fields, "balance"))

    # --- texts, recordings, numbers -----------------------------------------------------------------

    async def send_text(self, to: PhoneNumber, text: str, sender: PhoneNumber | None) -> str:
        """Hoiio shows a sender of its own: names have to be enabled there, and numbers cannot be shown."""
        params = {"dest": to.e164, "msg": text}
        return await self._api.ask("sms/send", params, lambda fields: str(fields["txn_ref"]), creates=True)

    async def fetch(self, recording: RecordingRef) -> Audio:
        """Raises Rejected for an address that is neither Hoiio's nor on the internet."""
        address = httpx.URL(recording.url)
        ours = (address.host, address.port) == (
            httpx.URL(self._base_url).host,
            httpx.URL(self._base_url).port,
        )
        if address.scheme not in ("http", "https") or not (ours or not is_private_url(recording.url)):
            raise Rejected(provider=NAME, detail="a recording that is nowhere Hoiio could have put it")
        reply = await self._files.send("GET", recording.url, patience=DOWNLOAD)
        kind = reply.headers.get("content-type", "application/octet-stream")
        return Audio(content_type=kind, data=reply.content)

    async def forget(self, recording: RecordingRef) -> None:
        """Hoiio cannot be asked to delete a recording."""

    async def offers(self, country: str, region: str | None) -> Sequence[DidOffer]:
        """By country (two letters) and state, by code or name."""
        return await renting.offers(self._api, country, region)

    async def rent(self, offer: DidOffer) -> Did:
        """For as long as HOIIO_RENT_FOR says. Its calls come to us where there is a public URL."""
        to = self._public_url and self._addresses.incoming(self._public_url)
        return await renting.rent(self._api, offer.number, self._rent_for, to or None)

    async def dids(self) -> Sequence[Did]:
        """The numbers of the account that take calls."""
        return await renting.dids(self._api)

    async def release(self, did: Did) -> None:
        """Raises Unsupported: there is no such request."""
        raise Unsupported(
            provider=NAME,
            detail="it takes no number back; it lapses when its term ends, or on Hoiio's own pages",
        )

    # --- callbacks ------------------------------------------------------------------------------

    def verify(self, request: HttpRequest) -> None:
        """The address is one of ours, and the body is signed with the access token."""
        sealed = self._addresses.check(request.url)
        if not request.body:
            if not (sealed and self._believes_bodiless):
                raise BadSignature("nothing that a signature could cover")
            return
        signed = hmac.digest(self._secret, request.body, hashlib.sha256).hex()
        if not hmac.compare_digest(signed, request.headers.get("x-hoiio-signature", "").strip().lower()):
            raise BadSignature("the body is not signed by Hoiio")

    def events(self, request: HttpRequest) -> Sequence[LegEvent]:
        """Raises Malformed."""
        return notices.events_of(request)

    def incoming(self, request: HttpRequest) -> Incoming | None:
        """Raises Malformed."""
        return notices.incoming_of(request)

    def answer(self, request: HttpRequest, flow: CallFlow | None) -> HttpReply:
        """Nothing: Hoiio reads no answer. `carry_on` asks for what comes next."""
        return HttpReply()

    async def carry_on(self, request: HttpRequest, flow: CallFlow | None) -> None:
        """The next block."""
        await self._leader.carry_on(request, flow)

    async def close(self) -> None:
        """Let go of connections. Harmless twice."""
        await self._api.close()
        await self._files.close()


def _limit(plan: LegPlan) -> dict[str, str]:
    return {"max_duration": str(plan.max_seconds)} if plan.max_seconds else {}


def _reference(fields: Fields) -> ProviderRef:
    """Of a call, of the member of a conference, or of a session. Raises KeyError or IndexError."""
    if "txn_refs" in fields:
        return ProviderRef(listed(fields["txn_refs"])[0])
    ref, session = str(fields["txn_ref"]), text(fields, "session")
    return ProviderRef(f"{ref}/{session}" if session else ref)


def _parties(placement: Placement) -> notices.Parties:
    plan = placement.plan
    partner = blocks.bridged(plan.flow)
    if partner is not None and not is_led(plan):
        return notices.Parties(roles=(plan.role, partner.role))
    return notices.Parties(roles=(plan.role,), meet=blocks.conference(plan.flow) is not None)


def _page(fields: Fields) -> tuple[list[Record], int]:
    return [record(entry) for entry in fields.get("entries") or ()], whole(fields, "total_entries_count") or 0


def _entry(call: Record, started_at: datetime) -> HistoryEntry:
    first, second = call.statuses
    return HistoryEntry(
        ref=ProviderRef(call.ref),
        to=call.dests[1] or call.dests[0],
        started_at=started_at,
        seconds=(call.minutes or 0) * 60,
        cost=call.cost,
        outcome=second or first,
    )


def _registered(fields: Fields) -> PhoneNumber:
    found = number(text(fields, "mobile_number"))
    if found is None:
        raise ValueError("no registered number")
    return found


def _quote(fields: Fields) -> Quote:
    minutes = whole(fields, "talktime")
    return Quote(per_minute=priced(fields, "rate"), talk_seconds=None if minutes is None else minutes * 60)
