"""Where a number begins and ends in a sentence, and which numbers are never dialled."""

from dataclasses import replace

import pytest

from bot.domain.number_ranges import (
    NumberKind,
    is_emergency,
    is_possible,
    is_short_code,
    is_valid,
    kind_of,
    region_of,
    zones_of,
)
from bot.domain.numbers import PhoneNumber
from bot.parse.command import Call, Problems, Understood
from bot.parse.parser import parse
from tests.unit.parse.people import ASKERS, LONDON, NEW_YORK, SINGAPORE


def number(e164: str) -> PhoneNumber:
    return PhoneNumber(e164=e164)


def called(text: str, key: str = "SG") -> list[str]:
    parsed = parse(text, ASKERS[key])
    assert isinstance(parsed, Understood), parsed
    assert isinstance(parsed.command, Call)
    return [str(target.address) for target in parsed.command.targets]


def code(text: str, key: str = "SG") -> str:
    parsed = parse(text, ASKERS[key])
    assert isinstance(parsed, Problems), parsed
    return parsed.found[0].code


@pytest.mark.parametrize(
    "tail",
    [
        "at 9am",
        "14:45",
        "9 am",
        "9pm",
        "2026-03-11 09:00",
        "tomorrow 9am",
        "0900 tomorrow",
        "2359 hrs",
        "in 20 minutes",
        "12 march at 9am",
        "on 12/3/2027 at 9am",
        "11.59pm",
    ],
)
@pytest.mark.parametrize(
    "written",
    [
        "+6591234567",
        "+65 9123 4567",
        "9123 4567",
        "91234567",
        "+65-9123-4567",
        "(+65) 9123-4567",
        "65 9123 4567",
        "tel:+6591234567",
    ],
)
def test_a_number_ends_where_the_time_begins(written: str, tail: str) -> None:
    parsed = parse(f"call {written} {tail}", replace(SINGAPORE, date_order="DMY"))

    assert isinstance(parsed, Understood), parsed
    assert isinstance(parsed.command, Call)
    assert [str(target.address) for target in parsed.command.targets] == ["+6591234567"]
    assert parsed.command.when


def test_numbers_in_a_row_are_cut_where_only_one_cut_makes_sense() -> None:
    assert called('call 91234567 61234567 98765432 and say "hi"') == [
        "+6591234567",
        "+6561234567",
        "+6598765432",
    ]
    assert called("call 212 555 0123 415 555 0101 and hang up", "NY") == ["+12125550123", "+14155550101"]


def test_an_extension_is_dialled_after_the_answer() -> None:
    for written in ("x45", " x45", " ext 45", " ext. 45", " extension 45", ";ext=45"):
        assert called(f"call 212-555-0123{written}", "NY") == ["+12125550123;ext=45"]


def test_what_is_inside_links_quotes_and_addresses_is_no_number() -> None:
    assert called("play https://a.example/91234567/2026-03-10.mp3 to amy") == ["+6561234567"]
    assert called('say "ring 91234567 at 9am" to amy') == ["+6561234567"]
    assert called("call sip:+6591234567@x.example") == ["sip:+6591234567@x.example"]


def test_letters_are_never_dialled() -> None:
    assert code("call 1-800-FLOWERS", "NY") == "invalid_number"
    assert code("call +1 415 555 26AB", "NY") == "invalid_number"


# --- never -----------------------------------------------------------------------------------------

EMERGENCIES = ("911", "112", "999", "995", "000", "110", "119", "108", "993", "15", "18", "17", "192")
WRITTEN = ("{}", "{}", "{} now", "{} at 5pm", "amy and {}", "{} and patch me in")


@pytest.mark.parametrize("digits", EMERGENCIES)
@pytest.mark.parametrize("key", sorted(ASKERS))
def test_emergency_numbers_are_refused_everywhere(digits: str, key: str) -> None:
    name = next(iter(ASKERS[key].contacts))
    sentences = [
        f"call {digits}",
        f"call {digits} at 5pm",
        f"conference {name}, me and {digits}",
        f"add {digits} to 12",
        f"transfer 12 to {digits}",
        f"call {name} and patch in {digits}",
        f"call sip:{digits}@x.example",
        f"save x as {digits}",
    ]
    if ASKERS[key].own_numbers:
        sentences.append(f"forward {ASKERS[key].own_numbers[0].e164} to {name}, then {digits}")
    assert {sentence: code(sentence, key) for sentence in sentences} == dict.fromkeys(sentences, "emergency")


@pytest.mark.parametrize(
    "written",
    ["9-1-1", "9 1 1", "+1911", "+1 911", "+65995", "+44 999", "9991", "tel:911", "(911)", "９１１", "*911*"],
)
def test_an_emergency_number_in_disguise_is_one(written: str) -> None:
    assert code(f"call {written}") == "emergency"


def test_other_short_and_costly_numbers_are_refused() -> None:
    assert [code(f"call {short}", "NY") for short in ("988", "411")] == ["short_code"] * 2
    assert code("call 1777") == "short_code"
    costly = (
        "+1 900 555 0101",
        "+44 909 879 0123",
        "+881612345678",
        "+870773111632",
        "+979123456789",
        "+65 1900 123 4567",
    )
    assert {written: code(f"call {written}", "NY") for written in costly} == dict.fromkeys(costly, "premium")


def test_an_admin_can_let_a_range_in() -> None:
    parsed = parse("call +1 900 555 0101", replace(NEW_YORK, allowed_prefixes=("+1900",)))

    assert isinstance(parsed, Understood)


@pytest.mark.parametrize(
    "written", ["12", "+999123456789", "+44 20 7946", "912345678901234567", "+1212555", "7"]
)
def test_half_numbers_are_pointed_at(written: str) -> None:
    parsed = parse(f"call {written}", LONDON)

    assert isinstance(parsed, Problems)
    assert (parsed.found[0].code, parsed.found[0].word) == ("invalid_number", written)


# --- ranges ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("e164", "kind"),
    [
        ("+6591234567", NumberKind.MOBILE),
        ("+442079460018", NumberKind.FIXED),
        ("+14155550101", NumberKind.FIXED_OR_MOBILE),
        ("+18005550123", NumberKind.TOLL_FREE),
        ("+80012345678", NumberKind.TOLL_FREE),
        ("+19005550101", NumberKind.PREMIUM),
        ("+1900555", NumberKind.PREMIUM),
        ("+80812345678", NumberKind.SHARED_COST),
        ("+881612345678", NumberKind.SATELLITE),
        ("+447012345678", NumberKind.PERSONAL),
        ("+447700900123", NumberKind.UNKNOWN),
        ("+999123456", NumberKind.UNKNOWN),
    ],
)
def test_the_kind_of_a_range(e164: str, kind: NumberKind) -> None:
    assert kind_of(number(e164)) is kind
    assert kind.is_costly == (kind in (NumberKind.PREMIUM, NumberKind.SHARED_COST, NumberKind.SATELLITE))


def test_what_a_number_tells_of_its_place() -> None:
    assert (region_of(number("+6591234567")), zones_of(number("+6591234567"))) == ("SG", ("Asia/Singapore",))
    assert region_of(number("+881612345678")) is None
    assert zones_of(number("+999123456")) == ()
    assert len(zones_of(number("+18005550123"))) > 1


def test_possible_is_not_valid() -> None:
    assert is_possible(number("+6511111111"))
    assert not is_valid(number("+6511111111"))
    assert not is_possible(number("+44207946"))
    assert is_valid(number("+442079460018"))


def test_short_codes_belong_to_their_country() -> None:
    assert is_short_code("988", ("US",))
    assert not is_short_code("988", ("SG",))
    assert not is_emergency("12345")
    assert not is_emergency("+6591234567", ("SG",))
    assert is_emergency("9116", ("US",))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("cancel 99999", (99999,)),
        ("cancel #123456", (123456,)),
        ("cancel call #1234567 and #12", (1234567, 12)),
        ("hang up #999999999", (999999999,)),
    ],
)
def test_a_call_number_of_many_digits_wants_its_mark(text: str, ids: tuple[int, ...]) -> None:
    parsed = parse(text, ASKERS["SG"])
    assert isinstance(parsed, Understood), parsed
    assert getattr(parsed.command, "ids", None) == ids


@pytest.mark.parametrize("text", ["cancel 123456", "cancel #1234567890", "cancel #0"])
def test_what_may_be_somebodys_phone_is_no_call_number(text: str) -> None:
    assert code(text) == "bad_id"
