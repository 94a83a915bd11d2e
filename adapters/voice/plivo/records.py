"""What Plivo's lists know of calls: one of ours that nobody told us about, or all of a span of time."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from adapters.voice.plivo.api import PAGE, Api, part
from adapters.voice.plivo.heard import money, seconds
from adapters.voice.plivo.place import plain
from adapters.voice.plivo.tables import cause_of
from adapters.voice.plivo.times import moment
from bot.domain.call import Placement, ProviderRef
from bot.domain.errors import Rejected
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind
from bot.ports.voice import HistoryEntry, Sighting

Record = Mapping[str, Any]

EARLIEST: Final = timedelta(seconds=-5)
LATEST: Final = timedelta(seconds=20)
"""When a call may have begun, counted from our writing it down: clocks differ, and requests take time."""
SPAN: Final = timedelta(days=29)
"""One question may cover thirty days."""


async def console_zone(api: Api) -> tzinfo:
    """The zone that the account's console shows times in, and so does the list of calls."""
    name = str((await api.get("")).get("timezone") or "UTC")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        parsed = moment(f"2000-01-01T00:00:00{name.removeprefix('UTC').removeprefix('GMT')}")
        return UTC if parsed is None else _fixed(parsed)


def _fixed(midnight: datetime) -> tzinfo:
    return timezone(datetime(2000, 1, 1, tzinfo=UTC) - midnight)


# --- one of ours ---------------------------------------------------------------------------------


async def find(api: Api, placement: Placement, *, others: frozenset[str]) -> str | None:
    """The call that this placement became, by number and time, if exactly one fits. `others` are references
    of other placements, which it cannot be."""
    found = set()
    for status in ("live", "queued"):
        async for ref in _going_on(api, placement, status):
            call = await _one(api, ref, status)
            # A leg that was rung by another leg was not asked for by any request.
            if call and call.get("request_uuid") and _fits(call, placement, UTC):
                found.add(ref)
    zone = await console_zone(api)
    async for call in api.pages("Call/", **_ended(placement)):
        if not call.get("parent_call_uuid") and _fits(call, placement, zone):
            found.add(str(call["call_uuid"]))
    found -= others
    return found.pop() if len(found) == 1 else None


async def _going_on(api: Api, placement: Placement, status: str) -> AsyncIterator[str]:
    """Ids alone, and without a word about further pages."""
    to, offset = plain(placement.plan.party.address), 0
    while True:
        page = await api.get("Call/", status=status, to_number=to, limit=PAGE, offset=offset)
        refs = [str(each) for each in page.get("calls") or ()]
        for ref in refs:
            yield ref
        if len(refs) < PAGE:
            return
        offset += len(refs)


async def _one(api: Api, ref: str, status: str | None) -> Record | None:
    """None when it is not there, or not in that state."""
    try:
        call: Record = await api.get(f"Call/{part(ref)}/", **({"status": status} if status else {}))
    except Rejected as refusal:
        if refusal.code != "404":
            raise
        return None
    return call


def _ended(placement: Placement) -> dict[str, str]:
    return {
        "to_number": plain(placement.plan.party.address),
        "call_direction": "outbound",
        "end_time__gte": _written(placement.created_at + EARLIEST),
    }


def _fits(call: Record, placement: Placement, zone: tzinfo) -> bool:
    to = str(call.get("to_number") or call.get("to") or "")
    if plain(to) != plain(placement.plan.party.address):
        return False
    began = moment(str(call.get("session_start") or call.get("initiation_time") or ""), zone)
    # What waits in a queue has not begun.
    return began is None or EARLIEST <= began - placement.created_at <= LATEST


async def sight(api: Api, placement: Placement, ref: str) -> Sighting | None:
    """All that is known of that call, and, once it is over, of the legs that it rang."""
    refs = ((placement.role, ProviderRef(ref)),)
    live = await _one(api, ref, "live")
    if live is not None:
        return Sighting(refs=refs, events=tuple(_as_it_stands(live, placement, ref)))
    over = await _one(api, ref, None)
    if over is not None and over.get("end_time"):
        return Sighting(refs=refs, events=tuple([each async for each in _account(api, placement, over)]))
    queued = await _one(api, ref, "queued")
    return Sighting(refs=refs) if queued is not None else None


def _as_it_stands(call: Record, placement: Placement, ref: str) -> Iterator[LegEvent]:
    kinds = {"ringing": LegEventKind.RANG, "in-progress": LegEventKind.ANSWERED}
    kind = kinds.get(str(call.get("call_status", "")).lower(), LegEventKind.DIALED)
    yield LegEvent(
        token=placement.token,
        role=placement.role,
        kind=kind,
        at=moment(str(call.get("session_start") or "")) or placement.created_at,
        source_id=f"{ref}-list-{kind}",
        ref=ref,
        raw=str(dict(call)),
    )


async def _account(api: Api, placement: Placement, call: Record) -> AsyncIterator[LegEvent]:
    zone = await console_zone(api)
    for event in _told(call, placement, placement.role, zone):
        yield event
    roles = {plain(party.address): party.role for party in placement.plan.flow.parties()}
    async for child in api.pages("Call/", parent_call_uuid=str(call["call_uuid"])):
        role = roles.get(plain(str(child.get("to_number", ""))))
        for event in _told(child, placement, role, zone) if role else ():
            yield event


def _told(call: Record, placement: Placement, role: LegRole, zone: tzinfo) -> Iterator[LegEvent]:
    ref, raw = str(call["call_uuid"]), str(dict(call))
    answered = moment(str(call.get("answer_time") or ""), zone)
    ended = moment(str(call.get("end_time") or ""), zone)
    if answered is not None:
        yield LegEvent(
            token=placement.token,
            role=role,
            kind=LegEventKind.ANSWERED,
            at=answered,
            source_id=f"{ref}-list-answered",
            ref=ref,
            raw=raw,
        )
    if ended is not None:
        yield LegEvent(
            token=placement.token,
            role=role,
            kind=LegEventKind.HUNG_UP,
            at=ended,
            source_id=f"{ref}-list-ended",
            sequence=1,
            ref=ref,
            cause=cause_of(
                code=str(call.get("hangup_cause_code") or ""), name=str(call.get("hangup_cause_name") or "")
            ),
            cost=money(str(call.get("total_amount") or "")),
            billed_seconds=seconds(str(call.get("billed_duration", call.get("bill_duration", "")))),
            raw=raw,
        )


# --- all of them ---------------------------------------------------------------------------------


async def history(api: Api, since: datetime, until: datetime) -> list[HistoryEntry]:
    """Calls that ended in that span, newest first."""
    zone = await console_zone(api)
    found: dict[str, HistoryEntry] = {}
    while since < until:
        end = min(until, since + SPAN)
        span = {"end_time__gte": _written(since), "end_time__lt": _written(end)}
        async for call in api.pages("Call/", **span):
            entry = _entry(call, zone)
            found[entry.ref] = entry
        since = end
    return sorted(found.values(), key=lambda entry: entry.started_at, reverse=True)


def _entry(call: Record, zone: tzinfo) -> HistoryEntry:
    began = moment(str(call.get("initiation_time") or ""), zone)
    return HistoryEntry(
        ref=ProviderRef(str(call["call_uuid"])),
        to=f"+{plain(to)}" if (to := str(call.get("to_number", ""))) and "@" not in to else to,
        started_at=began or moment(str(call.get("end_time") or ""), zone) or datetime.fromtimestamp(0, UTC),
        seconds=seconds(str(call.get("bill_duration", ""))) or 0,
        cost=money(str(call.get("total_amount") or "")),
        outcome=str(call.get("hangup_cause_name") or "unknown"),
    )


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
