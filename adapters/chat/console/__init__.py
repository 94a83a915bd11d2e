"""The terminal as a chat: interactive, piped, or as JSON lines."""

from adapters.chat.console.console import Console, Keyboard, Screen, Seat
from adapters.chat.console.opening import open_console

__all__ = ["Console", "Keyboard", "Screen", "Seat", "open_console"]
