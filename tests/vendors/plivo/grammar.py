"""What Plivo's XML may hold. Anything else is refused, as Plivo does with its code 8011."""

import re
from xml.etree.ElementTree import Element, ParseError, fromstring

URL = re.compile(r"https?://[^\s<>\"]+")
NUMBER = re.compile(r"\d+")
BOOL = re.compile("true|false")
METHOD = re.compile("GET|POST")
TEXT = re.compile(r"(?s).*")
LANGUAGES = (
    *("da-DK", "nl-NL", "en-AU", "en-GB", "en-US", "fr-FR", "fr-CA", "de-DE", "it-IT", "pl-PL", "pt-PT"),
    *("pt-BR", "ru-RU", "es-ES", "es-US", "sv-SE"),
)
LANGUAGE = re.compile("|".join(LANGUAGES))
DIGITS = re.compile(r"[0-9*#wW]+(@\d+)?")
KEY = re.compile(r"[0-9*#]")
SOUND = re.compile(rf"beep:[12]|{URL.pattern}|")

Attributes = dict[str, re.Pattern[str]]

_ACTION: Attributes = {"action": URL, "method": METHOD, "redirect": BOOL}
_CALLBACK: Attributes = {"callbackUrl": URL, "callbackMethod": METHOD}
_SEND: Attributes = {"sendDigits": DIGITS, "sendOnPreanswer": BOOL, "sipHeaders": TEXT}

ATTRIBUTES: dict[str, Attributes] = {
    "Response": {},
    "Speak": {"voice": re.compile(r"WOMAN|MAN|Polly\.\w+"), "language": LANGUAGE, "loop": NUMBER},
    "Play": {"loop": NUMBER},
    "Wait": {"length": NUMBER, "silence": BOOL, "minSilence": NUMBER, "beep": BOOL},
    "DTMF": {"async": BOOL},
    "Hangup": {"reason": re.compile("rejected|busy"), "schedule": NUMBER},
    "Redirect": {"method": METHOD},
    "PreAnswer": {},
    "Message": {"src": TEXT, "dst": TEXT, "type": re.compile("sms"), **_CALLBACK},
    "GetDigits": {
        **_ACTION,
        "timeout": NUMBER,
        "digitTimeout": NUMBER,
        "numDigits": NUMBER,
        "finishOnKey": re.compile(r"[0-9*#]|none"),
        "retries": NUMBER,
        "validDigits": re.compile(r"[0-9*#]+"),
        "playBeep": BOOL,
        "log": BOOL,
    },
    "Dial": {
        **_ACTION,
        **_CALLBACK,
        "timeout": NUMBER,
        "timeLimit": NUMBER,
        "callerId": re.compile(r"\+?\d+"),
        "callerName": re.compile(".{1,50}"),
        "hangupOnStar": BOOL,
        "confirmSound": URL,
        "confirmKey": KEY,
        "confirmTimeout": NUMBER,
        "dialMusic": re.compile(rf"real|{URL.pattern}"),
        "sipHeaders": TEXT,
    },
    "Number": _SEND,
    "User": _SEND,
    "Record": {
        **_ACTION,
        **_CALLBACK,
        "fileFormat": re.compile("mp3|wav"),
        "timeout": NUMBER,
        "maxLength": NUMBER,
        "finishOnKey": re.compile(r"[0-9*#]|none"),
        "playBeep": BOOL,
        "recordSession": BOOL,
        "startOnDialAnswer": BOOL,
    },
    "Conference": {
        **_ACTION,
        **_CALLBACK,
        "muted": BOOL,
        "enterSound": SOUND,
        "exitSound": SOUND,
        "startConferenceOnEnter": BOOL,
        "endConferenceOnExit": BOOL,
        "stayAlone": BOOL,
        "waitSound": URL,
        "maxMembers": re.compile(r"[2-9]|1\d|20"),
        "record": BOOL,
        "timeLimit": NUMBER,
        "hangupOnStar": BOOL,
    },
}
INSIDE = {
    "Response": set(ATTRIBUTES) - {"Response", "Number", "User"},
    "GetDigits": {"Speak", "Play"},
    "PreAnswer": {"Speak", "Play", "Wait"},
    "Dial": {"Number", "User"},
}
CONTENT = {
    "Speak": TEXT,
    "Play": URL,
    "DTMF": DIGITS,
    "Redirect": URL,
    "Message": re.compile(r"(?s).{1,1600}"),
    "Number": re.compile(r"\+?\d{3,15}"),
    "User": re.compile(r"sips?:[^\s@]+@\S+"),
    "Conference": re.compile(r"[^\s<>&]{1,60}"),
}
LARGEST = 100_000


class Refused(Exception):
    """What Plivo would not take."""


def parse(document: bytes, content_type: str) -> list[Element]:
    """The elements of a valid document. Raises Refused."""
    if not content_type.startswith(("application/xml", "text/xml")):
        raise Refused(f"served as {content_type!r}")
    if len(document) > LARGEST:
        raise Refused("larger than 100 KB")
    try:
        root = fromstring(document)  # noqa: S314 - a test's own document
    except ParseError as wrong:
        raise Refused(f"no XML: {wrong}") from wrong
    if root.tag != "Response":
        raise Refused(f"begins with <{root.tag}>")
    _check(root)
    return list(root)


def _check(element: Element) -> None:
    allowed = ATTRIBUTES[element.tag]
    for name, value in element.attrib.items():
        if name not in allowed or not allowed[name].fullmatch(value):
            raise Refused(f"<{element.tag} {name}={value!r}>")
    content = CONTENT.get(element.tag)
    if content is not None and not content.fullmatch(element.text or ""):
        raise Refused(f"<{element.tag}>{element.text}")
    if content is None and (element.text or "").strip():
        raise Refused(f"text in <{element.tag}>")
    for child in element:
        if child.tag not in INSIDE.get(element.tag, set()):
            raise Refused(f"<{child.tag}> in <{element.tag}>")
        _check(child)
    if element.tag == "Dial" and not len(element):
        raise Refused("<Dial> rings nobody")
