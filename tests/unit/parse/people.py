"""Six askers to read sentences for, each with a clock that stands still. Numbers are for fiction."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.numbers import Address, PhoneNumber
from bot.parse.context import ParseContext, Platform


def _number(e164: str) -> PhoneNumber:
    return PhoneNumber(e164=e164)


def _contacts(**given: str) -> dict[str, Address]:
    return {name.replace("_", " "): _number(e164) for name, e164 in given.items()}


SINGAPORE = ParseContext(
    now=datetime(2026, 3, 10, 6, 30, tzinfo=UTC),  # Tuesday, 14:30 there
    tz="Asia/Singapore",
    region="SG",
    me=_number("+6581234567"),
    contacts=_contacts(
        amy="+6561234567",
        ines="+14155550101",
        theo="+442079460018",
        arun="+919898989898",
        dr_lim="+6563334444",
        may="+14155550142",
        sunny="+12125550123",
        kai_lim="+6561112222",
        kai_ong="+6568887777",
        a="+14155550111",
        b="+14155550112",
        c="+14155550113",
    ),
    providers=("plivo", "twilio", "telnyx"),
    own_numbers=(_number("+6561239999"),),
)
NEW_YORK = ParseContext(
    now=datetime(2026, 3, 6, 17, 10, tzinfo=UTC),  # Friday, 12:10 there, two days before summer time
    tz="America/New_York",
    region="US",
    date_order="MDY",
    me=_number("+12125550199"),
    contacts=_contacts(
        ines="+14155550101",
        ray="+12025550155",
        april="+14155550143",
        mark="+14155550144",
        front_gate="+12125550123",
        pat_kerr="+14155550145",
        pat_moss="+14155550146",
    ),
    providers=("plivo", "twilio"),
    own_numbers=(_number("+12125550150"),),
)
MUMBAI = ParseContext(
    now=datetime(2026, 12, 30, 17, 0, tzinfo=UTC),  # Wednesday, 22:30 there
    tz="Asia/Kolkata",
    region="IN",
    date_order="DMY",
    me=_number("+919898989898"),
    contacts=_contacts(her="+918989898989", dev="+6591234567"),
    providers=("plivo",),
)
LONDON = ParseContext(
    now=datetime(2026, 10, 23, 15, 45, tzinfo=UTC),  # Friday, 16:45 there, two days before winter time
    tz="Europe/London",
    region="GB",
    date_order="DMY",
    me=_number("+442079460123"),
    contacts=_contacts(
        tom="+442079460018",
        nina="+33199001234",
        jan="+493023125123",
        office="+441134960123",
        mum="+442079460999",
    ),
    providers=("plivo", "twilio"),
    own_numbers=(_number("+442079460100"),),
)
SYDNEY = ParseContext(
    now=datetime(2026, 4, 2, 21, 5, tzinfo=UTC),  # Friday, 08:05 there, two days before winter time
    tz="Australia/Sydney",
    region="AU",
    date_order="DMY",
    me=_number("+61491570156"),
    contacts=_contacts(kim="+61255505678"),
    providers=("plivo",),
)
LOS_ANGELES = ParseContext(
    now=datetime(2026, 7, 2, 2, 15, tzinfo=UTC),  # Wednesday 1 July, 19:15 there; already Thursday in London
    tz="America/Los_Angeles",
    region="US",
    date_order="MDY",
    me=_number("+12135550110"),
    contacts=_contacts(ines="+14155550101", studio="+13105550166"),
    providers=("twilio",),
    own_numbers=(_number("+12135550111"),),
)
ASKERS = {
    "SG": SINGAPORE,
    "NY": NEW_YORK,
    "IN": MUMBAI,
    "GB": LONDON,
    "AU": SYDNEY,
    "LA": LOS_ANGELES,
}


def asker(key: str) -> ParseContext:
    """`SG`, or `SG/slack` for the same person on that platform."""
    name, _, platform = key.partition("/")
    known: dict[str, Platform] = {"": "console", "slack": "slack", "telegram": "telegram"}
    return replace(ASKERS[name], platform=known[platform])
