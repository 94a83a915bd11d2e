"""Is this a recording, and how long does it play? The bytes alone tell; a server's word for it is hearsay.

A provider that has nothing yet likes to answer 200 with an error page; none of that passes here.
"""

import struct
from dataclasses import dataclass
from typing import Final

# Encoders that write to a pipe do not know the length yet and put something near the maximum.
_LENGTH_UNKNOWN: Final = 0x7FFF_0000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """`seconds` is None where only decoding would tell; `whole` is False for a file that was cut short."""

    content_type: str
    seconds: float | None = None
    whole: bool = True


def recognise(data: bytes) -> Sound | None:
    """WAV, MP3 or Ogg by their first bytes; None for anything else, and for a WAV without a single sample."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _wav(data)
    if data[:4] == b"OggS":
        return Sound(content_type="audio/ogg")
    if data[:3] == b"ID3" or _mp3_frame(data):
        return Sound(content_type="audio/mpeg")
    return None


def _mp3_frame(data: bytes) -> bool:
    """An MPEG audio frame header of layer III; other layers look like a UTF-16 byte order mark."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return False
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    bitrate, rate = data[2] >> 4, data[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3


def _wav(data: bytes) -> Sound | None:
    byte_rate, at = 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        start = at + 8
        if name == b"fmt " and size >= 16 and start + 16 <= len(data):
            byte_rate = int(struct.unpack_from("<I", data, start + 8)[0])
        elif name == b"data":
            return _samples(present=len(data) - start, declared=size, byte_rate=byte_rate)
        at = start + size + size % 2
    return None


def _samples(*, present: int, declared: int, byte_rate: int) -> Sound | None:
    known = 0 < declared < _LENGTH_UNKNOWN
    there = min(present, declared) if known else present
    if not there or not byte_rate:
        return None
    return Sound(content_type="audio/wav", seconds=there / byte_rate, whole=not known or present >= declared)
