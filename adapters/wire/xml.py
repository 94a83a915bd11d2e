"""XML for vendors that are answered with a document: whatever text goes in comes out as text."""

import re
from typing import Final
from xml.etree.ElementTree import Element, tostring

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN: Final = {True: "true", False: "false"}


def node(tag: str, text: str = "", /, **attributes: str | int | bool | None) -> Element:
    """An element with that text. Attributes that are None are left out, as is what XML 1.0 cannot hold."""
    element = Element(tag, {name: _value(value) for name, value in attributes.items() if value is not None})
    element.text = legal(text) or None
    return element


def _value(value: str | int | bool) -> str:
    return _PLAIN[value] if isinstance(value, bool) else legal(str(value))


def legal(text: str) -> str:
    """The text without control characters and lone surrogates."""
    return _ILLEGAL.sub("", text)


def encode(root: Element) -> bytes:
    """The document in UTF-8, with its declaration."""
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document
