"""How fast Telegram lets a bot speak: 30 messages a second in all, one a second in a chat, 20 a minute in a
group, edits included. Pure: whoever asks says what time it is.
"""

from collections import deque
from typing import Final

OVERALL: Final = 28
"""A second. Below Telegram's 30: the minute of its clock is not ours."""
CHAT_EVERY: Final = 1.0
GROUP_MINUTE: Final = 19
GROUP_EVERY: Final = 5.0
"""Seconds between messages in a group when the next one can wait: room for answers and for final cards."""
REMEMBERED: Final = 4096


class Pace:
    """What was said lately, and where Telegram has told us to be quiet."""

    def __init__(self) -> None:
        self._said: dict[str, deque[float]] = {}
        self._overall: deque[float] = deque(maxlen=OVERALL)
        self._quiet_until: dict[str, float] = {}

    def wait(self, chat: str, *, urgent: bool, now: float, messages: int = 1) -> float:
        """Seconds until that many messages may go into that chat one after the other; 0: now.

        Group ids are negative. Not urgent is what something newer will replace.
        """
        is_group = chat.startswith("-")
        said = list(self._said.get(chat, ()))
        times = [self._quiet_until.get(chat, 0.0)]
        if said:
            times.append(said[-1] + (GROUP_EVERY if is_group and not urgent else CHAT_EVERY))
        too_many = len(said) + min(messages, GROUP_MINUTE) - GROUP_MINUTE
        if is_group and too_many > 0:
            times.append(said[too_many - 1] + 60.0)
        if len(self._overall) == OVERALL:
            times.append(self._overall[0] + 1.0)
        return max(0.0, max(times) - now)

    def said(self, chat: str, now: float) -> None:
        """A message has just gone out."""
        recent = self._said.pop(chat, None) or deque(maxlen=GROUP_MINUTE)
        recent.append(now)
        self._said[chat] = recent
        self._overall.append(now)
        while len(self._said) > REMEMBERED:
            del self._said[next(iter(self._said))]

    def be_quiet(self, chat: str, until: float) -> None:
        """Telegram has said 429."""
        self._quiet_until = {each: when for each, when in self._quiet_until.items() if when > until - 3600}
        self._quiet_until[chat] = until
