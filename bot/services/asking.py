"""What a handler gets and gives: the tools of the house beside the request, and an outcome."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.config import Settings
from bot.domain.card import Button, Reply, ReplyKind
from bot.domain.errors import NotPossible
from bot.domain.people import Person
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Bell, Clock, Ids
from bot.ports.ledger import Ledger
from bot.ports.voice import VoiceProvider
from bot.services.accounts import Accounts
from bot.services.cards import Cards
from bot.services.changes import Changes
from bot.services.dialer import Dialer
from bot.services.guard import Guard
from bot.services.planner import Defaults
from bot.services.recordings import Recordings
from bot.services.request import Ask
from bot.services.series import Series

__all__ = ["Ask", "Desk", "Outcome", "complain", "say"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The reply, and what is done once the transaction has been committed (never in the ledger).

    No reply means that the card in the room says it all.
    """

    reply: Reply | None = None
    then: tuple[Callable[[], Awaitable[None]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The tools of the house, for handlers. `ledger` is for steps after the commit; before it there is
    `Ask.tx`."""

    settings: Settings
    ledger: Ledger
    clock: Clock
    ids: Ids
    bell: Bell
    providers: Mapping[str, VoiceProvider]
    chats: Mapping[str, ChatPlatform]
    dialer: Dialer
    changes: Changes
    cards: Cards
    series: Series
    guard: Guard
    recordings: Recordings
    defaults: Defaults
    accounts: Accounts = field(default_factory=Accounts)

    def provider(self, name: str | None, person: Person) -> VoiceProvider:
        """The one named, else the person's, else the house's, else the first there is."""
        for wanted in (name, person.provider, self.settings.provider):
            if wanted is not None and wanted in self.providers:
                return self.providers[wanted]
        if not self.providers:
            raise NotPossible(reason="No voice provider is set up. `patchline check` says what is missing.")
        return next(iter(self.providers.values()))


def say(text: str, *, buttons: tuple[Button, ...] = (), private: bool = True) -> Outcome:
    """Just a reply."""
    return Outcome(reply=Reply(text=text, buttons=buttons, private=private))


def complain(text: str, *, buttons: tuple[Button, ...] = ()) -> Outcome:
    """An error in words: nothing was done."""
    return Outcome(reply=Reply(text=text, kind=ReplyKind.ERROR, buttons=buttons))
