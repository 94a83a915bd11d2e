"""The scripted tour of `patchline demo`: somebody types, things happen, and the screen shows it all.

It is a keyboard like the others. What goes on outside the chat (the clock jumps, a stranger calls, time runs
faster while nothing is to be seen) is done by the `Stage` it is given.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from adapters.chat.console.board import Board, Said, Unreadable

AMY: Final = "+6591234567"
BOB: Final = "+442079460018"
CY: Final = "+14155550142"
ME: Final = "+6581234567"
OURS: Final = "+12125550100"
STRANGER: Final = "+13125550177"


class Stage(Protocol):
    """What the tour can do besides typing."""

    def note(self, text: str) -> None:
        """Write a line of explanation on the screen."""
        ...

    async def jump_before_next(self, seconds: float) -> str:
        """Set the demo clock to so many seconds before the next call is due; the wall time it then shows."""
        ...

    async def until_over(self, *, fast_after: float | None = None) -> None:
        """Wait until no call is due or running. Time runs faster after so many seconds (None: never)."""
        ...

    async def stranger_calls(self) -> None:
        """Somebody outside rings our number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is explained, what is typed, and what then happens on the stage."""

    note: str = ""
    lines: tuple[str, ...] = ()
    then: Callable[[Stage], Awaitable[None]] | None = None


async def _midnight_call(stage: Stage) -> None:
    stage.note(f"The demo clock jumps to {await stage.jump_before_next(3.0)}.")
    await stage.until_over(fast_after=7.0)


async def _stranger(stage: Stage) -> None:
    await stage.stranger_calls()
    await stage.until_over(fast_after=1.5)


async def _finish(stage: Stage) -> None:
    await stage.until_over(fast_after=1.0)


SCENES: Final = (
    Scene(
        note="A chat, a simulated phone network, no account. First: who is who.",
        lines=(
            f"my number is {ME}",
            f"save amy as {AMY}",
            f"save bob as {BOB}",
            f"save cy as {CY}",
        ),
    ),
    Scene(
        note="A call at its second. Amy is rung at 23:59:00; when she answers, I am patched in.",
        lines=(f"call {AMY} and patch me in at 23:59",),
        then=_midnight_call,
    ),
    Scene(
        note="The birthday: a song, an announcement, then my own phone rings and we are put through.",
        lines=(
            'call amy, play https://example.com/happy_birthday.mp3, say "Connecting this call to Punit", '
            "patch me in",
        ),
        then=_finish,
    ),
    Scene(
        note="Three phones at once, a line for each of them.",
        lines=("conference amy, bob and cy",),
        then=_finish,
    ),
    Scene(
        note="Somebody calls our number; Bob does not answer, so the voicemail does.",
        lines=(f"forward {OURS} to bob for 8 seconds, then voicemail",),
        then=_stranger,
    ),
    Scene(note="A slip of the fingers. Nothing is guessed.", lines=("call amy tomorow at 9am",)),
    Scene(note="And a call taken back.", lines=("call amy tomorrow at 9am", "cancel all")),
)


class Tour:
    """Types the scenes, one after the other."""

    is_patient = True

    def __init__(self, stage: Stage, type_out: Callable[[str], None]) -> None:
        self._stage = stage
        self._type_out = type_out

    async def said(self, board: Board) -> AsyncGenerator[Said | Unreadable]:
        """Every line of every scene; what follows a scene happens before the next one begins."""
        for scene in SCENES:
            if scene.note:
                self._stage.note(scene.note)
            for line in scene.lines:
                self._type_out(line)
                yield board.read(line)
            if scene.then is not None:
                await scene.then(self._stage)
