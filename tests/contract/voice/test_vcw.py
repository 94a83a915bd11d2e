"""What is VCW's own: the order that a plan becomes, answers that fail inside a 200, its unsigned callback."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from adapters.voice.vcw.driver import Vcw
from adapters.voice.vcw.orders import order
from adapters.voice.vcw.tables import LANGUAGES, VOICES, language_of, voice_of
from bot.domain.call import LegPlan
from bot.domain.causes import HangupCause
from bot.domain.errors import BadSignature, Malformed, OutcomeUnknown, Rejected, Unavailable, Unsupported
from bot.domain.flow import (
    CallFlow,
    Dial,
    Gather,
    HangUp,
    LegRole,
    Menu,
    Party,
    Pause,
    Play,
    Say,
    SendText,
    Step,
)
from bot.domain.leg import LegEventKind, RecordingRef
from bot.domain.numbers import WITHHELD, PhoneNumber, SipUri
from bot.ports.voice import Hooks
from tests.contract.voice.case import HOOKS, TOKEN, placement
from tests.contract.voice.cases import vcw as case
from tests.fakes import FakeClock
from tests.vendors.loopback import Door
from tests.vendors.vcw import KEY, PASSWORD, VcwService

pytestmark = pytest.mark.asyncio(loop_scope="module")

AMY, BOB, ME = (PhoneNumber(e164=each) for each in ("+6591234567", "+6598765432", "+6581234567"))
A, B = LegRole("A"), LegRole("B")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door() -> AsyncIterator[Door]:
    async with Door().listening() as door:
        yield door


@pytest_asyncio.fixture(loop_scope="module")
async def service(door: Door) -> AsyncIterator[VcwService]:
    service = VcwService(FakeClock())
    async with service.open_at(door):
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def driver(service: VcwService) -> AsyncIterator[Vcw]:
    driver = Vcw(api_key=KEY, api_password=PASSWORD, base_url=service.url)
    yield driver
    await driver.close()


def plan(*steps: Step, machine: tuple[Step, ...] | None = None, **more: object) -> LegPlan:
    flow = CallFlow(steps=steps, on_machine=machine)
    return replace(LegPlan(party=Party(role=A, address=AMY), flow=flow), **more)  # type: ignore[arg-type]


def dial(number: PhoneNumber | SipUri = BOB, **more: object) -> Dial:
    return Dial(parties=(Party(role=B, address=number, is_me=number == ME),), **more)  # type: ignore[arg-type]


HELLO = {"answer_speak": "Hello", "answer_speak_lang": "en-US"}


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        (plan(Say(text="Hello")), HELLO),
        (plan(Say(text="Hello"), HangUp(), Play(url="https://never.example/")), HELLO),
        (
            plan(Say(text="Hello."), Pause(seconds=1), Say(text="Hello.")),
            {"answer_speak": "Hello. Hello.", "answer_speak_lang": "en-US"},
        ),
        (
            plan(Say(text="a"), Say(text="b", language="en-AU")),
            {"answer_speak": "a b", "answer_speak_lang": "en-US"},
        ),
        (plan(dial(), Say(text="Sorry"), HangUp()), {"answer_dial_to": "6598765432"}),
        (
            plan(dial(), caller_id=ME),
            {"from": "6581234567", "answer_dial_to": "6598765432", "answer_dial_from": "6581234567"},
        ),
        (plan(dial(ME), caller_id=BOB), {"from": "6598765432", "answer_dial_to": "6581234567"}),
        (
            plan(
                Say(text="Hello"), machine=(SendText(text="x", sender=ME),)
            ),
            {**HELLO, "answermachine_sms": "x", "answermachine_sms_from": "6581234567"},
        ),
    ],
)  # fmt: skip
async def test_a_plan_and_its_order(wanted: LegPlan, form: dict[str, str]) -> None:
    assert order(wanted, "en-US", None) == {"to": "6591234567", "record": "NO", **form}


async def test_every_language_of_its_speech() -> None:
    for tag in LANGUAGES:
        assert order(plan(Say(text="x", language=tag)), "en-US", None)["answer_speak_lang"] == tag
        assert language_of(tag.lower()) == tag
    assert [language_of(tag) for tag in ("es-MX", "pt-PT", "de", "en-IN", "ja-JP", "zz")] == [
        "es-ES", "pt-BR", "de-DE", "en-US", None, None,
    ]  # fmt: skip


async def test_every_voice_and_one_that_is_new() -> None:
    assert len(VOICES) == 14
    for voice in VOICES:
        assert order(plan(Say(text="x", voice=voice)), "en-US", None)["answer_tts_voice"] == voice
    assert voice_of("kate") == "en-GB_KateVoice"
    assert voice_of("xx-XX_NewVoice") == "xx-XX_NewVoice"


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (plan(), "something that a person gets"),
        (plan(HangUp(), machine=(Say(text="x"),)), "something that a person gets"),
        (plan(Say(text="a"), Play(url="https://example.com/a.mp3")), "in this order"),
        (plan(Menu(code="1"), Say(text="a")), "in this order"),
        (plan(Say(text="a"), Say(text="b", language="fr-FR")), "in this order"),
        (plan(Menu(code="1"), Menu(code="2")), "in this order"),
        (plan(Play(url="https://example.com/a.mp3", times=2)), "once"),
        (plan(Say(text="a"), Pause(seconds=2), Say(text="b")), "wait"),
        (plan(Pause(seconds=0.5), Say(text="b")), "wait"),
        (plan(Say(text="a", language="ja-JP")), "does not speak ja-JP"),
        (plan(Gather(prompt="1?"), dial()), "nothing it can do for a person"),
        (plan(SendText(text="a")), "for a person"),
        (plan(Say(text="a"), machine=(dial(),)), "for a machine"),
        (plan(Say(text="a"), machine=(Menu(code="1"),)), "for a machine"),
        (plan(Say(text="a"), machine=(SendText(text="x"), Say(text="y"))), "in this order"),
        (plan(dial(SipUri(uri="sip:a@example.com"))), "sip"),
        (plan(replace(dial(), parties=(*dial().parties, *dial(ME).parties))), "several"),
        (plan(Say(text="a"), caller_id=WITHHELD), "always shows a number"),
        (plan(Say(text="a"), party=Party(role=A, address=SipUri(uri="sip:a@example.com"))), "sip"),
        (LegPlan(party=Party(role=A, address=AMY), flow=CallFlow(steps=(dial(),), record=True)), "recorded"),
    ],
)
async def test_it_is_refused_at_planning_time(driver: Vcw, wanted: LegPlan, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        driver.check(wanted)


# --- the wire ---------------------------------------------------------------------------------------------


async def test_what_the_stand_in_takes_and_what_it_refuses(service: VcwService) -> None:
    """It is as strict as the page of the vendor: a test of ours, not of the driver."""
    good = {"to": "6591234567", **HELLO}
    wrong = [
        HELLO, {"to": "+6591234567", **HELLO}, {"to": "6591234567"},
        {**good, "answer_speak_lang": "jp"}, {**good, "record": "yes"}, {**good, "colour": "red"},
        {**good, "callback_url": "ftp://x"}, {"to": "6591234567", "answer_tts": "x"},
    ]  # fmt: skip
    async with httpx.AsyncClient(auth=(KEY, PASSWORD)) as client:
        url = f"{service.url}/pcall/call"
        assert (await client.post(url, data=good)).json()["data"]["code"] == 200
        assert {(await client.post(url, data=each)).status_code for each in wrong} == {400}
        assert (await client.get(url)).status_code == 405
        assert (await client.post(url, data=good, auth=("x", "y"))).status_code == 401


async def test_a_text(service: VcwService, driver: Vcw) -> None:
    assert (await driver.send_text(AMY, "Call me & bring 5 €", None)).startswith("m")
    await driver.send_text(AMY, "again", ME)
    assert service.texts == [
        {"from": "", "to": "6591234567", "msg": "Call me & bring 5 €"},
        {"from": "6581234567", "to": "6591234567", "msg": "again"},
    ]
    service.body_failure = {"send_log": [{"code": 402, "code_desc": "insufficient funds"}]}
    with pytest.raises(Rejected, match="insufficient funds"):
        await driver.send_text(AMY, "x", None)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"data": {"code": 400, "code_desc": "bad"}}, Rejected),
        ({"data": {"code": "401", "code_desc": "bad"}}, Rejected),
        ({"data": {"code": 429, "code_desc": "slow down"}}, Unavailable),
        ({"data": {"code": 500, "code_desc": "oops"}}, OutcomeUnknown),
        ({"data": {"code": "E7", "code_desc": "what"}}, Rejected),
        ({"error": 1, "error_message": "no"}, Rejected),
        ({"data": {"code": 200, "code_desc": ""}}, OutcomeUnknown),
        ({"data": []}, OutcomeUnknown),
    ],
)
async def test_a_200_may_hold_a_failure(
    service: VcwService, driver: Vcw, body: dict[str, object], error: type[Exception]
) -> None:
    service.body_failure = body
    with pytest.raises(error) as failure:
        await driver.originate(placement(Say(text="x"), to=str(AMY)), HOOKS)
    assert type(failure.value) is error


async def test_what_a_failure_says_of_numbers_is_cut(service: VcwService, driver: Vcw) -> None:
    service.body_failure = {"data": {"code": 400, "code_desc": "6591234567 is wrong"}}
    with pytest.raises(Rejected, match="is wrong") as failure:
        await driver.originate(placement(Say(text="x"), to=str(AMY)), HOOKS)
    assert "6591234567" not in str(failure.value)


async def test_the_token_is_in_the_address_of_the_callback_and_nowhere_without_one(
    service: VcwService, driver: Vcw
) -> None:
    await driver.originate(placement(Say(text="x"), dial(), to=str(AMY)), HOOKS)
    assert service.order["callback_url"] == HOOKS.url("done.A.B")
    service.orders.clear()
    await driver.originate(placement(Say(text="x"), to=str(AMY)), Hooks(base=None))
    assert "callback_url" not in service.order


@pytest.mark.parametrize(
    "url", ["https://example.com/a.mp3", "http://127.0.0.1:1/a.mp3", "file:///etc/passwd"]
)
async def test_a_recording_is_fetched_from_vcw_alone(driver: Vcw, url: str) -> None:
    with pytest.raises(Rejected, match="not at VCW"):
        await driver.fetch(RecordingRef(ref=url, url=url))


async def test_a_recording_that_is_not_there_yet_may_come(service: VcwService, driver: Vcw) -> None:
    recording = RecordingRef(ref="x", url=f"{service.url}/files/1.wav")
    service.files["files/1.wav"] = service.sound()
    assert (await driver.fetch(recording)).data == service.sound()
    await driver.forget(recording)


async def test_nothing_of_the_account_or_of_anybodys_number_is_logged(
    service: VcwService, driver: Vcw, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    await driver.originate(placement(Say(text="a secret text", voice="xx-XX_NewVoice"), to=str(AMY)), HOOKS)
    said = "\n".join([*(each.getMessage() for each in caplog.records), *capsys.readouterr()])
    assert "xx-XX_NewVoice" in said
    for secret in (KEY, PASSWORD, str(AMY)[1:], TOKEN, "a secret text"):
        assert secret not in said


# --- the callback -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://phone.example.com/hooks/vcw/done.A", "https://phone.example.com/hooks/vcw//done.A",
        "https://phone.example.com/hooks/vcw/token/other", "https://phone.example.com/hooks/vcw/token/done",
        "https://phone.example.com/hooks/vcw/token/done.", "https://phone.example.com/other",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_ours_is_refused(driver: Vcw, url: str) -> None:
    request = replace(case.form("done.A"), url=url)
    with pytest.raises(BadSignature):
        driver.verify(request)
    with pytest.raises(Malformed):
        driver.events(request)


@pytest.mark.parametrize(
    "body", [b"", b"answer_status=Person", b"{", b"callid=1&billed_seconds=many", b'{"callid": ""}']
)
async def test_what_vcw_never_sends_is_malformed(driver: Vcw, body: bytes) -> None:
    with pytest.raises(Malformed):
        driver.events(case.post("done.A", body))


async def test_an_unknown_word_without_seconds_means_nobody(driver: Vcw) -> None:
    [event] = driver.events(case.form("done.A", answer_status="Fax", billed_seconds="0"))
    assert (event.kind, event.cause) == (LegEventKind.HUNG_UP, HangupCause.NO_ANSWER)
    assert "Fax" in event.raw
    assert driver.incoming(case.form("done.A")) is None
