"""What a driver brings to the suite. One file per driver in `cases/`, with `CASES = (Case(…), …)`.

Whatever a case leaves out is not tested for that driver; what it should have brought and did not is skipped
aloud: those lines are the gap list.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.voice.simulator.network import Network
from adapters.wire.http import Timeouts
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import CallId
from bot.domain.errors import ProviderError
from bot.domain.flow import CallFlow, LegRole, Party, Say, Step
from bot.domain.leg import LegEvent, Token
from bot.domain.numbers import PhoneNumber
from bot.ports.http import HttpRequest
from bot.ports.voice import Hooks, VoiceProvider
from tests.contract.voice.faults import Canned
from tests.fakes import FakeClock

TOKEN = Token("tok-3xQ_7-unguessable")
HOOKS = Hooks(base=f"https://phone.example.com/hooks/x/{TOKEN}")
IMPATIENT = Timeouts(connect=0.5, read=0.2, total=1.0)
HELLO: tuple[Step, ...] = (Say(text="Hello."),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A recorded callback and the events it stands for (their `raw` is not compared). `document`: what comes
    back to it is a document."""

    name: str
    request: HttpRequest
    events: tuple[LegEvent, ...]
    document: bool = True


@dataclass(frozen=True, slots=True)
class World:
    """A driver with a simulated network behind it, on a clock that the test moves."""

    driver: VoiceProvider
    network: Network
    clock: FakeClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`make(base_url, timeouts)` builds the driver. `accepted` is the vendor's answer to a creation, `refs`
    what it means; `gone` its answer when a leg to be hung up has ended. `errors` are the statuses that this
    vendor means differently. `token_travels`: False for a vendor with no place to carry our token.

    Webhook drivers add `payloads`, `unknown` (a callback with a status word nobody knows), `sign` (gives an
    unsigned request a valid signature) and `read_document` (parses an answer document into its spoken texts).
    """

    name: str
    make: Callable[[str, Timeouts], VoiceProvider] | None = None
    accepted: Canned = field(default_factory=Canned)
    refs: tuple[tuple[str, str], ...] = ()
    gone: Canned = field(default_factory=lambda: Canned(status=404))
    errors: Mapping[int, type[ProviderError]] = field(default_factory=dict)
    token_travels: bool = True
    world: Callable[[], AbstractAsyncContextManager[World]] | None = None
    payloads: tuple[Payload, ...] = ()
    unknown: Payload | None = None
    sign: Callable[[HttpRequest], HttpRequest] | None = None
    read_document: Callable[[bytes], list[str]] | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def means(self) -> tuple[tuple[LegRole, ProviderRef], ...]:
        return tuple((LegRole(role), ProviderRef(ref)) for role, ref in self.refs)


def placement(
    *steps: Step,
    to: str = "+12125550101",
    token: Token = TOKEN,
    at: datetime = datetime(2026, 3, 10, 6, 30, tzinfo=UTC),
) -> Placement:
    """One to be sent; says hello unless told otherwise."""
    return Placement(
        token=token,
        call=CallId("c1"),
        plan=LegPlan(
            party=Party(role=LegRole("A"), address=PhoneNumber(e164=to)), flow=CallFlow(steps=steps or HELLO)
        ),
        provider="any",
        created_at=at,
    )
