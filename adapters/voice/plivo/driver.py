"""Plivo as a voice provider. What it says and asks on the web is `webhooks.py`, its words are `tables.py`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from adapters.voice.plivo import numbers, records, request
from adapters.voice.plivo.api import Api, is_here, part
from adapters.voice.plivo.documents import Line
from adapters.voice.plivo.heard import decimal, money
from adapters.voice.plivo.live import Live
from adapters.voice.plivo.media import Media
from adapters.voice.plivo.place import Seal, plain
from adapters.voice.plivo.request import Options
from adapters.voice.plivo.tables import FEATURES, LACKING, LIMITS, NAME
from adapters.voice.plivo.webhooks import Webhooks
from adapters.wire import http
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import Money
from bot.domain.control import Control
from bot.domain.errors import Rejected
from bot.domain.flow import Conference
from bot.domain.leg import RecordingRef
from bot.domain.number_ranges import region_of
from bot.domain.numbers import Address, Did, PhoneNumber
from bot.domain.texts import Moment, spoken
from bot.ports.voice import Audio, DidOffer, HistoryEntry, Hooks, Placed, Quote, Sighting

REMEMBERED: Final = 1000
MINUTE: Final = 60


class Plivo:
    """One account. `key` seals orders that travel in addresses; `public_url` is where Plivo reaches us."""

    name = NAME
    features = FEATURES
    lacking = LACKING
    limits = LIMITS

    def __init__(
        self,
        *,
        auth_id: str,
        auth_token: str,
        base_url: str,
        key: bytes,
        public_url: str | None = None,
        options: Options | None = None,
        timeouts: http.Timeouts = http.PATIENT,
    ) -> None:
        self._options = options or Options()
        self._public_url = public_url
        self._api = Api(auth_id=auth_id, auth_token=auth_token, base_url=base_url, timeouts=timeouts)
        self._media = Media(
            auth=(auth_id, auth_token), base_url=base_url, here=is_here(base_url), timeouts=timeouts
        )
        seal = Seal(key)
        self._live = Live(api=self._api, seal=seal, language=self._options.language)
        # Both are shortcuts: what is forgotten, or was another process's, costs nothing but time.
        self._placed: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._own_number: str | None = None
        webhooks = Webhooks(
            auth_token=auth_token,
            seal=seal,
            line=_line(self._options),
            goodbye=spoken(Moment.NOBODY, self._options.texts),
        )
        self.verify = webhooks.verify
        self.events = webhooks.events
        self.incoming = webhooks.incoming
        self.answer = webhooks.answer

    # --- calls --------------------------------------------------------------------------------

    def check(self, plan: LegPlan) -> None:
        """Languages, voices, tones and addresses that Plivo knows."""
        request.check(plan)

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        """One request for one leg."""
        plan, token = placement.plan, placement.token
        room = next((step.room for step in plan.flow.steps if isinstance(step, Conference)), None)
        body = request.call_request(
            plan,
            hooks,
            self._options,
            shown=await self._shown(plan),
            parent=self._rooms.get(room) if room else None,
        )
        reply = await self._api.wire.send("POST", "Call/", json=_given(body), creates=True, token=token)
        ref = self._api.wire.read(reply, lambda each: _uuid(each.json()), creates=True, token=token)
        _remember(self._placed, ref, token)
        if room is not None:
            _remember(self._rooms, room, self._rooms.get(room, ref))
        return Placed(refs=((plan.role, ProviderRef(ref)),))

    async def _shown(self, plan: LegPlan) -> str:
        """The caller id: as ordered, as set, or the first number that the account has. Raises Rejected."""
        for chosen in (plan.caller_id, self._options.caller_id):
            if isinstance(chosen, PhoneNumber):
                return chosen.e164
        return await self._ours()

    async def _ours(self) -> str:
        if self._own_number is None:
            rented = await numbers.dids(self._api)
            if not rented:
                raise Rejected(
                    provider=NAME, detail="no number to show: set PATCHLINE_CALLER_ID, or rent a number"
                )
            self._own_number = rented[0].number.e164
        return self._own_number

    async def hang_up(self, ref: ProviderRef) -> None:
        """End the leg, or take it out of Plivo's queue. One that has ended is no error."""
        if not await self._api.gone(f"Call/{part(ref)}/"):
            await self._api.gone(f"Request/{part(ref)}/")

    async def control(self, ref: ProviderRef, order: Control, hooks: Hooks) -> None:
        """Raises Unsupported for hold, and for mute outside a conference; Rejected when the leg is gone."""
        await self._live.carry_out(ref, order, hooks)

    async def look_up(self, placement: Placement) -> Sighting | None:
        """By its reference; without one, by number and time, if exactly one call fits."""
        ref = placement.ref(placement.role)
        if ref is None:
            others = frozenset(each for each, token in self._placed.items() if token != placement.token)
            found = await records.find(self._api, placement, others=others)
            return await records.sight(self._api, placement, found) if found else None
        return await records.sight(self._api, placement, ref)

    async def history(self, since: datetime, until: datetime) -> Sequence[HistoryEntry]:
        """Calls that ended in that span, of the last ninety days."""
        return await records.history(self._api, since, until)

    # --- money, texts, numbers, recordings ----------------------------------------------------

    async def rate(self, address: Address) -> Quote:
        """By the longest prefix in the price list of the number's country, and how long the credit lasts."""
        is_number = isinstance(address, PhoneNumber)
        region = region_of(address) if isinstance(address, PhoneNumber) else "US"
        if region is None:
            raise Rejected(provider=NAME, detail="it has no price list for this number")
        prices = await self._api.get("Pricing/", country_iso=region)
        rate = _price(prices, plain(address) if is_number else None)
        if rate is None:
            raise Rejected(provider=NAME, detail="its price list does not name this number")
        credit = (await self.balance()).amount
        talk = int(credit / rate * MINUTE) if rate > 0 else None
        return Quote(per_minute=Money(amount=rate), talk_seconds=talk)

    async def balance(self) -> Money:
        """The credit that is left."""
        left = money(str((await self._api.get("")).get("cash_credits", "")))
        if left is None:
            raise Rejected(provider=NAME, detail="it does not say what is left")
        return left

    async def send_text(self, to: PhoneNumber, text: str, sender: PhoneNumber | None) -> str:
        """From `sender`, else from the number that is shown on calls."""
        chosen = sender or self._options.caller_id
        news = f"{self._public_url}/hooks/{NAME}/message" if self._public_url else None
        body = {
            "src": chosen.e164 if isinstance(chosen, PhoneNumber) else await self._ours(),
            "dst": to.e164,
            "text": text,
            "type": "sms",
            "url": news,
            "method": "POST" if news else None,
        }
        reply = await self._api.wire.send("POST", "Message/", json=_given(body), creates=True)
        return self._api.wire.read(reply, lambda each: _first(each.json()["message_uuid"]), creates=True)

    async def fetch(self, recording: RecordingRef) -> Audio:
        """From Plivo's hosts only; 404 means that it is not there yet."""
        return await self._media.fetch(recording.url)

    async def forget(self, recording: RecordingRef) -> None:
        """Delete it there."""
        await self._api.gone(f"Recording/{part(recording.ref)}/")

    async def offers(self, country: str, region: str | None) -> Sequence[DidOffer]:
        """Voice numbers of a country and region."""
        return await numbers.offers(self._api, country, region)

    async def rent(self, offer: DidOffer) -> Did:
        """Attached to our application, so that its calls come here. Raises Rejected without a public URL."""
        if self._public_url is None:
            raise Rejected(provider=NAME, detail="without PUBLIC_URL its calls would have nowhere to go")
        app = await numbers.application(self._api, self._options.app_name, self._public_url)
        await numbers.rent(self._api, offer.number, app)
        return Did(number=offer.number, provider=NAME)

    async def dids(self) -> Sequence[Did]:
        """The numbers of the account."""
        return await numbers.dids(self._api)

    async def release(self, did: Did) -> None:
        """Give it back for good. Harmless twice."""
        await numbers.release(self._api, did.number)

    async def close(self) -> None:
        """Let go of connections."""
        with suppress(RuntimeError):
            await self._api.wire.close()
            await self._media.wire.close()


def _line(options: Options) -> Line:
    ours = options.caller_id.e164 if isinstance(options.caller_id, PhoneNumber) else None
    return Line(
        ours=ours,
        language=options.language,
        caller_name=options.caller_name,
        sip_headers=options.sip_headers,
        announce_early=options.announce_early,
    )


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _uuid(said: Mapping[str, Any]) -> str:
    """Raises KeyError or ValueError where there is none."""
    return _first(said["request_uuid"])


def _first(named: object) -> str:
    """One id, or a list of them: Plivo does both."""
    ref = named[0] if isinstance(named, list) and named else named
    if not isinstance(ref, str) or not ref:
        raise ValueError("no id")
    return ref


def _remember(known: dict[str, str], name: str, value: str) -> None:
    known[name] = value
    while len(known) > REMEMBERED:
        del known[next(iter(known))]


def _price(prices: Mapping[str, Any], number: str | None) -> Decimal | None:
    """A minute's price: of the longest prefix, else of the country; None asks for calls by SIP."""
    outbound = (prices.get("voice") or {}).get("outbound") or {}
    if number is None:
        return _rate(outbound.get("ip"))
    fitting = [
        (len(prefix), rate)
        for row in outbound.get("rates") or ()
        for prefix in map(str, row.get("prefix") or ())
        if number.startswith(prefix) and (rate := _rate(row)) is not None
    ]
    return max(fitting)[1] if fitting else _rate(outbound.get("local"))


def _rate(row: object) -> Decimal | None:
    return decimal(str(row.get("rate", ""))) if isinstance(row, dict) else None
