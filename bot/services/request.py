"""One person's request, inside one unit of work."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.call import Understood
from bot.domain.people import Asker, Person, Room
from bot.parse.context import ParseContext
from bot.ports.ledger import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `text` is what was typed, or the sentence that a button stands for."""

    tx: Transaction
    asker: Asker
    person: Person
    room: Room
    context: ParseContext
    text: str = ""
    understood: tuple[Understood, ...] = ()
    is_admin: bool = False

    @property
    def tenant(self) -> str:
        """The workspace whose numbers (#12), forwards and rules are meant."""
        return self.room.tenant

    @property
    def zone(self) -> str:
        """The asker's IANA zone."""
        return self.context.tz

    @property
    def now(self) -> datetime:
        """When it was handled, aware UTC."""
        return self.context.now
