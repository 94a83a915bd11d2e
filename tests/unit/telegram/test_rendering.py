"""Whatever people are called, it fits, it can be read, and it calls nobody. The judge is not our own code."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.telegram.rendering import card_html, keyboard, pages_of, reply_pages, units
from bot.domain.card import Button, Card, Reply, Section
from tests.vendors.telegram_judges import markup_of, text_of

WORST = (
    "<!channel>",
    "<b>&amp;</a>",
    "@boss",
    "سالم بن عبد الله" * 20,
    "👩‍👩‍👧‍👦" * 60,
    "\u202egnp.exe",
    "a\r\nb\x00c",
    "x" * 5000,
)


def card(*sections: Section, title: str = "Conference #3, 40 people: 12 in the room") -> Card:
    buttons = (
        Button(label="Hang up", action="hangup:c1", style="danger"),
        Button(label="Add", action="add:c1"),
    )
    return Card(call="c1", number=3, state="conference", title=title, sections=sections, buttons=buttons)


def forty(name: str) -> Card:
    """40 participants of that name, and what is below them."""
    legs = tuple(f"{name} {n} · …{1000 + n} · Singapore: talking 0:{n:02}" for n in range(40))
    return card(
        Section(name="when", lines=("Placed Tue 10 March 2026, 23:59:00 UTC, on time.",)),
        Section(name="legs", lines=legs),
        Section(name="note", lines=("Please confirm: that is many people.",)),
        title=f"Conference #3 with {name}: 12 in the room",
    )


@pytest.mark.parametrize("name", WORST)
def test_forty_people_fit_into_a_card(name: str) -> None:
    seen = text_of(card_html(forty(name)), "HTML")
    assert "Please confirm: that is many people." in seen
    assert "Placed Tue 10 March 2026" in seen
    assert not set("\x00\r\u202e") & set(seen)


@pytest.mark.parametrize("name", WORST)
def test_every_page_of_a_long_reply_fits(name: str) -> None:
    text = "\n".join(f"{n}  {name} called" for n in range(300))
    pages = [text_of(page, "HTML") for page in reply_pages(Reply(text=text), to=("1001", name))]
    assert sum(page.count("called") for page in pages) == 300


def test_a_name_is_a_name() -> None:
    html = card_html(card(Section(name="legs", lines=("<!channel> & <b>Bob</b>: ringing", "@boss: next"))))
    assert "&lt;!channel&gt; &amp; &lt;b&gt;Bob&lt;/b&gt;: ringing" in html
    assert "@boss" not in html
    assert "@\u2060boss: next" in html


def test_a_mail_like_address_can_still_be_copied() -> None:
    assert "sip:amy@pbx.example" in card_html(
        card(Section(name="legs", lines=("sip:amy@pbx.example: next",)))
    )


def test_carets_stand_under_what_they_point_at() -> None:
    [page] = reply_pages(Reply(text="call carrol at 5\n     ^^^^^^ no <contact>"))
    assert page == "<pre>call carrol at 5\n     ^^^^^^ no &lt;contact&gt;</pre>"


def test_in_a_group_it_says_for_whom_it_is() -> None:
    [page] = reply_pages(Reply(text="Done."), to=("1001", "<Sam>"))
    assert page == '<a href="tg://user?id=1001">&lt;Sam&gt;</a>:\nDone.'
    assert text_of(page, "HTML") == "<Sam>:\nDone."


@given(st.text(max_size=9000))
def test_nothing_of_a_text_gets_lost_between_pages(text: str) -> None:
    pages = pages_of(text)
    assert all(1 <= units(page) <= 4096 for page in pages)
    said = "".join("".join(pages).split())
    assert said == "".join(text.split()) or not text.strip()


@given(st.text(min_size=1, max_size=400), st.integers(1, 120))
def test_any_card_is_accepted(name: str, n: int) -> None:
    lines = tuple(f"{name}: {each}" for each in range(n))
    text_of(card_html(card(Section(name="legs", lines=lines), Section(name="note", lines=(name,)))), "HTML")


@given(st.lists(st.text(max_size=200), min_size=1, max_size=140))
def test_any_buttons_are_accepted(labels: list[str]) -> None:
    made = keyboard([Button(label=label, action=f"answer:q:{n}") for n, label in enumerate(labels, 1)])
    assert made is not None
    markup_of(json.dumps(made.to_dict()), private=False)


def test_short_labels_share_a_row() -> None:
    made = keyboard(
        [Button(label=each, action=f"done:{n}") for n, each in enumerate(("A", "B", "C", "D", "E" * 30, "F"))]
    )
    assert made is not None
    assert [[b.text for b in row] for row in made.inline_keyboard] == [
        ["A", "B", "C"],
        ["D"],
        ["E" * 30],
        ["F"],
    ]


def test_no_buttons_take_the_old_ones_away() -> None:
    assert keyboard(()) is None
