"""A chat in a web page: what the phone lab types into. The pages themselves are `adapters/web/lab`."""

from adapters.chat.web.chat import PLATFORM, WebChat, WebSeat
from adapters.chat.web.transcript import Entry, Kind, Transcript

__all__ = ["PLATFORM", "Entry", "Kind", "Transcript", "WebChat", "WebSeat"]
