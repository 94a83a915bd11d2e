"""What is asked of Plivo's REST API beside the calls, against the stand-in that checks the questions."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.voice.plivo import PlivoSettings, make_plivo
from adapters.voice.plivo.api import part
from adapters.voice.plivo.driver import Plivo
from adapters.voice.plivo.request import Options, call_request
from bot.config import load
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import Money
from bot.domain.errors import ConfigError, Rejected, Unavailable, Unsupported
from bot.domain.flow import CallFlow, Conference, Dial, LegRole, Party, Play, Say, SendDigits, SendText, Step
from bot.domain.leg import RecordingRef
from bot.domain.numbers import WITHHELD, Address, Did, PhoneNumber, SipUri
from bot.ports.voice import DidOffer, Hooks
from tests.contract.voice.case import placement
from tests.fakes import FakeClock
from tests.vendors.plivo import ACCOUNT, TOKEN, Leg, Phone, Vendor, plivo

OURS = PhoneNumber(e164="+12125550100")
AMY = PhoneNumber(e164="+6591234567")
HOOKS = Hooks(base="http://127.0.0.1:9/hooks/plivo/token")
"""Nobody is there: what is told is not of interest here."""


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with plivo() as vendor:
        yield vendor


@pytest.fixture
async def driver(vendor: Vendor) -> AsyncIterator[Plivo]:
    driver = at(vendor)
    yield driver
    await driver.close()


def at(vendor: Vendor, **options: Any) -> Plivo:
    return Plivo(
        auth_id=ACCOUNT,
        auth_token=TOKEN,
        base_url=vendor.url,
        key=b"k" * 32,
        public_url="https://phone.example.com",
        options=Options(**{"caller_id": OURS, **options}),
    )


def plan(*steps: Step, to: Address = AMY, **more: Any) -> LegPlan:
    flow = CallFlow(steps=steps or (Say(text="Hello."),), on_machine=more.pop("on_machine", None))
    return LegPlan(party=Party(role=LegRole("A"), address=to), flow=flow, **more)


# --- making a call -------------------------------------------------------------------------------


def asked(ordered: LegPlan, **options: Any) -> dict[str, Any]:
    body = call_request(ordered, HOOKS, Options(**options), shown=OURS.e164)
    return {name: value for name, value in body.items() if value is not None}


def test_settings_reach_every_call() -> None:
    body = asked(plan(), caller_name="Tom & Jerry", sip_headers="team=sales")
    assert (body["caller_name"], body["sip_headers"]) == ("Tom & Jerry", "team=sales")
    early = asked(plan(SendDigits(digits="1w2W3")), digits_early=True)
    assert (early["send_digits"], early["send_on_preanswer"]) == ("1w2W3", True)
    assert asked(plan(SendDigits(digits="123", tone_ms=1000)))["send_digits"] == "123@1000"
    assert "send_on_preanswer" not in asked(plan())


def test_detection_is_asked_for_as_far_as_it_is_needed() -> None:
    assert "machine_detection" not in asked(plan())
    branches = asked(plan(on_machine=(Say(text="later"),)), machine_ms=2500)
    assert (branches["machine_detection"], branches["machine_detection_time"]) == ("true", 2500)
    assert "machine_detection_url" not in branches
    assert branches["answer_url"].endswith("/answer?leg=A&detects=1")
    only_hung_up = asked(plan(on_machine=()))
    assert only_hung_up["machine_detection"] == "hangup"
    assert only_hung_up["machine_detection_url"] == f"{HOOKS.base}/machine?leg=A"
    assert only_hung_up["machine_detection_method"] == "POST"


def test_times_stay_within_what_plivo_takes() -> None:
    body = asked(plan(ring_seconds=20, max_seconds=10**6))
    assert (body["ring_timeout"], body["time_limit"]) == (20, 86_400)


async def test_a_sip_address_is_called_as_it_stands(vendor: Vendor, driver: Plivo) -> None:
    order = placement()
    await driver.originate(replace(order, plan=plan(to=SipUri(uri="sip:desk@example.com"))), HOOKS)
    assert vendor.calls[0]["to"] == "sip:desk@example.com"


async def test_without_a_caller_id_the_first_rented_number_is_shown(vendor: Vendor) -> None:
    driver = at(vendor, caller_id=None)
    with pytest.raises(Rejected, match="rent a number"):
        await driver.originate(placement(), HOOKS)
    assert vendor.calls == []
    vendor.numbers["+14155550123"] = "1"
    await driver.originate(placement(), HOOKS)
    await driver.originate(placement(), HOOKS)
    assert [call["from"] for call in vendor.calls] == ["+14155550123"] * 2
    assert len([each for each in vendor.requests if each[1] == "Number/"]) == 2
    await driver.close()


async def test_who_joins_a_conference_names_its_first_leg(vendor: Vendor, driver: Plivo) -> None:
    for room in ("one", "two", "one", "one"):
        await driver.originate(placement(Conference(room=room)), HOOKS)
    refs = [leg.uuid for leg in vendor.exchange.legs]
    assert [call.get("parent_call_uuid") for call in vendor.calls] == [None, None, refs[0], refs[0]]


@pytest.mark.parametrize(
    ("ordered", "reason"),
    [
        (plan(Say(text="x", language="ja-JP")), "does not speak ja-JP"),
        (plan(Say(text="x", voice="Darth")), "no voice called 'Darth'"),
        (plan(on_machine=(Say(text="x", language="ja-JP"),)), "does not speak ja-JP"),
        (plan(Play(url="ftp://example.com/a.mp3")), "http and https"),
        (plan(SendDigits(digits="12A")), "no tones but"),
        (plan(Say(text="x"), SendDigits(digits="1", tone_ms=500)), "come first"),
        (plan(SendText(text="x"), to=SipUri(uri="sip:a@example.com")), "telephone numbers only"),
        (plan(caller_id=WITHHELD), "shows a number"),
        (plan(caller_id=AMY), "at the same time"),
    ],
)
def test_what_plivo_cannot_do_is_refused_with_its_reason(ordered: LegPlan, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        Plivo(auth_id="x", auth_token="y", base_url="http://127.0.0.1:9", key=b"k" * 32).check(ordered)


def test_what_plivo_can_do_is_let_through() -> None:
    driver = Plivo(auth_id="x", auth_token="y", base_url="http://127.0.0.1:9", key=b"k" * 32)
    driver.check(
        plan(SendDigits(digits="123", tone_ms=500), Say(text="x", language="es"), Play(url="https://a/b"))
    )
    driver.check(plan(Say(text="x", language="ja-JP", voice="polly.Mizuki"), Say(text="x", voice="woman")))


# --- an order for everything is never given ------------------------------------------------------


@pytest.mark.parametrize("ref", ["", " "])
async def test_an_empty_reference_hangs_up_nothing(vendor: Vendor, driver: Plivo, ref: str) -> None:
    with pytest.raises(ValueError, match="all of them"):
        await driver.hang_up(ProviderRef(ref))
    assert vendor.requests == []
    assert part("../Call") == "..%2FCall"


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cursors", "with_offsets"), [(False, False), (True, True)])
async def test_history_follows_every_page_and_reads_the_consoles_times(
    vendor: Vendor, driver: Plivo, cursors: bool, with_offsets: bool
) -> None:
    vendor.cursors, vendor.with_offsets = cursors, with_offsets
    since = datetime.now(UTC) - timedelta(minutes=1)
    vendor.phones["+12125550101"] = Phone(does="busy")
    for _ in range(41):
        await driver.originate(placement(), HOOKS)
    await vendor.until(lambda: all(leg.ended for leg in vendor.exchange.legs))
    entries = await driver.history(since, datetime.now(UTC) + timedelta(minutes=1))
    assert len({entry.ref for entry in entries}) == 41
    assert all(since < entry.started_at < datetime.now(UTC) for entry in entries)
    assert {(entry.to, entry.outcome) for entry in entries} == {("+12125550101", "Busy Line")}


async def test_long_spans_are_asked_for_in_pieces(vendor: Vendor, driver: Plivo) -> None:
    until = datetime.now(UTC)
    await driver.history(until - timedelta(days=80), until)
    spans = [body for _, path, body in vendor.requests if path == "Call/"]
    assert len(spans) == 3
    for span in spans:
        first, last = (datetime.fromisoformat(span[name]) for name in ("end_time__gte", "end_time__lt"))
        assert last - first <= timedelta(days=30)


async def test_a_placement_is_followed_from_the_queue_to_its_bill(vendor: Vendor, driver: Plivo) -> None:
    vendor.phones[AMY.e164] = Phone(does="rings on")
    order = replace(placement(to=AMY.e164, at=datetime.now(UTC)), refs=())
    assert await driver.look_up(order) is None
    placed = await driver.originate(order, HOOKS)
    ringing = await driver.look_up(order)
    assert ringing is not None
    assert (ringing.refs, [str(each.kind) for each in ringing.events]) == (placed.refs, ["rang"])
    vendor.hang_up(AMY.e164)
    await vendor.until(lambda: vendor.leg(AMY.e164).ended)
    over = await driver.look_up(order)
    assert over is not None
    (end,) = over.events
    assert (str(end.kind), end.cost, end.sequence) == ("hung_up", Money(amount=Decimal("0.00000")), 1)
    assert abs(end.at - datetime.now(UTC)) < timedelta(seconds=10)


@pytest.mark.parametrize("over", [False, True])
async def test_a_leg_that_another_one_rang_was_never_asked_for(
    vendor: Vendor, driver: Plivo, over: bool
) -> None:
    parent = Leg(number="+6598765432", ours=OURS.e164)
    child = Leg(number=AMY.e164, ours=OURS.e164, parent=parent, answered=datetime.now(UTC))
    vendor.exchange.legs += [parent, child]
    if over:
        vendor.exchange.end(child, 4000, "Callee")
    order = placement(to=AMY.e164, at=datetime.now(UTC))
    assert await driver.look_up(order) is None
    child.parent = None
    assert await driver.look_up(order) is not None


async def test_once_over_the_legs_that_it_rang_are_told_with_their_cost(
    vendor: Vendor, driver: Plivo
) -> None:
    bob = Party(role=LegRole("B"), address=PhoneNumber(e164="+6598765432"))
    order = replace(placement(), plan=plan(Dial(parties=(bob,))))
    now = datetime.now(UTC)
    parent = Leg(number=AMY.e164, ours=OURS.e164, answered=now)
    child = Leg(number="+6598765432", ours=OURS.e164, parent=parent, answered=now)
    vendor.exchange.legs += [parent, child]
    for leg in (parent, child):
        vendor.exchange.end(leg, 4000, "Callee")
    known = replace(order, refs=((LegRole("A"), ProviderRef(parent.uuid)),))
    sighting = await driver.look_up(known)
    assert sighting is not None
    assert [(each.role, str(each.kind), each.ref) for each in sighting.events] == [
        ("A", "answered", parent.uuid),
        ("A", "hung_up", parent.uuid),
        ("B", "answered", child.uuid),
        ("B", "hung_up", child.uuid),
    ]
    assert {str(each.cost) for each in sighting.events if each.cost} == {"0.0120 USD"}


async def test_two_that_fit_are_none(vendor: Vendor, driver: Plivo) -> None:
    vendor.phones[AMY.e164] = Phone(does="rings on")
    order = placement(to=AMY.e164, at=datetime.now(UTC))
    for _ in range(2):
        vendor.exchange.place({"to": AMY.e164, "from": OURS.e164})
    assert await driver.look_up(order) is None


async def test_a_call_of_another_time_or_placement_is_not_ours(vendor: Vendor, driver: Plivo) -> None:
    vendor.phones[AMY.e164] = Phone(does="rings on")
    now = datetime.now(UTC)
    await driver.originate(placement(to=AMY.e164, at=now), HOOKS)
    other = Placement(
        token=type(placement().token)("another"),
        call=placement().call,
        plan=plan(),
        provider="plivo",
        created_at=now,
    )
    assert await driver.look_up(other) is None, "it belongs to the first"
    stranger = at(vendor)
    assert await stranger.look_up(other) is not None, "another process cannot know"
    earlier = replace(other, created_at=now - timedelta(minutes=5))
    assert await stranger.look_up(earlier) is None
    await stranger.close()


# --- money, texts, numbers -----------------------------------------------------------------------


async def test_prices_by_the_longest_prefix_and_how_long_the_credit_lasts(
    vendor: Vendor, driver: Plivo
) -> None:
    quote = await driver.rate(AMY)
    assert quote.per_minute == Money(amount=Decimal("0.09000"))
    assert quote.talk_seconds == int(Decimal("12.50") / Decimal("0.09") * 60)
    assert (await driver.rate(PhoneNumber(e164="+6561234567"))).per_minute.amount == Decimal("0.01200")
    assert (await driver.rate(PhoneNumber(e164="+442079460018"))).per_minute.amount == Decimal("0.01000")
    assert (await driver.rate(SipUri(uri="sip:a@example.com"))).per_minute.amount == Decimal("0.00300")
    countries = [body["country_iso"] for _, path, body in vendor.requests if path == "Pricing/"]
    assert countries == ["SG", "SG", "GB", "US"]
    assert await driver.balance() == Money(amount=Decimal("12.50"))


async def test_a_text_message(vendor: Vendor, driver: Plivo) -> None:
    assert await driver.send_text(AMY, "You have voicemail: https://x/r/1 & more", None) == "m-1"
    assert vendor.exchange.texts == [
        {
            "src": OURS.e164,
            "dst": AMY.e164,
            "text": "You have voicemail: https://x/r/1 & more",
            "type": "sms",
            "url": "https://phone.example.com/hooks/plivo/message",
            "method": "POST",
        }
    ]


async def test_renting_makes_one_application_and_keeps_it_pointed_at_us(
    vendor: Vendor, driver: Plivo
) -> None:
    vendor.apps["7"] = {"app_name": "Patchline-old", "answer_url": "https://elsewhere.example.com"}
    vendor.offered = [
        {
            "number": "14155550123",
            "region": "California",
            "city": "San Francisco",
            "monthly_rental_rate": "0.80",
        },
        {"number": "14155550124", "region": "California", "monthly_rental_rate": "0.80"},
    ]
    offers = await driver.offers("us", "california")
    assert [(str(each.number), each.region) for each in offers] == [
        ("+14155550123", "San Francisco, California"),
        ("+14155550124", "California"),
    ]
    did = await driver.rent(offers[0])
    await driver.rent(offers[1])
    assert [app["app_name"] for app in vendor.apps.values()] == ["Patchline-old", "Patchline"]
    (id,) = set(vendor.numbers.values())
    vendor.apps[id]["answer_url"] = "https://moved.example.com"
    await driver.rent(DidOffer(number=PhoneNumber(e164="+14155550125")))
    assert vendor.apps[id]["answer_url"] == "https://phone.example.com/hooks/plivo/incoming"
    assert did in await driver.dids()
    with pytest.raises(Rejected):
        await driver.rent(offers[0])
    await driver.release(did)
    await driver.release(did)
    assert did not in await driver.dids()


async def test_a_number_that_waits_for_papers_is_not_ours_yet(vendor: Vendor, driver: Plivo) -> None:
    vendor.pending = True
    with pytest.raises(Rejected, match="still wants"):
        await driver.rent(DidOffer(number=PhoneNumber(e164="+14155550125")))
    assert Did(number=PhoneNumber(e164="+14155550125"), provider="plivo") not in await driver.dids()


# --- recordings ----------------------------------------------------------------------------------


async def test_recordings_are_fetched_with_credentials_and_deleted(vendor: Vendor, driver: Plivo) -> None:
    vendor.exchange.recordings["77a1"] = {"recording_id": "77a1", "seconds": 3}
    kept = RecordingRef(ref="77a1", url=f"{vendor.exchange.media}/77a1.mp3")
    audio = await driver.fetch(kept)
    assert audio.data[:4] == b"RIFF"
    await driver.forget(kept)
    await driver.forget(kept)
    with pytest.raises(Unavailable):
        await driver.fetch(kept)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/v1/Account/x/Recording/1.mp3",
        "http://127.0.0.1:9/1.mp3",
        "https://media.plivo.com.evil.example.com/1.mp3",
        "https://evilplivo.com/1.mp3",
        "https://media.plivo.com@evil.example.com/1.mp3",
        "https://user:pass@media.plivo.com/1.mp3",
        "https://media.plivo.com:8443/1.mp3",
        "file:///etc/passwd",
        "https://[::1/1.mp3",
        "",
    ],
)
async def test_credentials_go_to_the_vendors_hosts_alone(vendor: Vendor, driver: Plivo, url: str) -> None:
    with pytest.raises(Rejected, match="not Plivo's"):
        await driver.fetch(RecordingRef(ref="1", url=url))


def test_the_vendors_own_host_is_asked_by_https() -> None:
    driver = Plivo(auth_id="x", auth_token="y", base_url="https://api.plivo.com", key=b"k" * 32)
    assert driver._media.trusted("http://media.plivo.com/a/1.mp3") == "https://media.plivo.com/a/1.mp3"
    assert driver._media.trusted("https://api.plivo.com/1.mp3") == "https://api.plivo.com/1.mp3"


# --- settings ------------------------------------------------------------------------------------

GIVEN = {
    "PLIVO_AUTH_ID": ACCOUNT,
    "PLIVO_AUTH_TOKEN": TOKEN,
    "PUBLIC_URL": "https://phone.example.com",
    "PATCHLINE_SECRET_KEY": "k" * 48,
}


def settings(**more: str) -> Any:
    return load({**GIVEN, **more}, providers={"plivo": PlivoSettings})


def test_settings_make_a_driver() -> None:
    made = make_plivo(settings(PLIVO_SIP_HEADERS="team=sales, site=7", PLIVO_DIGITS_EARLY="yes"), FakeClock())
    assert made.name == "plivo"
    assert isinstance(made, Plivo)
    assert made._options.sip_headers == "team=sales,site=7"
    assert made._options.digits_early


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is missing: Plivo asks there"),
        ({"PLIVO_AUTH_TOKEN": ""}, "PLIVO_AUTH_TOKEN is missing"),
        ({"PLIVO_SIP_HEADERS": "team=sales & marketing"}, "PLIVO_SIP_HEADERS is no list"),
        ({"PLIVO_CALLER_NAME": "x" * 51}, "50 characters"),
        ({"PLIVO_MACHINE_MS": "1999"}, "2000 to 10000"),
        ({"PLIVO_MACHINE_MS": "five"}, "2000 to 10000"),
        ({"PLIVO_DIGITS_EARLY": "perhaps"}, "yes or no"),
        ({"PLIVO_APP_NAME": "my app"}, "letters, digits"),
        ({"PATCHLINE_TTS_LANGUAGE": "ja-JP"}, "does not speak"),
    ],
)
def test_mistakes_are_named(given: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        settings(**given)


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/Account", "/v1/Account/"])
async def test_the_address_may_be_given_as_far_as_one_likes(vendor: Vendor, ending: str) -> None:
    driver = Plivo(auth_id=ACCOUNT, auth_token=TOKEN, base_url=vendor.url + ending, key=b"k" * 32)
    assert (await driver.balance()).amount == Decimal("12.50")
    await driver.close()
