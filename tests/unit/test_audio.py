"""Only sound passes for sound, and a WAV says how long it plays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audio import Sound, recognise
from tests.unit.recordings import mp3, wav


@given(st.floats(min_value=0.001, max_value=20), st.sampled_from([8000, 16000, 44100]))
def test_a_wav_tells_its_length(seconds: float, rate: int) -> None:
    sound = recognise(wav(seconds, rate))

    assert sound is not None
    assert (sound.content_type, sound.whole) == ("audio/wav", True)
    assert sound.seconds == pytest.approx(int(seconds * rate) / rate)


def test_a_wav_that_was_cut_off_is_not_whole() -> None:
    assert recognise(wav(10)[:-80_000]) == Sound(content_type="audio/wav", seconds=5.0, whole=False)


def test_a_wav_written_to_a_pipe_is_as_long_as_what_came() -> None:
    for unknown in (0, 0xFFFFFFFF, 0x7FFFFFFF):
        streamed = bytearray(wav(3))
        streamed[40:44] = unknown.to_bytes(4, "little")
        assert recognise(bytes(streamed)) == Sound(content_type="audio/wav", seconds=3.0)


def test_chunks_in_front_of_and_behind_the_samples_are_no_sound() -> None:
    plain = wav(2)
    note = b"LIST" + (5).to_bytes(4, "little") + b"hello\0"
    noted = plain[:12] + note + plain[12:] + note

    assert recognise(noted) == Sound(content_type="audio/wav", seconds=2.0)


@pytest.mark.parametrize("empty", [wav(0), wav(1)[:44], wav(1)[:36], wav(1)[:20], b"RIFF\0\0\0\0WAVE"])
def test_a_wav_without_a_sample_is_no_recording(empty: bytes) -> None:
    assert recognise(empty) is None


def test_compressed_sound_is_known_by_its_first_bytes() -> None:
    assert recognise(mp3()) == Sound(content_type="audio/mpeg")
    assert recognise(b"ID3\x04" + bytes(20)) == Sound(content_type="audio/mpeg")
    assert recognise(b"OggS" + bytes(40)) == Sound(content_type="audio/ogg")


@pytest.mark.parametrize(
    "words", ["<Error>Not found</Error>", "<!doctype html><title>404", '{"error": "not ready"}', "no"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_no_error_page_passes_for_sound(words: str, encoding: str) -> None:
    assert recognise(words.encode(encoding)) is None
    assert recognise(b"\xff\xfe" + words.encode("utf-16-le")) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_without_an_error(data: bytes) -> None:
    for head in (b"", b"RIFF\x24\0\0\0WAVE", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", b"\xff"):
        sound = recognise(head + data)
        assert sound is None or sound.content_type.startswith("audio/")
