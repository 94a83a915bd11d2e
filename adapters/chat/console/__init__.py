"""The terminal as a chat: interactive, piped, or as JSON lines."""

from adapters.chat.console.console import PLATFORM, Console, Keyboard, Screen, Seat
from adapters.chat.console.opening import is_interactive, open_console

__all__ = ["PLATFORM", "Console", "Keyboard", "Screen", "Seat", "is_interactive", "open_console"]
