"""What Hoiio tells, as events: the notification at the end of a call, the notices of a call that we lead, and
the records that a query brings. A fact told twice has the same identity both times.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from adapters.voice.hoiio.api import Fields, Record, moment, money, number, record, text, whole
from adapters.voice.hoiio.places import A, Place, What, parts_of, place_of
from adapters.voice.hoiio.tables import ANSWERED, NAME, ONGOING, cause_of
from bot.domain.call import ProviderRef
from bot.domain.causes import HangupCause
from bot.domain.cdr import Money
from bot.domain.errors import Malformed
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef, Token
from bot.ports.http import HttpRequest
from bot.ports.voice import Incoming

RINGS: Final = timedelta(seconds=60)
"""No phone rings longer. Hoiio calls a leg `ongoing` from the first ring on: only after this long has
somebody surely picked up."""

RINGING: Final = "ringing"
ENDED: Final = "ended"
_KINDS: Final = tuple(LegEventKind)


def fields_of(request: HttpRequest) -> dict[str, str]:
    """What a notification says: in its body, in its address, or in both; the body wins."""
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    body = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in {**request.query, **query, **body}.items() if values}


def reference(fields: Fields) -> ProviderRef:
    """Transaction and, for a call that we lead, session. Raises Malformed where there is neither."""
    ref = "/".join(part for part in (text(fields, "txn_ref"), text(fields, "session")) if part)
    if not ref:
        raise Malformed("neither a transaction nor a session")
    return ProviderRef(ref)


def incoming_of(request: HttpRequest) -> Incoming | None:
    """The call to us that it announces. Raises Malformed."""
    if parts_of(request.url)[0]:
        return None
    fields = fields_of(request)
    did = number(text(fields, "to"))
    if did is None:
        raise Malformed("no number of ours")
    caller = number(text(fields, "from"))
    return Incoming(
        provider=NAME, ref=reference(fields), caller=caller, did=did, at=_received(request, fields)
    )


def events_of(request: HttpRequest) -> list[LegEvent]:
    """Raises Malformed for what Hoiio never sends."""
    place, fields = place_of(request.url), fields_of(request)
    token = Token(parts_of(request.url)[0])
    try:
        now = _received(request, fields)
        match place.what:
            case What.CALL | What.ROOM:
                parties = Parties(roles=(place.role, *place.rung))
                return list(record_events(record(fields), token, parties, now=now, last=True))
            case What.FLOW | What.TAPE | What.INCOMING:
                return list(_Notice(fields, place, token, now).events())
    except (KeyError, ValueError) as problem:
        raise Malformed(str(problem)) from problem


def _received(request: HttpRequest, fields: Fields) -> datetime:
    try:
        at = request.received_at or moment(fields)
    except ValueError as problem:
        raise Malformed(str(problem)) from problem
    if at is None:
        raise Malformed("no time")
    return at


# --- records ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Whom a transaction is about: both ends of a call between two phones, else one. `meet`: whoever picks up
    is connected with somebody by that; it is not so in a call that we lead."""

    roles: tuple[LegRole, ...]
    meet: bool = True


def record_events(
    told: Record, token: Token, parties: Parties, *, now: datetime, last: bool
) -> Iterator[LegEvent]:
    """What has happened so far. `last`: nothing more will be told.

    Times are as good as Hoiio's: the start, and billed minutes.
    """
    roles = parties.roles
    statuses = _statuses(told, len(roles))
    started = told.started_at or now
    over = ONGOING not in statuses and (last or _is_closed(told, statuses))
    picked_up = _picked_up(statuses, now - started)
    facts = _Facts(told, token, now, started)
    for n, role in enumerate(roles):
        if n and not picked_up[0]:
            return  # the second phone is rung once the first has been picked up
        yield facts.event(role, LegEventKind.DIALED, started)
        if picked_up[n]:
            yield facts.event(role, LegEventKind.ANSWERED, started)
        if parties.meet and all(picked_up):
            yield facts.event(role, LegEventKind.BRIDGED, started)
        if over:
            yield facts.end(role, statuses[n], cost=n == 0)


def _statuses(told: Record, legs: int) -> tuple[str, ...]:
    if legs > 1:
        return told.statuses
    # Which of the two a lone leg is, differs between accounts.
    return (told.statuses[0] or told.statuses[1],)


def _is_closed(told: Record, statuses: tuple[str, ...]) -> bool:
    """A word that we do not know may mean anything; the bill comes at the end."""
    return told.cost is not None or all(cause_of(each) is not HangupCause.INTERWORKING for each in statuses)


def _picked_up(statuses: tuple[str, ...], age: timedelta) -> tuple[bool, ...]:
    return tuple(
        status == ANSWERED or (status == ONGOING and age > RINGS * n) for n, status in enumerate(statuses, 1)
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """The events of one record."""

    told: Record
    token: Token
    now: datetime
    started: datetime

    def event(self, role: LegRole, kind: LegEventKind, at: datetime) -> LegEvent:
        return LegEvent(
            token=self.token,
            role=role,
            kind=kind,
            at=at,
            source_id=f"{self.told.ref}/{role}/{kind}",
            sequence=_KINDS.index(kind),
            ref=self.told.ref,
            raw=self.told.raw,
        )

    def end(self, role: LegRole, status: str, *, cost: bool) -> LegEvent:
        """The bill is for all legs together: it stands on the first one, and the others cost nothing more."""
        minutes = self.told.minutes or 0
        amount = self.told.cost
        ended = max(self.started, min(self.now, self.started + timedelta(minutes=minutes)))
        return LegEvent(
            token=self.token,
            role=role,
            kind=LegEventKind.HUNG_UP,
            at=ended,
            source_id=f"{self.told.ref}/{role}/ended/{status}/{minutes}/{amount.amount if amount else ''}",
            sequence=_KINDS.index(LegEventKind.HUNG_UP),
            cause=cause_of(status),
            cost=amount if cost else amount and Money(amount=amount.amount * 0, currency=amount.currency),
            billed_seconds=minutes * 60 if cost else 0,
            ref=self.told.ref,
            raw=self.told.raw,
        )


# --- notices of a call that we lead ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Notice:
    """One notice. Only the last one of a call has a time of its own."""

    fields: Fields
    place: Place
    token: Token
    now: datetime

    def events(self) -> Iterator[LegEvent]:
        ended = text(self.fields, "call_state") == ENDED
        yield from self._recordings()
        if self.place.what is What.TAPE:
            return
        if text(self.fields, "call_state") == RINGING:
            yield self._event(LegEventKind.RANG, A)
            return
        dialled = text(self.fields, "dial_status")
        if dialled not in ("", ANSWERED):
            yield self._end(dialled)
            return
        if not ended or dialled:
            yield self._event(LegEventKind.ANSWERED, self.place.role)
        if text(self.fields, "digits"):
            yield self._event(LegEventKind.DTMF, self.place.role, digits=text(self.fields, "digits"))
        yield from self._transferred(ended=ended)
        if ended:
            yield self._end(ANSWERED)

    def _transferred(self, *, ended: bool) -> Iterator[LegEvent]:
        """Which of several phones took it, Hoiio does not say: the first of them stands for all."""
        status = text(self.fields, "transfer_status")
        if status == ANSWERED:
            yield self._event(LegEventKind.BRIDGED, self.place.role)
            for role in self.place.rung[:1]:
                yield self._event(LegEventKind.ANSWERED, role)
                yield self._event(LegEventKind.BRIDGED, role)
        for n, role in enumerate(self.place.rung):
            if status == ANSWERED and n:
                yield self._gone(role, HangupCause.NON_SELECTED_USER_CLEARING)
            elif ended:
                known = status not in ("", ANSWERED, ONGOING)
                yield self._gone(role, cause_of(status) if known else HangupCause.NORMAL_CLEARING)
            elif status not in ("", ANSWERED, ONGOING):
                yield self._gone(role, cause_of(status))

    def _recordings(self) -> Iterator[LegEvent]:
        for name, voicemail in (("record_url", True), ("monitor_url", False)):
            url = text(self.fields, name)
            if url:
                recording = RecordingRef(ref=url, url=url, voicemail=voicemail)
                yield self._event(LegEventKind.RECORDED, self.place.role, detail=url, recording=recording)

    def _end(self, status: str) -> LegEvent:
        minutes, cost = whole(self.fields, "duration"), money(self.fields, "debit")
        return self._event(
            LegEventKind.HUNG_UP,
            self.place.role,
            detail=f"{status}/{minutes or 0}/{cost.amount if cost else ''}",
            cause=cause_of(status),
            cost=cost,
            billed_seconds=None if minutes is None else minutes * 60,
        )

    def _gone(self, role: LegRole, cause: HangupCause) -> LegEvent:
        return self._event(LegEventKind.HUNG_UP, role, cause=cause)

    def _event(
        self,
        kind: LegEventKind,
        role: LegRole,
        *,
        detail: str = "",
        digits: str = "",
        cause: HangupCause | None = None,
        cost: Money | None = None,
        billed_seconds: int | None = None,
        recording: RecordingRef | None = None,
    ) -> LegEvent:
        ref = reference(self.fields)
        # What can happen once to a leg is the same fact wherever it is told again.
        block = f"{self.place.done}/" if kind is LegEventKind.DTMF else ""
        return LegEvent(
            token=self.token,
            role=role,
            kind=kind,
            at=self.now,
            source_id=f"{ref}/{role}/{block}{kind}{f'/{detail or digits}' if detail or digits else ''}",
            sequence=_KINDS.index(kind),
            cause=cause,
            cost=cost,
            billed_seconds=billed_seconds,
            digits=digits,
            recording=recording,
            ref=ref if role == self.place.role else None,
            raw=json.dumps(self.fields, sort_keys=True),
        )
