"""Taking one person out of what is kept about past calls: names and numbers go, times and costs stay."""

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

from bot.domain.call import Call, Placement, ScheduledCall, Understood
from bot.domain.flow import Dial, Gather, Party, Say, SendText
from bot.domain.leg import LegEvent
from bot.domain.numbers import Address, PhoneNumber, SipUri

T = TypeVar("T")

SOMEBODY: Final = "somebody"
NOWHERE: Final = SipUri(uri="sip:forgotten@removed.invalid")
"""Stands where an address has to be. It can never be dialled."""

SHORTEST: Final = 6
"""Digits: a shorter run is no sure sign of the number."""

_RUN: Final = re.compile(r"\+?\d(?:[\d ().-]*\d)?")
_WORDS: Final[dict[type, frozenset[str]]] = {
    Call: frozenset({"text", "reason", "notes"}),
    ScheduledCall: frozenset({"text"}),
    Placement: frozenset({"error"}),
    Understood: frozenset({"words"}),
    Say: frozenset({"text"}),
    SendText: frozenset({"text"}),
    Gather: frozenset({"prompt"}),
    Dial: frozenset({"announce"}),
}
"""Fields that hold people's words; every other text is an id, a name of ours, or a vendor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Who is taken out: the name without case, and the number however it is spelt."""

    name: str
    address: Address

    def is_in(self, call: Call) -> bool:
        """Whether that call rang them, or came from them."""
        everybody = (*call.parties, *(leg.party for leg in call.legs))
        return self.has(call.caller) or any(self._is_meant(party) for party in everybody)

    def out_of(self, value: T) -> T:
        """The same value without them: a call, an order, or a part of one."""
        return cast(T, self._without(value))

    def out_of_event(self, event: LegEvent) -> LegEvent:
        """What a provider said; its payload goes as a whole when they are in it."""
        raw = event.raw if self.out_of_words(event.raw) == event.raw else ""
        return replace(event, address=NOWHERE if self.has(event.address) else event.address, raw=raw)

    def out_of_words(self, text: str) -> str:
        """The text with `somebody` for their name and number."""
        if isinstance(self.address, SipUri):
            text = re.sub(re.escape(self.address.uri), SOMEBODY, text, flags=re.IGNORECASE)
        else:
            text = _RUN.sub(self._hidden, text)
        return re.sub(rf"(?<!\w){re.escape(self.name)}(?!\w)", SOMEBODY, text, flags=re.IGNORECASE)

    def _hidden(self, run: re.Match[str]) -> str:
        """The number in full, or written as at home: its last digits, after zeros at most."""
        digits = re.sub(r"\D", "", run.group())
        whole = self.address.e164[1:] if isinstance(self.address, PhoneNumber) else ""
        at_home = digits.lstrip("0")
        is_theirs = len(at_home) >= SHORTEST and whole.endswith(at_home) and len(whole) - len(at_home) <= 4
        return SOMEBODY if is_theirs else run.group()

    def has(self, address: Address | None) -> bool:
        """Whether that is their number, whatever the extension."""
        if isinstance(address, PhoneNumber) and isinstance(self.address, PhoneNumber):
            return address.e164 == self.address.e164
        return address is not None and address == self.address

    def _is_meant(self, party: Party) -> bool:
        """By number, or by the name it was saved under, whatever number it had then."""
        return self.has(party.address) or (party.name or "").casefold() == self.name.casefold()

    def _without(self, value: Any) -> Any:
        match value:
            case PhoneNumber() | SipUri():
                return NOWHERE if self.has(value) else value
            case Party() if self._is_meant(value):
                return replace(value, address=NOWHERE, name=SOMEBODY)
            case tuple():
                return tuple(self._without(each) for each in value)
            case _ if is_dataclass(value) and not isinstance(value, type):
                return self._without_in(value)
            case _:
                return value

    def _without_in(self, value: Any) -> Any:
        words = _WORDS.get(type(value), frozenset())
        changed = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = self._unsaid(old) if field.name in words else self._without(old)
            if new != old:
                changed[field.name] = new
        return replace(value, **changed) if changed else value

    def _unsaid(self, words: Any) -> Any:
        if isinstance(words, tuple):
            return tuple(self.out_of_words(each) for each in words)
        return words if words is None else self.out_of_words(words)
