"""Numbers of the account: look for one, rent it, point its calls at us, list them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.voice.hoiio.api import Api, Fields, decimal, listed, number, text
from adapters.voice.hoiio.tables import NAME
from bot.domain.cdr import Money
from bot.domain.errors import ProviderError, Unavailable
from bot.domain.numbers import Did, PhoneNumber
from bot.ports.voice import DidOffer

MONTH: Final = Decimal(1)


async def offers(api: Api, country: str, region: str | None) -> Sequence[DidOffer]:
    """Numbers that could be rented, with what a month costs. Where Hoiio wants a state (US), and none was
    named, the first that it knows will do; a region that it does not know has no offers."""
    country = country.upper()
    states = await api.ask("number/get_countries", {}, lambda fields: _states(fields, country))
    state = _state(states, region)
    if region and state is None:
        return ()
    monthly = await api.ask("number/get_rates", {"country": country}, _monthly)
    wanted = {"country": country, "state": state[0] if state else None}
    found = await api.ask("number/get_choices", wanted, lambda fields: _numbers(fields["entries"]))
    where = state[1] if state else ""
    return [DidOffer(number=each, monthly=monthly, region=where) for each in found]


async def rent(api: Api, wanted: PhoneNumber, months: str, forward_to: str | None) -> Did:
    """Rent it and point it at us. Raises Unavailable, saying so, where it is rented and not pointed."""
    await api.ask(
        "number/subscribe",
        {"number": wanted.e164, "duration": months},
        lambda fields: text(fields, "expiry"),
        creates=True,
    )
    if forward_to is not None:
        await _point(api, wanted, forward_to)
    return Did(number=wanted, provider=NAME)


async def _point(api: Api, rented: PhoneNumber, forward_to: str) -> None:
    params = {"number": rented.e164, "forward_to": forward_to, "mode": "voice"}
    try:
        await api.do("number/update_forwarding", params)
    except ProviderError as problem:
        raise Unavailable(
            provider=NAME,
            detail=f"the number is rented, but its calls do not reach us yet ({problem.detail}); set its "
            "forwarding on Hoiio's own pages",
            code=problem.code,
        ) from problem


async def dids(api: Api) -> Sequence[Did]:
    """The numbers of the account that take calls."""
    found = await api.ask("number/get_active", {}, lambda fields: _voiced(fields["entries"]))
    return [Did(number=each, provider=NAME) for each in found]


def _voiced(entries: list[Any]) -> list[PhoneNumber]:
    return _numbers([each for each in entries if "VOICE" in _capabilities(each)])


def _capabilities(entry: Any) -> list[str]:
    """An entry that names none is taken for a number to be called."""
    named = entry.get("capabilities") or entry.get("capability") if isinstance(entry, dict) else None
    return [each.upper() for each in listed(named)] if named else ["VOICE"]


def _numbers(entries: list[Any]) -> list[PhoneNumber]:
    """Bare strings, or objects with a `number`."""
    written = [str(each["number"]) if isinstance(each, dict) else str(each) for each in entries]
    return [found for found in map(number, written) if found is not None]


def _states(fields: Fields, country: str) -> list[tuple[str, str]]:
    """Code and name of those that can be called; raises KeyError where the answer has no countries."""
    mine: dict[str, Any] = next((each for each in fields["entries"] if each["code"].upper() == country), {})
    states = [each for each in mine.get("states") or () if "VOICE" in _capabilities(each)]
    return [(str(each["code"]), str(each["name"])) for each in states]


def _state(states: list[tuple[str, str]], region: str | None) -> tuple[str, str] | None:
    if not region:
        return states[0] if states else None
    wanted = region.casefold()
    exact = (state for state in states if wanted in (state[0].casefold(), state[1].casefold()))
    near = (state for state in states if wanted in state[1].casefold())
    return next(exact, None) or next(near, None)


def _monthly(fields: Fields) -> Money | None:
    for entry in fields["entries"]:
        if decimal(entry["duration"]) == MONTH:
            return Money(amount=decimal(entry["rate"]), currency=text(fields, "currency"))
    return None
