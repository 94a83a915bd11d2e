"""What the clauses of a sentence have said so far, before it becomes a command."""

from dataclasses import dataclass, field
from typing import Literal

from bot.domain.numbers import CallerId
from bot.parse.command import Step, Terms
from bot.parse.every import RuleDraft
from bot.parse.pieces import TimeDraft
from bot.parse.reader import Reader

Branch = Literal["main", "machine", "human"]


@dataclass(slots=True)
class Parts:
    """Filled clause by clause. `branch` is where the next step goes."""

    time: TimeDraft = field(default_factory=TimeDraft)
    rule: RuleDraft = field(default_factory=RuleDraft)
    branch: Branch = "main"
    steps: list[Step] = field(default_factory=list)
    on_machine: list[Step] | None = None
    on_human: list[Step] | None = None
    via: str | None = None
    caller_id: CallerId | None = None
    max_seconds: int | None = None
    ring_seconds: int | None = None
    record: bool | None = None
    music: str | None = None
    room: str | None = None
    grouping: Literal["together", "one by one"] | None = None

    def open_branch(self, branch: Branch) -> None:
        """The steps that follow belong to `branch`."""
        self.branch = branch
        if branch == "machine" and self.on_machine is None:
            self.on_machine = []
        if branch == "human" and self.on_human is None:
            self.on_human = []

    def add_step(self, step: Step) -> None:
        """Put a step where it belongs."""
        if self.branch == "machine" and self.on_machine is not None:
            self.on_machine.append(step)
        elif self.branch == "human" and self.on_human is not None:
            self.on_human.append(step)
        else:
            self.steps.append(step)

    def terms(self) -> Terms:
        """The options said."""
        return Terms(
            via=self.via,
            caller_id=self.caller_id,
            max_seconds=self.max_seconds,
            ring_seconds=self.ring_seconds,
            record=self.record,
            music=self.music,
            room=self.room,
        )


OptionName = Literal["via", "caller_id", "max_seconds", "ring_seconds", "record", "music", "room"]


def set_option(reader: Reader, parts: Parts, name: OptionName, value: object, start: int) -> None:
    """Set an option once; a second, different value is a conflict at the words that said it."""
    end = reader.pos
    while end > start and reader.low[end - 1] == " ":
        end -= 1
    if getattr(parts, name) not in (None, value):
        reader.fail("conflict", start, end, '"{word}" contradicts what was said before.')
        return
    setattr(parts, name, value)
    reader.use(name, start, end)
