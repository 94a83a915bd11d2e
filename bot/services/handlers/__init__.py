"""One short function per command. The table is the whole dispatch: a command without a row is a defect, and
a test says so."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.services.asking import Ask, Desk, Outcome
from bot.services.handlers import access, calls, live, looking, numbers, people, signing_in

Handler = Callable[[Desk, Ask, Any], Awaitable[Outcome]]

HANDLERS: Final[Mapping[type, Handler]] = {
    **calls.HANDLERS,
    **live.HANDLERS,
    **looking.HANDLERS,
    **people.HANDLERS,
    **numbers.HANDLERS,
    **access.HANDLERS,
    **signing_in.HANDLERS,
}
