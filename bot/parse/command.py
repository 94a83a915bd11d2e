"""What a sentence can mean: one frozen type per verb, and the two other answers, Question and Problem.

Only meaning lives here. How a sentence is read is `parser.py`; how a command is written back, `wording.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.flow import HangUp, Menu, Pause, Play, Say, SendDigits, SendText
from bot.domain.numbers import Address, CallerId, PhoneNumber, SipUri
from bot.domain.schedule import Recurrence

# --- the pieces ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom to ring. `address` is None only for a mentioned person (`user`, the platform's id).

    `name` is the contact's name as saved; `is_me` the asker. `label_differs`: the text that people see on a
    link is another number than the one behind it, so a confirmation is due.
    """

    address: Address | None = None
    name: str | None = None
    is_me: bool = False
    user: str | None = None
    label_differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Ring `target` and bridge it to whoever is on the line."""

    target: Target


Step = Play | Say | Pause | SendDigits | SendText | Menu | HangUp | Patch


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """One instant (aware UTC, whole seconds), with the zone and naive wall time it was written in.

    `zone` is IANA or a fixed `UTC+05:30`.
    """

    at: datetime
    zone: str
    local: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The conditions of a call; None means not said. Durations in seconds, `music` a URL."""

    via: str | None = None
    caller_id: CallerId | None = None
    max_seconds: int | None = None
    ring_seconds: int | None = None
    record: bool | None = None
    music: str | None = None
    room: str | None = None


# --- calls -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Without steps a call back: ring me, then the target. With steps exactly those, in written order.

    `when` None: at once; with `every`, `when` is None and the rule says it all. A branch that is None was not
    mentioned, so nobody asked to tell people and machines apart. `on_human` stands alone, never beside
    `on_machine`: there the main steps are what a person gets. Several targets ring one after the other
    only when that was said (`one_by_one`) or when there are steps, one call each.
    """

    targets: tuple[Target, ...]
    when: When | None = None
    every: Recurrence | None = None
    steps: tuple[Step, ...] = ()
    on_machine: tuple[Step, ...] | None = None
    on_human: tuple[Step, ...] | None = None
    terms: Terms = Terms()
    one_by_one: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """Ring all targets at once into one room. Fields as in `Call`."""

    targets: tuple[Target, ...]
    when: When | None = None
    every: Recurrence | None = None
    steps: tuple[Step, ...] = ()
    on_machine: tuple[Step, ...] | None = None
    on_human: tuple[Step, ...] | None = None
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """A call to my own number that says `message`. Exactly one of `when` and `every` is set."""

    target: Target
    message: str
    when: When | None = None
    every: Recurrence | None = None


# --- forwarding ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardStage:
    """These ring at once, for `ring_seconds` (None: the default)."""

    targets: tuple[Target, ...]
    ring_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """What happens to calls to `own`: the stages in order, then voicemail if it was said."""

    own: PhoneNumber
    stages: tuple[ForwardStage, ...] = ()
    voicemail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unforward:
    own: PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForwards:
    pass


# --- managing orders ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """`everything`: all of mine in this room; then `ids` is empty."""

    ids: tuple[int, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """To an instant, to a rule, or by `shift_seconds` (negative: earlier). Exactly one is set."""

    id: int
    when: When | None = None
    every: Recurrence | None = None
    shift_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Leave out the next run of a series."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCalls:
    """What is scheduled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Of these calls; without ids, of what is going on."""

    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Past calls: a page (from 1), the last `limit`, or those with one party."""

    page: int | None = None
    limit: int | None = None
    target: Target | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    pass


# --- answers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Yes to what was asked last; `choice` (from 1) when a number was the answer."""

    choice: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    pass


# --- a call that is running --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpCall:
    """One call by number, the legs of `targets`, or `everything` in the room; with none, the room's call."""

    ids: tuple[int, ...] = ()
    targets: tuple[Target, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    targets: tuple[Target, ...] = ()
    everyone: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmute:
    targets: tuple[Target, ...] = ()
    everyone: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Without targets: the other side of the room's call."""

    targets: tuple[Target, ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhold:
    targets: tuple[Target, ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    targets: tuple[Target, ...]
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kick:
    targets: tuple[Target, ...]
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    target: Target
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCall:
    """Recording on or off in a running call."""

    on: bool
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PressDigits:
    """`digits` as in flow.SendDigits."""

    digits: str
    tone_ms: int | None = None
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SayLive:
    text: str
    language: str | None = None
    voice: str | None = None
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayLive:
    url: str
    times: int = 1
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlaying:
    id: int | None = None


# --- voicemail, contacts, settings ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemails:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVoicemail:
    """`id` is the voicemail's own number, as its card and the list of voicemails show it."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContact:
    name: str
    address: PhoneNumber | SipUri


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContact:
    """`name` as saved."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameContact:
    name: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContacts:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowContact:
    name: str


SettingKey = Literal["me", "timezone", "provider", "caller_id", "region", "date_order", "clock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """`value` is canonical: E.164, IANA zone, provider name, `private`, ISO 3166 code, DMY/MDY, 12/24/ask."""

    key: SettingKey
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSettings:
    pass


# --- numbers, notices, access -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RentNumber:
    """`country` is an ISO 3166 code; `region` a town or area as written."""

    country: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNumbers:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNumber:
    own: PhoneNumber


NoticeKind = Literal["voicemail", "missed", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell this room about calls to `own` (None: to every number of mine)."""

    about: NoticeKind
    own: PhoneNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnotify:
    own: PhoneNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotices:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """A person (`user`, the platform's id) or a number range (`prefix`, `+1900`). Exactly one is set."""

    user: str | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    user: str | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAccess:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBoard:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    topic: str | None = None


Command = (
    Call
    | Conference
    | Remind
    | Forward
    | Unforward
    | ListForwards
    | Cancel
    | Reschedule
    | Skip
    | ListCalls
    | Status
    | History
    | Rate
    | Balance
    | Confirm
    | Decline
    | Undo
    | HangUpCall
    | Mute
    | Unmute
    | Hold
    | Unhold
    | Add
    | Kick
    | Transfer
    | RecordCall
    | PressDigits
    | SayLive
    | PlayLive
    | StopPlaying
    | Voicemails
    | DeleteVoicemail
    | AddContact
    | RemoveContact
    | RenameContact
    | ListContacts
    | ShowContact
    | Set
    | ShowSettings
    | RentNumber
    | ListNumbers
    | ReleaseNumber
    | Notify
    | Unnotify
    | ListNotices
    | Allow
    | Revoke
    | ShowAccess
    | OpenBoard
    | Help
)

# --- the three answers --------------------------------------------------------------------------------------

Span = tuple[int, int]
"""Start and end in the text as it came, in characters."""

ProblemCode = Literal[
    "no_target",
    "missing_argument",
    "invalid_number",
    "emergency",
    "short_code",
    "premium",
    "unknown_name",
    "unknown_verb",
    "bad_time",
    "past_time",
    "nonexistent_time",
    "unknown_timezone",
    "bad_duration",
    "bad_url",
    "bad_digits",
    "bad_id",
    "unknown_provider",
    "invalid_sip",
    "conflict",
    "too_few_parties",
    "leftover",
    "empty",
]

About = Literal[
    "contact",
    "am_pm",
    "unit",
    "date_order",
    "time_missing",
    "next_weekday",
    "fold",
    "gap",
    "day",
    "together",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One reading. Running `text` through the parser means exactly this reading, whenever it is chosen.

    `label` is for a button; `at` (aware UTC) the instant, where the choice is about time; `name` the word
    itself, where it is about a contact or a spelling.
    """

    label: str
    text: str
    at: datetime | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """`used` says which words each field came from: (field, span), in text order."""

    command: Command
    used: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The sentence has several readings; `word` is the exact slice in doubt."""

    about: About
    word: str
    span: Span
    message: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake at `word` (an exact slice). `fixes` are "did you mean" as whole corrected sentences."""

    code: ProblemCode
    word: str
    span: Span
    message: str
    suggest: tuple[str, ...] = ()
    fixes: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """Everything that is wrong with a sentence, in text order; never empty."""

    found: tuple[Problem, ...]


Parsed = Understood | Question | Problems
