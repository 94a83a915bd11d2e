"""What Telegram accepts as text and as buttons: judged here without the library under test."""

import json
import re
from html.parser import HTMLParser
from typing import Any

TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"}
ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


class Refused(Exception):
    """An answer that is no success. `judged`: the request itself was wrong, not the state of the world."""

    def __init__(
        self, words: str, *, status: int = 400, judged: bool = True, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(words)
        self.status, self.judged, self.parameters = status, judged, parameters


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text_of(text: str, parse_mode: str | None) -> str:
    """What people see. Raises Refused for what Telegram cannot show."""
    if parse_mode not in (None, "HTML"):
        raise Refused(f"Bad Request: unsupported parse_mode {parse_mode}")
    seen = _Reader(text).seen() if parse_mode == "HTML" else text
    if not seen.strip():
        raise Refused("Bad Request: message text is empty")
    if units(seen) > 4096:
        raise Refused("Bad Request: message is too long")
    return seen.strip()


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self._open: list[str] = []
        self._seen: list[str] = []
        if re.search(r"<(?!/?[a-z])", text) or re.search(r"&(?!(lt|gt|amp|quot|#\d+);)", text):
            raise Refused("Bad Request: can't parse entities")
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS or (tag == "a") != bool(dict(attrs).get("href")):
            raise Refused(f"Bad Request: can't parse entities: unsupported start tag {tag}")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise Refused(f"Bad Request: can't parse entities: unexpected end tag {tag}")

    def handle_data(self, data: str) -> None:
        self._seen.append(data)

    def handle_entityref(self, name: str) -> None:
        self._seen.append(ENTITIES[name])

    def seen(self) -> str:
        if self._open:
            raise Refused(f"Bad Request: can't parse entities: can't find end tag of {self._open[-1]}")
        return "".join(self._seen)


def markup_of(text: str | None, *, private: bool) -> Any:
    """The markup as JSON. Raises Refused for buttons that Telegram does not show."""
    if text is None:
        return None
    markup = json.loads(text)
    if "inline_keyboard" in markup:
        _judge_inline(markup["inline_keyboard"])
    elif "keyboard" in markup:
        asks = any(button.get("request_contact") for row in markup["keyboard"] for button in row)
        if asks and not private:
            raise Refused("Bad Request: phone number can be requested in private chats only")
    elif markup.get("remove_keyboard") is not True:
        raise Refused("Bad Request: can't parse reply markup")
    return markup


def _judge_inline(rows: Any) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) and 1 <= len(row) <= 8 for row in rows):
        raise Refused("Bad Request: inline keyboard expected")
    buttons = [button for row in rows for button in row]
    if not 1 <= len(buttons) <= 100:
        raise Refused("Bad Request: REPLY_MARKUP_TOO_LONG")
    for button in buttons:
        if not button.get("text", "").strip() or set(button) - {"text", "callback_data", "url"}:
            raise Refused("Bad Request: inline keyboard button text must be non-empty")
        if ("callback_data" in button) == ("url" in button):
            raise Refused("Bad Request: text buttons are unallowed in the inline keyboard")
        if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
            raise Refused("Bad Request: BUTTON_DATA_INVALID")
        if "url" in button and not re.fullmatch(r"https://t\.me/\w+(\?start=[\w-]{1,64})?", button["url"]):
            raise Refused("Bad Request: inline keyboard button URL is invalid")
