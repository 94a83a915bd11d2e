"""The account's numbers, and the application that brings their calls to us."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.voice.plivo.api import Api, part
from adapters.voice.plivo.heard import address, money
from adapters.voice.plivo.place import plain
from adapters.voice.plivo.tables import NAME
from bot.domain.errors import Rejected
from bot.domain.numbers import Did, PhoneNumber
from bot.ports.voice import DidOffer

SHOWN: Final = 20


async def offers(api: Api, country: str, region: str | None) -> list[DidOffer]:
    """Voice numbers to rent; `country` as two letters."""
    where = {"region": region} if region else {}
    page = await api.get("PhoneNumber/", country_iso=country.upper(), services="voice", limit=SHOWN, **where)
    found = (_offer(each) for each in page.get("objects") or ())
    return [each for each in found if each is not None]


def _offer(each: Mapping[str, Any]) -> DidOffer | None:
    number = address(str(each.get("number", "")))
    if not isinstance(number, PhoneNumber):
        return None
    place = ", ".join(str(each[part]) for part in ("city", "region") if each.get(part))
    return DidOffer(number=number, monthly=money(str(each.get("monthly_rental_rate", ""))), region=place)


async def rent(api: Api, number: PhoneNumber, app: str) -> None:
    """Raises Rejected when Plivo wants papers first: then the number is not ours yet."""
    said = await api.post(f"PhoneNumber/{plain(number)}/", {"app_id": app}, creates=True)
    if str(said.get("status", "")).lower() == "pending":
        raise Rejected(
            provider=NAME, detail="this number is reserved, and Plivo's console says what it still wants"
        )


async def application(api: Api, name: str, public_url: str) -> str:
    """The id of the application of that name, made or pointed to where we are."""
    wanted = {
        "answer_url": f"{public_url}/hooks/{NAME}/incoming",
        "answer_method": "POST",
        "fallback_answer_url": f"{public_url}/hooks/{NAME}/incoming",
        "fallback_method": "POST",
        "hangup_url": f"{public_url}/hooks/{NAME}/hangup",
        "hangup_method": "POST",
    }
    async for known in api.pages("Application/", app_name=name):
        if known.get("app_name") == name:
            if any(known.get(each) != value for each, value in wanted.items()):
                await api.post(f"Application/{part(str(known['app_id']))}/", wanted)
            return str(known["app_id"])
    made = await api.post("Application/", {"app_name": name, **wanted})
    return str(made["app_id"])


async def dids(api: Api) -> list[Did]:
    """The numbers that the account has rented and that can be called."""
    numbers = [
        address(str(each.get("number", "")))
        async for each in api.pages("Number/")
        if each.get("voice_enabled", True)
    ]
    return [Did(number=each, provider=NAME) for each in numbers if isinstance(each, PhoneNumber)]


async def release(api: Api, number: PhoneNumber) -> None:
    """Harmless twice."""
    await api.gone(f"Number/{part(plain(number))}/")
