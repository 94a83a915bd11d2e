"""Mark-up decoded, signs made plain, literals out of reach; every character knows where it came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.parse.tokens import Kind, escaped, fold, read_text


@pytest.mark.parametrize(
    ("platform", "raw", "plain"),
    [
        ("slack", "call <tel:+6591234567|+65 9123 4567>", "call +6591234567"),
        (
            "slack",
            "play <https://a.example/x?a=1&amp;b=2|https://a.example/x?a=1&amp;b=2>",
            "play https://a.example/x?a=1&b=2",
        ),
        (
            "slack",
            "call sip:<mailto:amy@x.example|amy@x.example>:5060;transport=tcp",
            "call sip:amy@x.example:5060;transport=tcp",
        ),
        ("slack", "hi <@U123|amy>, <#C1|ops> <!here>", "hi <@U123>, ops !here"),
        ("slack", "say &lt;hi&gt; &amp;amp; 1 &lt; 2", "say <hi> &amp; 1 < 2"),
        ("telegram", "say &amp; <b>", "say &amp; <b>"),
        ("console", "call  +６５\u00a0９１２３ ٤٥٦٧\u200e", "call +65 9123 4567"),
        ("console", "call amy — patch me in… now", "call amy, patch me in, now"),
        ("console", "call amy – patch me in -> hang up → bye", "call amy, patch me in, hang up , bye"),
        ("console", "+65–9123–4567 and 5 - 6", "+65-9123-4567 and 5 - 6"),
        ("console", "call *amy* at _9pm_ ~or~ `10pm`", "call amy at 9pm or 10pm"),
        ("console", "press *67# and *1*", "press *67# and 1"),
        ("console", ":phone: call amy at 12:30:45 :pray:", "call amy at 12:30:45"),
        ("console", "call amy 🎂🙏🏽 now 5️⃣", "call amy now 5"),
        ("console", "don't say 'it's “fine”' o'clock", "don't say 'it's “fine”' o'clock"),
        ("console", "see (https://a.example/x).", "see (https://a.example/x)."),
    ],
)
def test_text_as_people_would_type_it(platform: str, raw: str, plain: str) -> None:
    assert read_text(raw, platform).plain(0) == plain


def test_literals_stand_as_one_sign_each() -> None:
    text = read_text('say "at 9pm" and play https://a.example/9am.mp3 to sip:nine@x.example')

    assert [literal.kind for literal in text.literals.values()] == [Kind.QUOTED, Kind.URL, Kind.SIP]
    assert "9" not in text.low
    assert all(text.low[place] == literal.kind for place, literal in text.literals.items())


def test_a_link_keeps_what_people_saw() -> None:
    (literal,) = read_text("<tel:+6591234567|+65 8888 7777>", "slack").literals.values()

    assert (literal.value, literal.label) == ("+6591234567", "+65 8888 7777")


@given(st.text(max_size=120), st.sampled_from(["console", "slack", "telegram"]))
def test_every_character_knows_where_it_came_from(raw: str, platform: str) -> None:
    text = read_text(raw, platform)

    assert len(text.low) == len(text.cells)
    assert all(0 <= cell.start < cell.end <= len(raw) for cell in text.cells)
    assert [cell.start for cell in text.cells] == sorted(cell.start for cell in text.cells)
    start, end = text.span(0, len(text.low))
    assert text.slice(0, len(text.low)) == raw[start:end]


@given(st.text(max_size=80))
def test_what_slack_escapes_it_gives_back(raw: str) -> None:
    assert read_text(escaped(raw), "slack").plain(0) == read_text(raw, "console").plain(0) or "<@" in raw


def test_names_are_folded_as_text_is() -> None:
    assert fold("Zoë  O'Brien") == read_text("ZOË O’Brien").low
    assert fold("Dr. Ａmy") == "dr. amy"
