"""What is said on the phone."""

import pytest

from bot.domain.texts import TEXTS, WHEN, Moment, placeholders, spoken


def test_every_moment_has_a_text_and_an_explanation() -> None:
    assert set(TEXTS) == set(WHEN) == set(Moment)


def test_a_default_text() -> None:
    assert spoken(Moment.RECORDING) == "This call is recorded."
    assert spoken(Moment.ACCEPT, name="amy") == "Patchline. Press 1 to talk to amy."


def test_a_replaced_text_and_the_defaults_beside_it() -> None:
    texts = {Moment.ACCEPT: "{name}? Press 1, {{really}}."}
    assert spoken(Moment.ACCEPT, texts, name="amy") == "amy? Press 1, {really}."
    assert spoken(Moment.THANKS, texts) == TEXTS[Moment.THANKS]


def test_a_name_with_braces_is_only_a_name() -> None:
    assert (
        spoken(Moment.ACCEPT, name="{name} {0.__class__}")
        == "Patchline. Press 1 to talk to {name} {0.__class__}."
    )


def test_a_missing_value_is_noticed() -> None:
    with pytest.raises(KeyError):
        spoken(Moment.ACCEPT)


@pytest.mark.parametrize("text", ["{", "}", "{}", "{0}", "{name.x}", "{name[0]}", "{name!r}", "{name:>9}"])
def test_only_plain_placeholders(text: str) -> None:
    with pytest.raises(ValueError, match=r"placeholder|[{}]"):
        placeholders(text)


def test_placeholders() -> None:
    assert placeholders("{name}, {reason} {{x}}") == {"name", "reason"}
