"""The other answers as people meet them: questions as conversation, problems with a caret, and help."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.numbers import PhoneNumber
from bot.parse.command import Call, Parsed, Problems, Question, Understood
from bot.parse.grammar import COMMAND_WORDS, VERBS, help_text
from bot.parse.jsonl import run
from bot.parse.parser import parse
from bot.parse.pointing import pointed
from tests.unit.parse.people import LONDON, NEW_YORK, SINGAPORE


def question(text: str) -> Question:
    parsed = parse(text, SINGAPORE)
    assert isinstance(parsed, Question), parsed
    return parsed


def problems(text: str) -> Problems:
    parsed = parse(text, SINGAPORE)
    assert isinstance(parsed, Problems), parsed
    return parsed


def call(parsed: Parsed) -> Call:
    assert isinstance(parsed, Understood), parsed
    assert isinstance(parsed.command, Call)
    return parsed.command


# --- questions -----------------------------------------------------------------------------------------


def test_one_question_at_a_time_in_the_order_of_the_text() -> None:
    first = question("call kai next friday at 5 and patch me in")
    assert (first.about, first.word) == ("contact", "kai")

    second = parse(first.choices[1].text, SINGAPORE)
    assert isinstance(second, Question)
    assert second.about == "next_weekday"
    assert len(second.choices) == 4

    chosen = call(parse(second.choices[3].text, SINGAPORE))
    assert chosen.targets[0].name == "kai ong"
    assert chosen.when
    assert chosen.when.local.isoformat() == "2026-03-20T17:00:00"
    assert len(chosen.steps) == 1


def test_problems_come_before_questions() -> None:
    assert [problem.code for problem in problems("call kai at 5 via skype").found] == ["unknown_provider"]


def test_two_to_four_choices_each_an_absolute_reading() -> None:
    for text in (
        "call amy at 5",
        "call amy in 5",
        "call amy tomorrow",
        "call amy next wednesday at noon",
        "call amy on 1/2 at 9am",
    ):
        asked = question(text)
        assert 2 <= len(asked.choices) <= 4
        assert all(choice.at for choice in asked.choices)


def test_a_clock_that_happens_twice_is_asked_about_and_kept_apart() -> None:
    asked = parse("call mum on sunday at 1:30am", LONDON)
    assert isinstance(asked, Question)
    first, second = (call(parse(choice.text, LONDON)).when for choice in asked.choices)

    assert first
    assert second
    assert first.local == second.local
    assert (second.at - first.at).total_seconds() == 3600


def test_a_choice_is_text_of_the_same_platform() -> None:
    slack = replace(SINGAPORE, platform="slack")
    asked = parse("call kai, say “Tom &amp; Jerry &lt;3”, play <https://a.example/x?a=1&amp;b=2>", slack)
    assert isinstance(asked, Question)

    chosen = call(parse(asked.choices[0].text, slack))

    assert [getattr(step, "text", getattr(step, "url", "")) for step in chosen.steps] == [
        "Tom & Jerry <3",
        "https://a.example/x?a=1&b=2",
    ]


def test_the_24_hour_clock_is_a_setting() -> None:
    chosen = call(parse("call amy at 9:30", replace(SINGAPORE, clock="24")))

    assert chosen.when
    assert chosen.when.local.hour == 9
    assert isinstance(parse("call amy at 9", replace(SINGAPORE, clock="24")), Question)


def test_the_date_order_is_a_setting_and_never_needed_where_it_is_plain() -> None:
    for order, month in (("DMY", 12), ("MDY", 11)):
        chosen = call(parse("call amy on 11/12/2026 at 9am", replace(SINGAPORE, date_order=order)))
        assert chosen.when
        assert chosen.when.local.month == month
    for text in ("13/12/2026", "12/13/2026", "12/12/2026"):
        assert call(parse(f"call amy on {text} at 9am", SINGAPORE)).when


def test_their_time_is_their_saved_zone_before_their_numbers() -> None:
    known = replace(SINGAPORE, contact_zones={"ines": "Europe/Lisbon"})
    chosen = call(parse("call ines at 9am her time", known))

    assert chosen.when
    assert chosen.when.zone == "Europe/Lisbon"


# --- problems --------------------------------------------------------------------------------------------


def test_a_problem_is_pointed_at() -> None:
    text = "call zelda at 5pm"

    assert pointed(text, problems(text)) == 'call zelda at 5pm\n     ^^^^^ I have no contact "zelda".'


def test_did_you_mean_is_a_button_that_runs_the_corrected_sentence() -> None:
    found = problems("call amy tomorow at 9am").found[0]

    assert (found.word, found.suggest) == ("tomorow", ("tomorrow",))
    assert [fix.text for fix in found.fixes] == ["call amy tomorrow at 9am"]
    assert call(parse(found.fixes[0].text, SINGAPORE)).when


def test_every_problem_is_reported() -> None:
    codes = [problem.code for problem in problems("call zelda at 25:00 via skype max 0 minutes").found]

    assert codes == ["unknown_name", "bad_time", "unknown_provider", "bad_duration"]


def test_yesterday_is_offered_as_tomorrow() -> None:
    found = problems("call amy today at 9am").found[0]

    assert found.code == "past_time"
    assert call(parse(found.fixes[0].text, SINGAPORE)).when


def test_me_wants_a_number() -> None:
    nobody = replace(SINGAPORE, me=None)
    for text in ("call amy and patch me in", "conference amy and me", "remind me to eat at 5pm"):
        parsed = parse(text, nobody)
        assert isinstance(parsed, Problems)
        assert parsed.found[0].code == "missing_argument"
        assert "my number is" in parsed.found[0].message


@pytest.mark.parametrize(
    "chatter",
    [
        "the weather is nice",
        "I'm at 10.1",
        "do I have the money",
        "this is the one",
        "may",
        "25",
        "sat down at 5",
        "knowledge",
        "we march on",
    ],
)
def test_chatter_is_no_command(chatter: str) -> None:
    assert problems(chatter).found[0].code == "unknown_verb"


# --- the preview --------------------------------------------------------------------------------------------


def test_every_field_knows_its_words() -> None:
    text = "tomorrow 9am call amy via plivo, max 10 minutes and patch me in"
    parsed = parse(text, SINGAPORE)

    assert isinstance(parsed, Understood)
    assert [(name, text[slice(*span)].strip(" ,")) for name, span in parsed.used] == [
        ("when", "tomorrow 9am"),
        ("targets", "amy"),
        ("via", "via plivo"),
        ("max_seconds", "max 10 minutes"),
        ("steps", "patch me in"),
    ]


def test_a_link_that_shows_another_number_is_noticed() -> None:
    slack = replace(SINGAPORE, platform="slack")

    same, other = (
        call(parse(f"call <tel:+6591234567|{label}>", slack)).targets[0]
        for label in ("9123 4567", "+65 8888 7777")
    )

    assert (same.label_differs, other.label_differs) == (False, True)
    assert same.address == other.address == PhoneNumber(e164="+6591234567")


# --- help -----------------------------------------------------------------------------------------


def examples() -> Iterator[tuple[str, str]]:
    for verb in VERBS:
        for line in help_text(verb.words[0], SINGAPORE).splitlines():
            if line.startswith("  e.g. "):
                yield verb.name, line.removeprefix("  e.g. ")


def test_every_example_in_the_help_is_understood() -> None:
    found = {text: parse(text, SINGAPORE) for _, text in examples()}

    assert len(found) > len(VERBS)
    assert {text: parsed for text, parsed in found.items() if not isinstance(parsed, Understood)} == {}


def test_help_speaks_of_the_askers_own_people() -> None:
    assert "ines" in help_text("call", NEW_YORK)
    assert "+12125550150" in help_text("forward", NEW_YORK)
    assert "twilio" in help_text("call", replace(NEW_YORK, providers=("twilio",)))


def test_help_for_everything_and_for_nothing() -> None:
    overview = help_text(None, SINGAPORE)

    assert all(verb.words[0] in overview for verb in VERBS)
    assert 'Did you mean "help forward"?' in help_text("foward", SINGAPORE)
    assert "There is no help" in help_text("quantum physics", SINGAPORE)
    assert "every weekday" in help_text("every", SINGAPORE)


def test_every_word_that_is_completed_begins_a_verb() -> None:
    for word in COMMAND_WORDS:
        parsed = parse(word, SINGAPORE)
        assert not isinstance(parsed, Problems) or parsed.found[0].code != "unknown_verb", word


def test_names_of_verbs_are_told_apart() -> None:
    assert len({verb.name for verb in VERBS}) == len(VERBS)


# --- the machine-readable meaning -----------------------------------------------------------------


def meanings(*records: object) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(json.dumps(record) for record in records)]


RECORD = {
    "id": "x1",
    "platform": "slack",
    "text": "<@U0BOT> call amy tomorrow 9am, say “hi” and patch me in, if voicemail hang up",
    "now": "2026-03-10T06:30:00Z",
    "tz": "Asia/Singapore",
    "context": {
        "region": "SG",
        "date_order": None,
        "me": "+6581234567",
        "contacts": {"amy": "+6561234567"},
        "providers": [],
    },
}


def test_a_meaning_says_what_was_said_and_nothing_else() -> None:
    (meaning,) = meanings(RECORD)

    assert meaning == {
        "id": "x1",
        "outcome": "ok",
        "verb": "call",
        "targets": [{"number": "+6561234567", "name": "amy"}],
        "when": "2026-03-11T01:00:00Z",
        "steps": [
            {"do": "say", "text": "hi"},
            {"do": "patch", "target": {"number": "+6581234567", "me": True}},
        ],
        "on_machine": [{"do": "hangup"}],
    }


def test_questions_and_problems_have_a_meaning_too() -> None:
    asked, wrong = meanings({**RECORD, "text": "call amy at 5"}, {**RECORD, "text": "cal amy"})

    assert (asked["outcome"], asked["about"], asked["word"], asked["span"]) == (
        "ambiguous",
        "am_pm",
        "at 5",
        [9, 13],
    )
    assert asked["choices_utc"] == ["2026-03-10T09:00:00Z", "2026-03-10T21:00:00Z"]
    assert (wrong["outcome"], wrong["code"], wrong["word"], wrong["suggest"]) == (
        "error",
        "unknown_verb",
        "cal",
        ["call"],
    )


def test_a_rule_shows_its_next_occurrences_and_its_end() -> None:
    (meaning,) = meanings({**RECORD, "text": "call amy daily at 20:00, 3 times"})

    days = ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert meaning["every"] == {
        "next_utc": [f"{day}T12:00:00Z" for day in days],
        "count": 3,
        "last_utc": f"{days[-1]}T12:00:00Z",
    }
    assert "when" not in meaning


def test_answers_come_line_by_line_and_a_broken_line_is_answered_too() -> None:
    lines = ["{", "", "[]", json.dumps({**RECORD, "now": "yesterday"}), json.dumps(RECORD)]

    outcomes = [json.loads(line)["outcome"] for line in run(lines)]

    assert outcomes == ["error", "error", "error", "ok"]


def test_every_command_has_a_meaning() -> None:
    verbs = {
        meaning["verb"]
        for _, text in examples()
        for meaning in meanings({**RECORD, "text": text, "context": CONTEXT})
    }

    assert {verb.name for verb in VERBS} - verbs == set()


CONTEXT = {
    "region": "SG",
    "me": "+6581234567",
    "contacts": {
        "ines": "+14155550101",
        "amy": "+6561234567",
        "theo": "+442079460018",
        "arun": "+919898989898",
    },
    "providers": ["plivo"],
    "own_numbers": ["+6561239999"],
}
