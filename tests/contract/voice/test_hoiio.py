"""What is Hoiio's own: its status codes, dates and lists, addresses that are sealed, blocks that follow each
other; over real HTTP where there is a wire."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from adapters.voice.hoiio.api import moment, number, whole
from adapters.voice.hoiio.blocks import LONGEST_SPEECH, blocks_of, room, speech
from adapters.voice.hoiio.driver import Hoiio
from adapters.voice.hoiio.leading import following
from adapters.voice.hoiio.places import Addresses, Place, What, read_place
from adapters.voice.hoiio.tables import BUSY, GONE, OPEN, class_of
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import Money
from bot.domain.control import Hold, Mute
from bot.domain.errors import BadSignature, Malformed, OutcomeUnknown, Rejected, Unavailable, Unsupported
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Gather,
    LegRole,
    Party,
    Pause,
    Play,
    Record,
    Say,
    SendText,
)
from bot.domain.leg import LegEventKind, RecordingRef
from bot.domain.numbers import WITHHELD, CallerId, Did, PhoneNumber, SipUri
from bot.ports.http import HttpRequest
from bot.ports.voice import DidOffer, Hooks
from tests.contract.voice.case import HOOKS, IMPATIENT, TOKEN, placement
from tests.contract.voice.cases import hoiio as case
from tests.contract.voice.faults import Canned, vendor
from tests.fakes import FakeClock
from tests.vendors.hoiio import APP, OWN, REGISTERED, SECRET, HoiioService, spoken
from tests.vendors.loopback import Door, Trouble

pytestmark = pytest.mark.asyncio(loop_scope="module")

AMY, BOB = PhoneNumber(e164="+6591234567"), PhoneNumber(e164="+6598765432")
A, B, C = LegRole("A"), LegRole("B"), LegRole("C")
NOWHERE = Hooks(base=None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door() -> AsyncIterator[Door]:
    async with Door().listening() as door:
        yield door


@pytest_asyncio.fixture(loop_scope="module")
async def service(door: Door) -> AsyncIterator[HoiioService]:
    service = HoiioService(FakeClock())
    async with service.open_at(door):
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def driver(service: HoiioService) -> AsyncIterator[Hoiio]:
    driver = Hoiio(
        app_id=APP, access_token=SECRET, clock=service.clock, base_url=service.url, public_url=case.PUBLIC
    )
    yield driver
    await driver.close()


def bridge(*, me_first: bool = True, caller_id: CallerId | None = None) -> Placement:
    """A placement that connects two phones."""
    order = placement(Dial(parties=(Party(role=B, address=BOB),)), to=str(AMY))
    plan = replace(order.plan, party=replace(order.plan.party, is_me=me_first), caller_id=caller_id)
    return replace(order, plan=plan, created_at=FakeClock().now())


# --- status codes ------------------------------------------------------------------------------

CODES = """
    error_invalid_http_method error_malformed_params error_app_id_param_missing error_dest_param_missing
    error_tag_invalid_length error_invalid_access_token error_invalid_app_id error_permission_denied
    error_user_not_found error_user_not_live error_developer_suspended error_application_not_published
    error_connect_not_enabled error_invalid_code error_code_expired error_insufficient_credit
    error_not_allowed_for_trial error_invalid_notify_url error_unable_to_resolve_notify_url
    error_forward_to_invalid error_dest_invalid error_dest1_not_supported error_invalid_destination
    error_same_dest1_dest2 error_dest_too_many error_caller_id_invalid error_dest2_invalid_number_id
    error_invalid_room error_max_duration_invalid error_txn_ref_access_denied error_from_invalid
    error_to_before_from error_page_size_invalid error_session_access_denied error_session_not_on_hold
    error_on_failure_invalid error_msg_invalid_length error_msg_download_failed error_msg_empty
    error_sms_rebrand_not_enabled error_number_not_available error_exceed_max_subscriptions
    error_mode_invalid error_file_too_big error_of_tomorrow
""".split()  # noqa: SIM905


@pytest.mark.parametrize("code", CODES)
async def test_what_is_wrong_with_the_request_is_final(code: str) -> None:
    assert class_of(code) is Rejected


@pytest.mark.parametrize("code", sorted(BUSY))
async def test_what_hoiio_says_it_could_not_do_just_now_was_surely_not_dialled(
    service: HoiioService, driver: Hoiio, code: str
) -> None:
    service.refusals["voice/call"] = code
    with pytest.raises(Unavailable) as busy:
        await driver.originate(bridge(), HOOKS)
    assert (busy.value.code, busy.value.token) == (code, TOKEN)


@pytest.mark.parametrize("code", [*sorted(OPEN), "strange"])
async def test_what_says_nothing_leaves_the_question_open(
    service: HoiioService, driver: Hoiio, code: str
) -> None:
    service.refusals["voice/call"] = code
    with pytest.raises(OutcomeUnknown):
        await driver.originate(bridge(), HOOKS)


@pytest.mark.parametrize(
    ("http", "code", "error"),
    [
        (500, "error_internal_server_error", OutcomeUnknown),
        (503, "error_rate_limit_exceeded", OutcomeUnknown),
        (500, "error_insufficient_credit", Rejected),
        (400, "error_rate_limit_exceeded", Unavailable),
        (400, "error_unknown_error_code", OutcomeUnknown),
        (401, "error_invalid_access_token", Rejected),
        (429, "error_rate_limit_exceeded", Unavailable),
    ],
)
async def test_a_failure_with_an_http_status_of_its_own(http: int, code: str, error: type[Exception]) -> None:
    """The status inside decides, but a 5xx that names no lasting reason stays an open question."""
    async with vendor(Canned(status=http, body=f'{{"status": "{code}"}}'.encode())) as there:
        driver = case.make(there.url, IMPATIENT)
        with pytest.raises(error) as failure:
            await driver.originate(bridge(), HOOKS)
        await driver.close()
    assert type(failure.value) is error
    assert failure.value.code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", sorted(GONE - {"404"}))
async def test_hanging_up_what_has_ended_is_harmless(service: HoiioService, driver: Hoiio, code: str) -> None:
    service.refusals |= {"voice/hangup": code, "ivr/end/hangup": code}
    await driver.hang_up(ProviderRef("TX-1"))
    await driver.hang_up(ProviderRef("TX-1/S-1"))
    assert [method for method, _ in service.refused] == ["voice/hangup", "ivr/end/hangup"]


async def test_a_hang_up_that_was_not_allowed_is_told(service: HoiioService, driver: Hoiio) -> None:
    service.refusals["voice/hangup"] = "error_permission_denied"
    with pytest.raises(Rejected, match="permission denied"):
        await driver.hang_up(ProviderRef("TX-1"))


# --- requests ----------------------------------------------------------------------------------


async def test_two_phones_are_one_transaction(service: HoiioService, driver: Hoiio) -> None:
    placed = await driver.originate(bridge(), HOOKS)
    [(ref, call)] = service.calls.items()
    assert placed.refs == (("A", ref), ("B", ref))
    assert (call.dests, call.tag) == ([str(AMY), str(BOB)], TOKEN)


async def test_a_hidden_number_is_not_shown_to_the_first_phone_either(
    service: HoiioService, driver: Hoiio
) -> None:
    """In a call between two phones the first one always sees the second: so this one is led."""
    await driver.originate(bridge(me_first=False, caller_id=WITHHELD), HOOKS)
    [asked] = service.of("ivr/start/dial")
    assert (asked["dest"], asked["caller_id"]) == (str(AMY), "private")


@pytest.mark.parametrize("method", ["voice/conference", "conference/call"])
async def test_the_conference_goes_by_either_name(service: HoiioService, method: str) -> None:
    driver = Hoiio(
        app_id=APP, access_token=SECRET, clock=service.clock, base_url=service.url, conference_method=method
    )
    placed = await driver.originate(placement(Conference(room="r-1"), to=str(AMY)), NOWHERE)
    assert service.of(method) == [{"dest": str(AMY), "room": room("r-1"), "tag": TOKEN}]
    await driver.control(placed.refs[0][1], Mute(on=True), NOWHERE)
    assert service.calls[placed.refs[0][1]].muted
    with pytest.raises(Unsupported):
        await driver.control(placed.refs[0][1], Hold(on=True), NOWHERE)
    await driver.close()


async def test_a_room_of_ours_is_a_room_of_hoiios() -> None:
    assert room("Sales.1") == "Sales.1"
    assert room("a-b") != room("a.b")
    assert len({room("a-b"), room("a b"), room("x" * 33)}) == 3
    assert all(len(room(each)) == 32 for each in ("a-b", "x" * 33, "ü"))


# --- looking -----------------------------------------------------------------------------------


async def test_a_call_is_found_by_its_reference_and_by_its_tag(service: HoiioService, driver: Hoiio) -> None:
    order = bridge()
    assert await driver.look_up(order) is None
    placed = await driver.originate(order, NOWHERE)
    known = replace(order, refs=placed.refs)
    by_tag, by_ref = await driver.look_up(order), await driver.look_up(known)
    assert by_tag == by_ref
    assert by_tag is not None
    assert by_tag.refs == placed.refs
    assert [(each.role, each.kind) for each in by_tag.events] == [("A", LegEventKind.DIALED)]


async def test_live_status_grows_firmer_with_time(service: HoiioService, driver: Hoiio) -> None:
    """`ongoing` is said from the first ring on."""
    order = bridge()
    await driver.originate(order, NOWHERE)
    seen = []
    for seconds in (0, 61, 60):
        await service.clock.advance(seconds)
        sighting = await driver.look_up(order)
        assert sighting is not None
        seen.append([f"{each.role} {each.kind}" for each in sighting.events])
    assert seen == [
        ["A dialed"],
        ["A dialed", "A answered", "B dialed"],
        ["A dialed", "A answered", "A bridged", "B dialed", "B answered", "B bridged"],
    ]


async def test_history_comes_in_pages_of_a_hundred_with_utc_and_seconds(
    service: HoiioService, driver: Hoiio
) -> None:
    for _ in range(234):
        call = service._new("AA-S", [str(AMY), str(BOB)], {})
        call.minutes, call.statuses = 2, ["answered", "busy"]
    since = service.clock.now()
    found = await driver.history(since - timedelta(hours=1), since)
    assert len(found) == len({each.ref for each in found}) == 234
    assert [each["page"] for each in service.of("voice/get_history")] == ["1", "2", "3"]
    first = found[0]
    assert (first.to, first.started_at, first.seconds, first.outcome) == (str(BOB), since, 120, "busy")
    assert first.cost == Money(amount=Decimal("0.036"), currency="SGD")
    assert await driver.history(since - timedelta(days=2), since - timedelta(days=1)) == []


async def test_the_price_of_one_phone_is_that_of_a_call_with_the_accounts_own(
    service: HoiioService, driver: Hoiio
) -> None:
    one, two = await driver.rate(AMY), await driver.rate_between(AMY, BOB)
    assert str(one.per_minute) == "0.0360 SGD"
    assert one.talk_seconds == two.talk_seconds == 2352 * 60
    assert service.of("voice/get_rate") == [
        {"dest1": REGISTERED, "dest2": str(AMY)}, {"dest1": str(AMY), "dest2": str(BOB)},
    ]  # fmt: skip
    with pytest.raises(Unsupported):
        await driver.rate(SipUri(uri="sip:amy@example.com"))


async def test_the_balance(driver: Hoiio) -> None:
    assert str(await driver.balance()) == "42.50 SGD"


# --- texts, recordings, numbers ----------------------------------------------------------------


async def test_a_text(service: HoiioService, driver: Hoiio) -> None:
    ref = await driver.send_text(AMY, "Call me & bring 5 €", None)
    assert ref.startswith("AA-M-")
    assert service.texts == [{"dest": str(AMY), "msg": "Call me & bring 5 €"}]
    with pytest.raises(Rejected, match="too big"):
        await driver.send_text(AMY, "x" * 460, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/private.wav", "http://10.0.0.1/a", "http://localhost/a", "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data", "http://[::1]/a", "http://printer/a",
    ],
)  # fmt: skip
async def test_a_recording_is_fetched_from_nowhere_inside(driver: Hoiio, url: str) -> None:
    with pytest.raises(Rejected, match="nowhere"):
        await driver.fetch(RecordingRef(ref=url, url=url))


async def test_a_recording_is_fetched_and_may_come_later(service: HoiioService, driver: Hoiio) -> None:
    recording = RecordingRef(ref="x", url=f"{service.url}/files/1.wav")
    service.files["files/1.wav"] = b"RIFF...."
    assert (await driver.fetch(recording)).data == b"RIFF...."
    await driver.forget(recording)


async def test_numbers(service: HoiioService, driver: Hoiio) -> None:
    [offer] = await driver.offers("us", "california")
    assert (str(offer.number), offer.region, str(offer.monthly)) == ("+14155550123", "California", "5.50 SGD")
    assert service.of("number/get_choices")[-1] == {"country": "US", "state": "CA"}
    assert [str(each.number) for each in await driver.offers("SG", None)] == ["+6531580001"]
    assert await driver.offers("US", "nevada") == ()
    assert await driver.offers("FR", None) == []
    did = await driver.rent(offer)
    forward_to = service.numbers["+14155550123"]
    assert forward_to.startswith(f"{case.PUBLIC}/hooks/hoiio/incoming.")
    assert set(await driver.dids()) == {did, Did(number=PhoneNumber(e164=OWN), provider="hoiio")}
    with pytest.raises(Unsupported, match="lapses"):
        await driver.release(did)


async def test_a_number_that_is_rented_but_leads_nowhere_is_said_to_be_so(
    service: HoiioService, driver: Hoiio
) -> None:
    service.refusals["number/update_forwarding"] = "error_unable_to_resolve_forward_to"
    with pytest.raises(Unavailable, match="rented, but"):
        await driver.rent(DidOffer(number=PhoneNumber(e164="+14155550123")))


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2012-01-31 12:06:15", datetime(2012, 1, 31, 4, 6, 15, tzinfo=UTC)),
        ("2012-01-31 12:06:15.0", datetime(2012, 1, 31, 4, 6, 15, tzinfo=UTC)),
        ("2012-07-01 00:00:00.250", datetime(2012, 6, 30, 16, 0, 0, 250_000, tzinfo=UTC)),
        ("", None),
    ],
)
async def test_dates_are_gmt_plus_8(text: str, utc: datetime | None) -> None:
    assert moment({"date": text}) == utc


async def test_numbers_come_as_strings() -> None:
    assert [whole({"n": each}, "n") for each in ("7", 7, "7.0", "6.2", "", None)] == [7, 7, 7, 7, None, None]
    for wrong in ("x", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="not a number"):
            whole({"n": wrong}, "n")


@pytest.mark.parametrize("text", ["+6591234567", " 6591234567", "6591234567"])
async def test_a_plus_that_a_form_ate_comes_back(text: str) -> None:
    assert number(text) == AMY


@pytest.mark.parametrize("text", ["", "anonymous", "private", "+"])
async def test_a_withheld_number_is_none(text: str) -> None:
    assert number(text) is None


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        Place(what=What.CALL, rung=(B,)),
        Place(what=What.FLOW, role=C, done=12, rung=(LegRole("AA"), LegRole("AB")), shown=AMY),
        Place(what=What.FLOW, shown=WITHHELD),
        Place(what=What.TAPE),
    ],
)
async def test_a_place_can_be_read_back(place: Place) -> None:
    assert read_place(place.label) == place


@pytest.mark.parametrize(
    "label", ["", "flow", "flow.A.x.-.-", "dance.A.0.-.-", "flow.A.0.-.x", "a.b.c.d.e.f"]
)
async def test_what_is_no_place_is_malformed(label: str) -> None:
    with pytest.raises(Malformed):
        read_place(label)


async def test_the_step_in_an_address_cannot_be_changed(driver: Hoiio) -> None:
    """Hoiio signs the body alone; whoever caught one notice must not be able to run another step with it."""
    request = case.sign(case.post(Place(what=What.FLOW, done=1), call_state="ongoing", session="S-1"))
    driver.verify(request)
    for changed in (request.url.replace("flow.A.1", "flow.A.7"), request.url.replace(TOKEN, "another")):
        with pytest.raises(BadSignature):
            driver.verify(replace(request, url=changed))


async def test_calls_to_us_are_announced_at_a_plain_address_or_a_sealed_one(driver: Hoiio) -> None:
    fields = {"call_state": "ringing", "session": "S-1", "txn_ref": "T-1", "from": str(AMY), "to": OWN}
    for url in (f"{case.PUBLIC}/hooks/hoiio/incoming", Addresses(SECRET).incoming(case.PUBLIC)):
        request = case.sign_with(SECRET, case.at(url, **fields))
        driver.verify(request)
        incoming = driver.incoming(request)
        assert incoming is not None
        assert (incoming.ref, incoming.caller, str(incoming.did)) == ("T-1/S-1", AMY, OWN)
        with pytest.raises(BadSignature):
            driver.verify(replace(request, headers={}))
        with pytest.raises(BadSignature):
            driver.verify(replace(request, url=url + "x"))
    with pytest.raises(Malformed):
        driver.incoming(case.at(f"{case.PUBLIC}/hooks/hoiio/incoming", call_state="ringing"))


@pytest.mark.parametrize("believes", [True, False])
async def test_fields_in_the_address_alone_are_believed_only_where_that_was_chosen(believes: bool) -> None:
    driver = Hoiio(
        app_id=APP, access_token=case.SECRET, clock=FakeClock(), base_url="http://127.0.0.1:9",
        believes_bodiless=believes,
    )  # fmt: skip
    url = case.post(case.BRIDGE).url + "?" + urlencode(case.record("answered", "busy"))
    request = HttpRequest(method="POST", url=url, path="/", received_at=case.NOW)
    plain = replace(request, url=f"{case.PUBLIC}/hooks/hoiio/incoming?to=%2B6531580000&session=S-1")
    if believes:
        driver.verify(request)
        assert list(driver.events(request)) == list(case.SECOND_WAS_BUSY.events)
    else:
        with pytest.raises(BadSignature):
            driver.verify(request)
    with pytest.raises(BadSignature):
        driver.verify(plain)
    await driver.close()


async def test_the_body_wins_over_the_address(driver: Hoiio) -> None:
    request = case.post(case.BRIDGE, **case.record("answered", "busy"))
    query = "?" + urlencode({"call_status_dest1": "unanswered", "more": "x"})
    assert list(driver.events(replace(request, url=request.url + query))) == list(case.SECOND_WAS_BUSY.events)


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"call_status_dest1": "answered"}, {**case.RECORD, "duration": "two"},
        {**case.RECORD, "date": "yesterday"}, {**case.RECORD, "currency": "SGD", "debit": "free"},
    ],
)  # fmt: skip
async def test_what_hoiio_never_sends_is_malformed(driver: Hoiio, fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        driver.events(case.post(case.BRIDGE, **fields))


# --- blocks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["a" * 2000, "Tom & Jerry <b> " * 90, "<&>" * 400, "word " * 300, "ü" * 600, "&" * 1200]
)
@pytest.mark.parametrize("language", [None, "zh-HK"])
async def test_a_long_text_is_cut_where_it_may_be_and_nothing_is_lost(
    text: str, language: str | None
) -> None:
    blocks = blocks_of(CallFlow(steps=(Say(text=text, language=language),)))
    messages = [speech(each) for each in blocks[:-1] if isinstance(each, Say)]
    assert len(messages) == len(blocks) - 1 > 1
    assert all(len(each) <= LONGEST_SPEECH for each in messages)
    heard = "".join(spoken(each).rpartition("] ")[2] for each in messages)
    assert heard.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Say(text="Hello."), "Hello."),
        (Say(text="Hello.", language="en-GB", voice="female"), "Hello."),
        (Say(text="Hello.", voice="male"), '<speech language="en" gender="male">Hello.</speech>'),
        (Say(text="你好", language="zh-HK"), '<speech language="zh-HK" gender="female">你好</speech>'),
        (Say(text="a < b & c"), '<speech language="en" gender="female">a &lt; b &amp; c</speech>'),
    ],
)
async def test_a_message(step: Say, message: str) -> None:
    assert speech(step) == message


FLOW = blocks_of(
    CallFlow(
        steps=(
            Gather(prompt="Press 1."), Dial(parties=(Party(role=B, address=BOB),)), Record(),
            Conference(room="r"),
        )
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "fields", "next_block"),
    [
        (Place(what=What.INCOMING), {"call_state": "ringing"}, 0),
        (Place(what=What.INCOMING), {"call_state": "ended"}, None),
        (Place(what=What.FLOW), {"call_state": "ongoing", "dial_status": "answered"}, 0),
        (Place(what=What.FLOW), {"call_state": "ongoing", "dial_status": "busy"}, None),
        (Place(what=What.FLOW, done=1), {"call_state": "ongoing", "digits": "1"}, 1),
        (Place(what=What.FLOW, done=1), {"call_state": "ongoing", "digits": "2"}, 4),
        (Place(what=What.FLOW, done=1), {"call_state": "ongoing"}, 4),
        (Place(what=What.FLOW, done=1), {"call_state": "ended", "digits": "1"}, None),
        (Place(what=What.FLOW, done=2), {"call_state": "ongoing", "transfer_status": "answered"}, None),
        (Place(what=What.FLOW, done=2), {"call_state": "ongoing", "transfer_status": "ongoing"}, None),
        (Place(what=What.FLOW, done=2), {"call_state": "ongoing", "transfer_status": "unanswered"}, 2),
        (Place(what=What.FLOW, done=3), {"call_state": "ended", "record_url": "https://x"}, None),
        (Place(what=What.FLOW, done=3), {"call_state": "ongoing", "record_url": "https://x"}, 3),
        (Place(what=What.FLOW, done=4), {"call_state": "ongoing", "transfer_status": "answered"}, None),
        (Place(what=What.FLOW, done=4), {"call_state": "ongoing", "transfer_status": "failed"}, 4),
        (Place(what=What.FLOW, done=5), {"call_state": "ongoing"}, None),
        (Place(what=What.FLOW, done=99), {"call_state": "ongoing"}, None),
        (Place(what=What.TAPE), {"call_state": "ongoing"}, None),
        (Place(what=What.CALL), {}, None),
    ],
)
async def test_what_follows(place: Place, fields: dict[str, str], next_block: int | None) -> None:
    assert following(place, fields, FLOW) == next_block


# --- carrying on -------------------------------------------------------------------------------


async def test_a_session_that_is_not_ready_yet_is_asked_again(service: HoiioService, driver: Hoiio) -> None:
    await driver.originate(placement(Say(text="hi"), to=str(AMY)), HOOKS)
    [call] = service.calls.values()
    call.state = "busy"
    notice = case.at(case.post(Place(what=What.FLOW)).url, session=call.session or "", call_state="ongoing")
    flow = CallFlow(steps=(Say(text="hi"),))
    carrying = service.soon(driver.carry_on(notice, flow))
    await service.news.until(lambda: service.refused)
    call.state = "ready"
    while not carrying.done():
        await service.clock.advance(1)
        await service.news.quiet(0.01)
    assert service.refused == [("ivr/middle/play", "error_session_not_ready")]
    assert call.heard == ["hi"]


async def test_a_transfer_whose_answer_was_lost_is_not_asked_again(
    service: HoiioService, driver: Hoiio
) -> None:
    flow = CallFlow(steps=(Say(text="hi"), Dial(parties=(Party(role=B, address=BOB),)), Say(text="bye")))
    await driver.originate(placement(*flow.steps, to=str(AMY)), HOOKS)
    [call] = service.calls.values()
    await service.news.until(lambda: call.state == "ready")
    service.trouble["ivr/end/transfer"] = Trouble.BROKEN_BEFORE
    url = case.post(Place(what=What.FLOW, done=1)).url
    await driver.carry_on(case.at(url, session=call.session or "", call_state="ongoing"), flow)
    assert service.of("ivr/end/transfer") == []
    service.trouble["ivr/middle/play"] = Trouble.BROKEN_BEFORE
    url = case.post(Place(what=What.FLOW)).url
    playing = service.soon(
        driver.carry_on(case.at(url, session=call.session or "", call_state="ongoing"), flow)
    )
    while not playing.done():
        await service.clock.advance(1)  # type: ignore[attr-defined]
        await service.news.quiet(0.01)
    assert call.heard == ["hi"], "what rings nobody may be asked again"


async def test_orders_that_nobody_knows_any_more_end_the_call(service: HoiioService, driver: Hoiio) -> None:
    await driver.originate(placement(Say(text="hi"), to=str(AMY)), HOOKS)
    [call] = service.calls.values()
    await service.news.until(lambda: call.state == "ready")
    notice = case.at(case.post(Place(what=What.FLOW)).url, session=call.session or "", call_state="ongoing")
    await driver.carry_on(notice, None)
    await service.news.until(lambda: call.state == "ended")
    assert call.heard == []


async def test_a_ringing_call_without_orders_is_left_to_ring(service: HoiioService, driver: Hoiio) -> None:
    announced = case.at(f"{case.PUBLIC}/hooks/hoiio/incoming", session="S-9", call_state="ringing", to=OWN)
    await driver.carry_on(announced, None)
    assert service.asked == []


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (placement(SendText(text="x")).plan, "text"),
        (placement(Say(text="x", voice="bogus")).plan, "voice"),
        (placement(Play(url="https://example.com/" + "a" * 1000)).plan, "too long"),
        (placement(Dial(parties=(Party(role=B, address=SipUri(uri="sip:a@example.com")),))).plan, "sip"),
        (
            LegPlan(
                party=Party(role=A, address=AMY),
                flow=CallFlow(steps=(Dial(parties=(Party(role=B, address=BOB),)),), record=True),
            ),
            "recorded",
        ),
        (LegPlan(party=Party(role=A, address=AMY), flow=CallFlow(on_machine=())), "machine"),
    ],
)  # fmt: skip
async def test_it_is_refused_at_planning_time(driver: Hoiio, plan: LegPlan, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        driver.check(plan)


async def test_without_a_public_url_only_simple_calls_can_be_had(service: HoiioService) -> None:
    driver = Hoiio(app_id=APP, access_token=SECRET, clock=service.clock, base_url=service.url)
    driver.check(bridge().plan)
    driver.check(placement(Conference(room="r")).plan)
    for order in (placement(), placement(Pause(seconds=1)), bridge(me_first=False, caller_id=AMY)):
        with pytest.raises(Unsupported, match="PUBLIC_URL"):
            driver.check(order.plan)
        with pytest.raises(Unsupported, match="PUBLIC_URL"):
            await driver.originate(order, NOWHERE)
    assert service.asked == []
    await driver.close()


async def test_nothing_of_the_account_or_of_anybodys_number_is_logged(
    service: HoiioService, driver: Hoiio, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    await driver.originate(placement(Say(text="hi"), to=str(AMY)), HOOKS)
    [call] = service.calls.values()
    await service.news.until(lambda: call.state == "ready")
    service.refusals["ivr/middle/play"] = "error_msg_invalid_language"
    notice = case.at(case.post(Place(what=What.FLOW)).url, session=call.session or "", call_state="ongoing")
    await driver.carry_on(notice, CallFlow(steps=(Say(text="a secret text"),)))
    await service.news.until(lambda: call.state == "ended")
    said = "\n".join([*(each.getMessage() for each in caplog.records), *capsys.readouterr()])
    assert "a block was refused" in said
    for secret in (APP, SECRET, str(AMY)[1:], TOKEN, "a secret text"):
        assert secret not in said
