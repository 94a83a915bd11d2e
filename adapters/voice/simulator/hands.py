"""What a person does with a simulated phone: answer, decline, hang up, press keys, speak.

Hands work on every leg, whatever its script: whoever is quicker, the hand or the script, has done it.
"""

import re
from collections.abc import Callable
from typing import Final

from adapters.voice.simulator import audio
from adapters.voice.simulator.channel import Channel
from adapters.voice.simulator.recorder import Recorder
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.switch import Switch
from bot.domain.causes import HangupCause

LONGEST_VOICE: Final = 60
"""Seconds of voice that one request may bring."""
LONGEST_SPEECH: Final = 1000
"""Characters of a text that one request may have spoken."""
_SAMPLE: Final = 2
_KEYS: Final = re.compile(r"[0-9*#A-D]{1,32}")


class Hands:
    """All hands of the world outside. Everything raises Refusal: 404 for a leg that is not known, 410 for one
    that is over, 409 where it cannot be done now, 400 for what makes no sense."""

    def __init__(self, switch: Switch, leg: Callable[[str], Channel]) -> None:
        self._switch = switch
        self._leg = leg

    def answer(self, ref: str) -> None:
        """Pick up a ringing phone, or take a call that was screened, once it is known who calls."""
        channel = self._live(ref)
        asked = channel.is_screening and channel.reason and not channel.lifted.is_set()
        if not channel.is_ringing and not asked:
            raise Refusal(409, "not ringing", "this phone does not ring, and nobody has said who is calling")
        channel.lift()

    def decline(self, ref: str) -> None:
        """The red button on a phone that rings or asks who is calling."""
        channel = self._live(ref)
        if not channel.is_ringing and not channel.is_screening:
            raise Refusal(409, "not ringing", "this phone does not ring")
        channel.end(HangupCause.CALL_REJECTED)

    def hang_up(self, ref: str) -> None:
        """End a call that was answered, or one's own before it is."""
        channel = self._live(ref)
        if not channel.is_talking and not channel.inbound:
            raise Refusal(409, "not answered", "a phone that nobody has answered can be declined")
        self._switch.hang_up(channel)

    def press(self, ref: str, digits: str) -> None:
        """Press keys: one to 32 of 0-9, *, #, A-D."""
        if not _KEYS.fullmatch(digits):
            raise Refusal(400, "no keys", "keys are 1 to 32 of 0-9, *, #, A-D")
        channel = self._talking(ref)
        if not channel.person.is_set():
            raise Refusal(409, "a machine", "a machine has this call, and machines press no keys")
        self._switch.press(channel, digits)

    def microphone(self, ref: str, on: bool) -> None:
        """Switch the microphone of this phone, which is only for whoever draws it."""
        self._live(ref).microphone = on

    def voice(self, ref: str, pcm: bytes) -> None:
        """Speak into the voicemail that is being recorded here: 16 bit little endian, mono, 8 kHz."""
        recorder = self._recorder(ref)
        if not pcm or len(pcm) % _SAMPLE:
            raise Refusal(400, "no voice", "voice is an even number of bytes: 16 bit, mono, 8 kHz")
        if len(pcm) > LONGEST_VOICE * audio.RATE * _SAMPLE:
            raise Refusal(413, "too much", f"at most {LONGEST_VOICE} seconds of voice at once")
        recorder.hear(pcm)

    async def speak(self, ref: str, text: str) -> None:
        """Have a text spoken into the voicemail that is being recorded here."""
        self._recorder(ref)
        if not text.strip() or len(text) > LONGEST_SPEECH:
            raise Refusal(400, "no speech", f"a text has 1 to {LONGEST_SPEECH} characters")
        samples = await audio.spoken(str(self._leg(ref).address), text)
        self._recorder(ref).speak(samples)

    def _live(self, ref: str) -> Channel:
        channel = self._leg(ref)
        if channel.is_over:
            raise Refusal(410, "over", "this leg has ended")
        return channel

    def _talking(self, ref: str) -> Channel:
        channel = self._live(ref)
        if not channel.is_talking:
            raise Refusal(409, "not answered", "nobody is on this leg yet")
        return channel

    def _recorder(self, ref: str) -> Recorder:
        recorder = self._talking(ref).recorder
        if recorder is None:
            raise Refusal(409, "not recording", "nothing records a voicemail on this leg now")
        return recorder
