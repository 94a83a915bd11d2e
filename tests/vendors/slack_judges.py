"""What Slack takes and what it refuses, judged by itself: limits, blocks, mark-up. Nothing of ours is used.

`slack_sdk.models` is the second judge of every block.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Json = Mapping[str, Any]

LONGEST_TEXT = 4000  # advice; Slack cuts at 40,000
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
ALL_BLOCKS = 13_200

_SPAN = re.compile(r"<(https?://[^\s<>|]+(\|[^<>]*)?|mailto:[^<>]+|tel:[^<>]+|@[UW][A-Z0-9]+|#C[A-Z0-9]+)>")
_ENTITY = re.compile(r"&(amp|lt|gt);")


class Refused(Exception):
    """With Slack's own error code."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


def judge_message(text: Any, blocks: Any) -> None:
    """Raises Refused."""
    if not isinstance(text, str) or not text.strip():
        raise Refused("no_text", "blocks need a text beside them for notifications")
    if len(text) > LONGEST_TEXT:
        raise Refused("msg_too_long", f"{len(text)} characters")
    judge_markup(text)
    judge_blocks(blocks, "message")


def judge_blocks(blocks: Any, where: str) -> None:
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS[where]:
        raise Refused("invalid_blocks", f"{where}: {len(blocks or ())} blocks")
    if sum(len(each) for each in texts(blocks)) > ALL_BLOCKS:
        raise Refused("msg_blocks_too_long")
    actions = [element["action_id"] for block in blocks for element in block.get("elements", ())]
    if len(actions) != len(set(actions)):
        raise Refused("invalid_blocks", "the same action_id twice")
    for block in blocks:
        _judge_block(block)


def judge_view(view: Any) -> None:
    """A modal or a home page."""
    for name, longest in (("title", 24), ("submit", 24), ("close", 24)):
        if len(view.get(name, {}).get("text", "")) > longest:
            raise Refused("invalid_arguments", name)
    if len(view.get("private_metadata", "")) > 3000 or len(view.get("callback_id", "")) > 255:
        raise Refused("invalid_arguments", "private_metadata")
    judge_blocks(view.get("blocks"), view["type"])
    if any(block["type"] == "input" for block in view["blocks"]) and "submit" not in view:
        raise Refused("invalid_arguments", "a form needs a submit")
    try:
        View(**view).to_dict()
    except SlackObjectFormationError as wrong:
        raise Refused("invalid_arguments", str(wrong)) from wrong


def _judge_block(block: Json) -> None:
    try:
        parsed = Block.parse(dict(block))
        assert parsed is not None, f"no block that Slack knows: {block.get('type')}"
        parsed.to_dict()
    except (SlackObjectFormationError, AssertionError) as wrong:
        raise Refused("invalid_blocks", str(wrong)) from wrong
    match block["type"]:
        case "section":
            _judge_section(block)
        case "actions":
            _judge_actions(block)
        case "input":
            _judge_input(block)


def _judge_section(block: Json) -> None:
    words = block["text"]["text"]
    if not 1 <= len(words) <= 3000:
        raise Refused("invalid_blocks", f"section of {len(words)}")
    if block["text"]["type"] == "mrkdwn":
        judge_markup(words)


def _judge_actions(block: Json) -> None:
    if not 1 <= len(block["elements"]) <= 25:
        raise Refused("invalid_blocks", "actions")
    for element in block["elements"]:
        text, confirm = element["text"], element.get("confirm", {})
        fits = (
            text["type"] == "plain_text"
            and 1 <= len(text["text"]) <= 75
            and len(element.get("value", "")) <= 2000
            and len(element["action_id"]) <= 255
            and element.get("style", "primary") in ("primary", "danger")
            and all(
                len(confirm.get(name, {}).get("text", "")) <= most
                for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30))
            )
        )
        if not fits:
            raise Refused("invalid_blocks", json.dumps(element))


def _judge_input(block: Json) -> None:
    element = block["element"]
    if len(block["label"]["text"]) > 2000 or len(element.get("placeholder", {}).get("text", "")) > 150:
        raise Refused("invalid_arguments", block["label"]["text"])
    if any(len(each["text"]["text"]) > 75 for each in element.get("options", ())):
        raise Refused("invalid_arguments", "option")


def judge_markup(text: str) -> None:
    """Every `<` begins a span that Slack knows, every `&` an entity; nothing rings the bell of a channel."""
    rest = _ENTITY.sub("", _SPAN.sub("", text))
    if re.search(r"[<>&]", rest):
        raise Refused("badly_escaped", rest[:200])
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text):
        raise Refused("control_character", repr(text[:200]))


def texts(value: Any) -> Iterator[str]:
    """Every text in blocks."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name == "text" or not isinstance(each, str):
                yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def as_seen(text: str) -> str:
    """What a person reads: spans as their target or label, entities as their signs."""
    shown = _SPAN.sub(lambda found: found[1], text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
