"""A recording link in a browser: a page that says who, when and how long, and audio that can be sought in."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest

from bot.domain.errors import StorageUnavailable
from bot.domain.links import sign
from bot.domain.recording import Recording
from tests.contract.web.conftest import Door
from tests.unit.recordings import KEY, PRIVATE_ROOM, Bench, incoming, message, mp3, outgoing, wav

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}&amp;'` javascript:"


class Page(HTMLParser):
    """Tags with their attributes, and the text a person sees."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def only(self, tag: str) -> dict[str, str | None]:
        [attributes] = [attributes for name, attributes in self.tags if name == tag]
        return attributes


def path_of(bench: Bench, recording: Recording) -> str:
    return httpx.URL(bench.recordings.link(recording)).path


async def test_the_page_says_who_when_and_how_long(bench: Bench, client: httpx.AsyncClient) -> None:
    recording = await bench.stored()
    path = path_of(bench, recording)
    answer = await client.get(path)
    page = Page(answer.text)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for said in (
        "Voicemail 1",
        "Amy · +65…4567",
        "Tuesday 10 March 2026, 14:30 (Asia/Singapore)",
        "0:07",
        "works until Tuesday 17 March 2026, 14:30",
        "kept until Monday 8 June 2026, 14:30",
    ):
        assert said in page.text
    assert page.only("html")["lang"] == "en"
    assert page.only("time")["datetime"] == "2026-03-10T06:30:00+00:00"
    assert page.only("audio")["src"] == path.rsplit("/", 1)[1] + "/audio"
    assert "controls" in page.only("audio")


async def test_everything_on_the_page_comes_from_the_same_door(
    bench: Bench, client: httpx.AsyncClient
) -> None:
    address = httpx.URL(str(client.base_url).rstrip("/") + path_of(bench, await bench.stored()))
    page = Page((await client.get(address)).text)
    needed = [attributes.get("src") or attributes.get("href") for _, attributes in page.tags]
    needed = [each for each in needed if each]

    assert len(needed) == 6  # icon, styles, script, audio, download
    for each in needed:
        target = address.join(each)
        assert target.netloc == address.netloc
        assert (await client.get(target)).status_code == 200, each
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"style", "iframe", "form", "object"}
    assert [attributes["src"] for tag, attributes in page.tags if tag == "script"] == ["../static/player.js"]
    assert not any("style" in attributes for _, attributes in page.tags)


async def test_the_page_may_run_our_scripts_and_nothing_else(bench: Bench, client: httpx.AsyncClient) -> None:
    headers = (await client.get(path_of(bench, await bench.stored()))).headers
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))

    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
    }
    assert headers["permissions-policy"] == "camera=(), geolocation=(), microphone=()"


async def test_without_a_sign_in_nobody_presses_anything(bench: Bench, client: httpx.AsyncClient) -> None:
    path = path_of(bench, await bench.stored())
    for headers in ({}, {"Sec-Fetch-Site": "same-origin"}):
        answer = await client.post(f"{path}/press", data={"do": "revoke"}, headers=headers)
        assert answer.status_code == 403
    assert (await client.get(path)).status_code == 200


async def test_links_work_behind_a_proxy_that_adds_a_path(bench: Bench, client: httpx.AsyncClient) -> None:
    path = path_of(bench, await bench.stored())
    page = Page((await client.get(path)).text)

    outside = httpx.URL("https://example.com/patchline" + path)
    assert outside.join(page.only("audio")["src"] or "").path == f"/patchline{path}/audio"
    styles = [attributes["href"] for tag, attributes in page.tags if attributes.get("rel") == "stylesheet"]
    assert outside.join(styles[0] or "").path == "/patchline/static/patchline.css"


async def test_a_private_room_sees_the_whole_number(bench: Bench, client: httpx.AsyncClient) -> None:
    recording = await bench.stored(await bench.ring(incoming(PRIVATE_ROOM)))

    assert "Amy · +6591234567" in Page((await client.get(path_of(bench, recording))).text).text


async def test_a_public_room_sees_no_whole_number_anywhere(bench: Bench, client: httpx.AsyncClient) -> None:
    path = path_of(bench, await bench.stored())
    for each in ("", "/audio"):
        answer = await client.get(path + each)
        assert "91234567" not in str(answer.headers)
        assert b"91234567" not in answer.content


async def test_a_caller_without_name_or_number(bench: Bench, client: httpx.AsyncClient) -> None:
    unnamed = await bench.stored(await bench.ring(incoming(name=None)))
    assert "+65…4567" in Page((await client.get(path_of(bench, unnamed))).text).text
    withheld = await bench.stored(
        await bench.ring(incoming(name=None, caller=None, id="c2")), message("rec-2")
    )
    assert "Number withheld" in Page((await client.get(path_of(bench, withheld))).text).text


async def test_the_recording_of_a_call_says_which_call(bench: Bench, client: httpx.AsyncClient) -> None:
    recording = await bench.stored(await bench.ring(outgoing()), message(voicemail=False))
    page = Page((await client.get(path_of(bench, recording))).text)

    assert "Recording of call #12" in page.text
    assert "Amy" in page.text


@pytest.mark.parametrize("name", [HOSTILE, "O'Brien & <Sons>", "\u200b\u202eevil", "𝔸𝕞𝕪 " * 100])
async def test_a_hostile_name_is_only_text(bench: Bench, client: httpx.AsyncClient, name: str) -> None:
    plain = Page((await client.get(path_of(bench, await bench.stored()))).text)
    recording = await bench.stored(await bench.ring(incoming(name=name, id="c2")), message("rec-2"))
    page = Page((await client.get(path_of(bench, recording))).text)

    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert " ".join(name.split()) in page.text


async def test_a_zone_nobody_knows_reads_as_utc(bench: Bench, client: httpx.AsyncClient) -> None:
    recording = await bench.stored(await bench.ring(incoming(zone="Mars/Olympus")))

    assert "6:30 (UTC)" in Page((await client.get(path_of(bench, recording))).text).text


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.1, "0:01"), (7.4, "0:07"), (59.6, "1:00"), (125.0, "2:05"), (3725.0, "1:02:05")]
)
async def test_lengths_read_like_on_a_player(
    bench: Bench, client: httpx.AsyncClient, seconds: float, shown: str
) -> None:
    bench.vendor.says = [mp3()]
    recording = await bench.stored(ref=message(voicemail=False, seconds=seconds))

    assert f") {shown}" in Page((await client.get(path_of(bench, recording))).text).text


async def test_an_unknown_length_is_left_out(bench: Bench, client: httpx.AsyncClient) -> None:
    bench.vendor.says = [mp3()]
    page = Page((await client.get(path_of(bench, await bench.stored()))).text)

    assert "None" not in page.text
    assert re.search(r"\d:\d\d (This|Download)", page.text.split("Singapore")[1]) is None


# --- the audio ----------------------------------------------------------------------------------------


async def test_the_audio_is_the_file(bench: Bench, client: httpx.AsyncClient) -> None:
    answer = await client.get(path_of(bench, await bench.stored()) + "/audio")

    assert (answer.status_code, answer.content) == (200, wav(7))
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == 'inline; filename="voicemail-1.wav"'


async def test_it_can_be_downloaded_under_a_name_that_says_what_it_is(
    bench: Bench, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path_of(bench, await bench.stored()) + "/audio?download=1")

    assert answer.headers["content-disposition"] == 'attachment; filename="voicemail-1.wav"'


async def test_an_mp3_goes_out_as_one(bench: Bench, client: httpx.AsyncClient) -> None:
    bench.vendor.says = [mp3()]
    answer = await client.get(path_of(bench, await bench.stored()) + "/audio?download=1")

    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-disposition"] == 'attachment; filename="voicemail-1.mp3"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("0-0", 0, 1), ("0-99", 0, 100), ("100-", 100, None), ("-50", -50, None), ("5-999999999", 5, None)],
)
async def test_a_range_is_sent_alone(
    bench: Bench, client: httpx.AsyncClient, asked: str, start: int, end: int | None
) -> None:
    path = path_of(bench, await bench.stored()) + "/audio"
    answer = await client.get(path, headers={"Range": f"bytes={asked}"})

    whole = wav(7)
    assert answer.status_code == 206
    assert answer.content == whole[start:end]
    first = start % len(whole)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_range_beyond_the_end_cannot_be_had(bench: Bench, client: httpx.AsyncClient) -> None:
    path = path_of(bench, await bench.stored()) + "/audio"
    answer = await client.get(path, headers={"Range": f"bytes={len(wav(7))}-"})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(wav(7))}"


async def test_a_head_request_gets_the_headers_alone(bench: Bench, client: httpx.AsyncClient) -> None:
    path = path_of(bench, await bench.stored())
    for each in (path, path + "/audio"):
        head, get = await client.head(each), await client.get(each)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))
        assert head.headers["content-type"] == get.headers["content-type"]


# --- links that open nothing ----------------------------------------------------------------------------


async def test_every_dead_link_gets_the_same_friendly_page(bench: Bench, client: httpx.AsyncClient) -> None:
    call = await bench.ring()
    expired = bench.recordings.link(await bench.stored(call))
    bench.clock.step(days=7)
    recording = await bench.stored(call, message("rec-2"))
    revoked = bench.recordings.link(recording)
    await bench.change(lambda tx: bench.recordings.revoke(tx, recording))
    doomed = await bench.stored(call, message("rec-3"))
    deleted = bench.recordings.link(doomed)
    await bench.change(lambda tx: bench.recordings.delete(tx, doomed))
    bench.vendor.says = [TimeoutError()]
    waiting = bench.recordings.link(await bench.stored(call, message("rec-4")))
    until = bench.clock.now() + timedelta(days=7)
    unknown = "http://x/r/" + sign(type(doomed.id)("nobody"), 1, until, KEY)
    forged = "http://x/r/" + sign(recording.id, recording.link_version, until, bytes(32))

    said = set()
    for link in (
        expired,
        revoked,
        deleted,
        waiting,
        unknown,
        forged,
        "http://x/r/1",
        "http://x/r/...",
        "http://x/r/é",
    ):
        for tail in ("", "/audio", "/audio?download=1"):
            answer = await client.get(httpx.URL(link).path + tail)
            assert answer.status_code == 404, link
            said.add(Page(answer.text).text)
    assert len(said) == 1
    assert "its message in the chat has a link that works, or a button that makes one" in said.pop()


async def test_the_friendly_page_finds_its_style_at_either_depth(client: httpx.AsyncClient) -> None:
    for path in ("/r/made-up", "/r/made-up/audio"):
        address = httpx.URL(str(client.base_url).rstrip("/") + path)
        page = Page((await client.get(address)).text)
        for _, attributes in page.tags:
            if attributes.get("href"):
                assert (await client.get(address.join(attributes["href"] or ""))).status_code == 200


async def test_a_link_dies_with_its_second_and_with_its_revocation(
    bench: Bench, client: httpx.AsyncClient
) -> None:
    recording = await bench.stored()
    path = path_of(bench, recording)
    bench.clock.step(days=6, hours=23, minutes=59, seconds=59)
    assert (await client.get(path + "/audio")).status_code == 200
    renewed = path_of(bench, recording)
    bench.clock.step(seconds=1)
    assert (await client.get(path + "/audio")).status_code == 404
    assert (await client.get(renewed + "/audio")).status_code == 200
    await bench.change(lambda tx: bench.recordings.revoke(tx, recording))
    assert (await client.get(renewed + "/audio")).status_code == 404


async def test_a_file_that_is_missing_is_not_our_callers_fault_and_not_theirs_to_see(
    bench: Bench, client: httpx.AsyncClient
) -> None:
    recording = await bench.stored()
    (bench.folder / recording.id).unlink()
    answer = await client.get(path_of(bench, recording) + "/audio")

    assert answer.status_code == 404
    assert str(bench.folder) not in answer.text


async def test_with_the_database_away_the_page_asks_for_patience(bench: Bench, door: Door) -> None:
    class Away:
        async def open(self, token: str) -> None:
            raise StorageUnavailable(token)

    path = path_of(bench, await bench.stored())
    async with door(recordings=Away()) as client:
        answer = await client.get(path)

    assert answer.status_code == 503
    assert "try again" in answer.text
    assert path.rsplit("/", 1)[1] not in answer.text


async def test_link_tokens_are_in_no_log_and_no_title(
    bench: Bench, client: httpx.AsyncClient, logged: Callable[[], str]
) -> None:
    recording = await bench.stored()
    path = path_of(bench, recording)
    token = path.rsplit("/", 1)[1]
    page = (await client.get(path)).text
    await client.get(path + "/audio", headers={"Range": "bytes=0-9"})
    (bench.folder / recording.id).unlink()
    await client.get(path + "/audio")
    await client.get(path + "x")

    title = page.split("<title>")[1].split("</title>")[0]
    assert title == "Voicemail 1 · Patchline"
    said = logged()
    assert "not in its folder" in said
    assert token.rsplit(".", 1)[1] not in said


async def test_no_path_leads_out_of_the_static_folder(client: httpx.AsyncClient) -> None:
    for path in (
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2fetc/passwd",
        "/static/",
    ):
        url = httpx.URL(str(client.base_url).rstrip("/")).copy_with(raw_path=path.encode())
        assert (await client.get(url)).status_code == 404, path
