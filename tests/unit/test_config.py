"""Settings: what is read, what is refused and in which words, what never gets out."""

import os
import stat
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from bot.config import (
    BaseUrl,
    Settings,
    VendorSettings,
    describe,
    entries,
    env,
    is_private_url,
    known_names,
    load,
)
from bot.domain.cdr import Money
from bot.domain.errors import ConfigError
from bot.domain.limits import Limits
from bot.domain.numbers import PhoneNumber, SipUri
from bot.domain.texts import TEXTS, Moment

KEY = "k" * 40
ANY = ".".join("0000")
POSTGRES = {"DATABASE_URL": "postgres://amy:sesame@db.example/calls", "PATCHLINE_SECRET_KEY": KEY}


class Acme(VendorSettings):
    """A vendor as an adapter would declare it."""

    required: ClassVar[tuple[str, ...]] = ("ACME_ID", "ACME_TOKEN")

    id: str = env("ACME_ID", "The account.", "")
    token: SecretStr = env("ACME_TOKEN", "Its password.", SecretStr(""))
    base_url: BaseUrl = env("ACME_BASE_URL", "Where its API is.", "https://api.acme.example")

    def problems(self, core: Settings) -> list[str]:
        return [] if core.public_url else ["PUBLIC_URL is missing: Acme calls back."]


PROVIDERS = {"acme": Acme}


def problems(**environ: str) -> list[str]:
    with pytest.raises(ConfigError) as mistakes:
        load(environ, providers=PROVIDERS)
    return list(mistakes.value.problems)


# --- defaults ------------------------------------------------------------------------------------


def test_nothing_has_to_be_set() -> None:
    settings = load({})
    assert settings.is_sqlite
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, None)
    assert settings.default_timezone == "UTC"
    assert settings.limits == Limits()
    assert settings.texts == TEXTS
    assert settings.access.admins == frozenset()
    assert settings.on_unknown == "report"
    assert settings.calls_per_second is None


def test_an_empty_value_is_no_value() -> None:
    assert load({"PATCHLINE_CALLER_ID": "", "PORT": "  ", "PATCHLINE_ADMINS": ""}).port == 8080


def test_files_live_in_the_data_directory(tmp_path: Path) -> None:
    settings = load({"PATCHLINE_DATA_DIR": str(tmp_path / "x")})
    assert settings.database_url == f"sqlite:///{tmp_path}/x/patchline.db"
    assert settings.recordings_dir == tmp_path / "x" / "recordings"


# --- where from ----------------------------------------------------------------------------------


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9000\nPATCHLINE_MAX_MINUTES=5\nPATCHLINE_TEXT_THANKS='Bye $x.'\n")
    monkeypatch.setenv("PORT", "9001")
    settings = load()
    assert (settings.port, settings.max_minutes) == (9001, 5)
    assert settings.texts[Moment.THANKS] == "Bye $x."
    assert [settings.source(name) for name in ("PORT", "PATCHLINE_MAX_MINUTES", "HOST")] == [
        "environment", ".env", "default",
    ]  # fmt: skip


def test_a_given_environment_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9000\n")
    monkeypatch.setenv("PORT", "9001")
    assert load({}).port == 8080


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}).port = 1


# --- values --------------------------------------------------------------------------------------


def test_what_is_written_is_what_is_meant() -> None:
    settings = load(
        {
            "PATCHLINE_ADMINS": "telegram:12345, Slack:T0/U1",
            "PATCHLINE_ALLOW": "telegram:99,",
            "PATCHLINE_ONLY_CALL": "+65 9123 4567,sip:amy@PBX.example.com",
            "PATCHLINE_CALLER_ID": "+1 (212) 555-0123",
            "PATCHLINE_DAILY_SPEND": "20.50 sgd",
            "PATCHLINE_SIP_HOSTS": "PBX.example.com, 10.0.0.1",
            "PATCHLINE_DEFAULT_REGION": "sg",
            "PATCHLINE_CALLS_PER_SECOND": "0.5",
        }
    )
    assert settings.access.admins == {"telegram:12345", "slack:T0/U1"}
    assert settings.access.allow == {"telegram:99"}
    assert settings.limits.only_call == (
        PhoneNumber(e164="+6591234567"),
        SipUri(uri="sip:amy@pbx.example.com"),
    )
    assert settings.caller_id == PhoneNumber(e164="+12125550123")
    assert str(settings.limits.daily_spend) == "20.50 SGD"
    assert settings.limits.sip_hosts == ("pbx.example.com", "10.0.0.1")
    assert settings.default_region == "SG"
    assert settings.calls_per_second == 0.5


@pytest.mark.parametrize(
    ("text", "amount"), [("20", "20.00 USD"), ("USD 5", "5.00 USD"), ("7.5 EUR", "7.50 EUR")]
)
def test_money(text: str, amount: str) -> None:
    assert str(load({"PATCHLINE_DAILY_SPEND": text}).daily_spend) == amount


def test_zero_is_no_limit() -> None:
    settings = load({"PATCHLINE_DAILY_SPEND": "0 USD", "PATCHLINE_MAX_MINUTES": "0"})
    assert (settings.limits.daily_spend, settings.limits.max_minutes) == (None, 0)


def test_a_withheld_caller_id() -> None:
    assert load({"PATCHLINE_CALLER_ID": "Private"}).caller_id == "private"


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", "mysql://amy:sesame@db/x", "postgres://"),
        ("PORT", "99999", "65535"),
        ("PORT", "-1", "e.g. 8080"),
        ("PORT", "http", "e.g. 8080"),
        ("PATCHLINE_MAX_MINUTES", "-5", "whole number"),
        ("PATCHLINE_MAX_MINUTES", "1.5", "whole number"),
        ("PATCHLINE_RING_SECONDS", "soon", "whole number"),
        ("PATCHLINE_PLACEMENTS_PER_HOUR", "many", "0 for no limit"),
        ("PATCHLINE_CALLS_PER_SECOND", "inf", "calls per second"),
        ("PATCHLINE_CALLS_PER_SECOND", "nan", "calls per second"),
        ("PATCHLINE_DAILY_SPEND", "-5 USD", "20 USD"),
        ("PATCHLINE_DAILY_SPEND", "USD 5 EUR", "20 USD"),
        ("PATCHLINE_DAILY_SPEND", "lots", "20 USD"),
        ("PATCHLINE_DEFAULT_REGION", "UK", "GB"),
        ("PATCHLINE_DEFAULT_REGION", "Singapore", "two letters"),
        ("PATCHLINE_DEFAULT_TIMEZONE", "Asia/Singapor", "did you mean Asia/Singapore?"),
        ("PATCHLINE_DEFAULT_TIMEZONE", "../../etc/passwd", "IANA"),
        ("PATCHLINE_DEFAULT_TIMEZONE", "SGT", "IANA"),
        ("PATCHLINE_CALLER_ID", "91234567", "+ country code"),
        ("PATCHLINE_ADMINS", "@amy", "telegram:<user id>"),
        ("PATCHLINE_ADMINS", "12345", "telegram:<user id>"),
        ("PATCHLINE_ALLOW", "telegram:1,amy", "entry 2"),
        ("PATCHLINE_ONLY_CALL", "+6591234567,91234568", "entry 2"),
        ("PATCHLINE_ONLY_CALL", "sip:amy", "entry 1"),
        ("PATCHLINE_SIP_HOSTS", "sip:pbx.example.com", "domain alone"),
        ("PATCHLINE_ON_UNKNOWN", "retry", "redial"),
        ("PATCHLINE_TTS_LANGUAGE", "english please", "en-US"),
        ("PATCHLINE_SECRET_KEY", "short", "make one with"),
        ("PATCHLINE_TEXT_ACCEPT", "Press 1 for {who}.", "{who}"),
        ("PATCHLINE_TEXT_GREETING", "Hello {name}.", "{name}"),
        ("PATCHLINE_TEXT_ACCEPT", "Press {name.__class__}", "{name}"),
        ("PATCHLINE_TEXT_ACCEPT", "Press {name!r} {", "brace"),
        ("PATCHLINE_TEXT_THANKS", "x" * 1001, "1000"),
    ],
)
def test_a_mistake_names_the_variable_and_what_to_write(name: str, value: str, hint: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} ")
    assert hint in problem
    assert not problem.endswith("?.")


def test_every_mistake_is_told_at_once() -> None:
    found = problems(
        PORT="x",
        PATCHLINE_DEFAULT_REGION="UK",
        PATCHLINE_TEXT_ACCEPT="{",
        PATCHLINE_ADMIN="telegram:1",
        ACME_ID="a",
        DATABASE_URL="oracle:",
    )
    names = [problem.split()[0] for problem in found]
    assert names == [
        "DATABASE_URL",
        "PORT",
        "PATCHLINE_DEFAULT_REGION",
        "PATCHLINE_TEXT_ACCEPT",
        "ACME_TOKEN",
        "PATCHLINE_ADMIN",
    ]


def test_a_misspelt_name_is_noticed() -> None:
    assert problems(PATCHLINE_ADMIN="telegram:1") == [
        "PATCHLINE_ADMIN is no setting; did you mean PATCHLINE_ADMINS?"
    ]
    assert "PATCHLINE_TEXT_GREETING" in problems(PATCHLINE_TEXT_GREETNG="Hi")[0]


def test_variables_that_are_not_ours_are_left_alone() -> None:
    load({"PATCHLINE_X": "1", "PORTS": "x", "ACME": "x", "PATH": "/bin"}, providers=PROVIDERS)


@pytest.mark.parametrize("bad", [ANY, f"{ANY}:8080", "[::]", "[0::0]:80", "0", "*:8080", f"[::ffff:{ANY}]"])
def test_an_address_of_every_interface_is_nobodys(bad: str) -> None:
    (problem,) = problems(PUBLIC_URL=f"http://{bad}", PATCHLINE_SECRET_KEY=KEY)
    assert "every interface" in problem


@pytest.mark.parametrize(
    "bad",
    ["phone.example.com", "ftp://x.example", "https://", "https://a b", "https://u:p@h.example", "https://h/?x=1",
     "https://h/#x", "http://h:99999", "http://[::", "https://h/\"<x>", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_public_url(bad: str) -> None:
    (problem,) = problems(PUBLIC_URL=bad, PATCHLINE_SECRET_KEY=KEY)
    assert problem.startswith("PUBLIC_URL ")
    assert "https://phone.example.com" in problem


def test_a_public_url_loses_its_last_slash() -> None:
    assert load({"PUBLIC_URL": "https://h.example/calls/", **POSTGRES}).web_base == "https://h.example/calls"


@pytest.mark.parametrize(
    ("environ", "base"),
    [({}, "http://127.0.0.1:8080"), ({"HOST": ANY, "PORT": "81"}, "http://127.0.0.1:81"),
     ({"HOST": "::1"}, "http://[::1]:8080"), ({"HOST": "box.lan"}, "http://box.lan:8080")],
)  # fmt: skip
def test_without_one_links_lead_to_where_we_listen(environ: dict[str, str], base: str) -> None:
    assert load(environ).web_base == base


@pytest.mark.parametrize(
    ("url", "private"),
    [("http://localhost:1", True), ("http://10.1.2.3", True), ("http://[::1]", True),
     ("http://box.local", True), ("https://phone.example.com", False)],
)  # fmt: skip
def test_private_addresses(url: str, private: bool) -> None:
    assert is_private_url(url) is private


# --- vendors -------------------------------------------------------------------------------------

ACME = {"ACME_ID": "amy", "ACME_TOKEN": "opensesame"}


def test_a_vendor_with_its_settings_is_offered() -> None:
    settings = load({"PUBLIC_URL": "https://h.example", **ACME, **POSTGRES}, providers=PROVIDERS)
    acme = settings.of(Acme)
    assert acme is not None
    assert (acme.id, acme.token.get_secret_value()) == ("amy", "opensesame")
    assert settings.offered == ("acme",)


def test_a_vendor_without_settings_is_not() -> None:
    settings = load({}, providers=PROVIDERS)
    assert (settings.offered, settings.of(Acme)) == ((), None)


def test_half_a_vendor_is_a_mistake() -> None:
    assert problems(ACME_ID="amy") == ["ACME_TOKEN is missing: ACME_ID is set, and acme needs both."]
    assert len(problems(ACME_BASE_URL="https://x.example")) == 2


def test_a_vendor_has_mistakes_of_its_own() -> None:
    assert problems(**ACME) == ["PUBLIC_URL is missing: Acme calls back."]
    assert problems(**ACME, ACME_BASE_URL="acme")[0].startswith("ACME_BASE_URL ")


def test_the_default_provider_has_to_be_there() -> None:
    assert problems(PATCHLINE_PROVIDER="acmee") == [
        "PATCHLINE_PROVIDER is 'acmee', which is no provider; did you mean acme?"
    ]
    assert problems(PATCHLINE_PROVIDER="xyz")[0].endswith("there are acme.")
    assert problems(PATCHLINE_PROVIDER="acme")[0].endswith("needs ACME_ID and ACME_TOKEN as well.")


# --- the secret key ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ", [{"DATABASE_URL": "postgres://db.example/calls"}, {"PUBLIC_URL": "https://h.example"}]
)
def test_with_postgresql_or_a_public_url_the_key_has_to_be_given(environ: dict[str, str]) -> None:
    (problem,) = problems(**environ)
    assert problem.startswith("PATCHLINE_SECRET_KEY is missing")


def test_otherwise_it_is_made_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    environ = {"PATCHLINE_DATA_DIR": str(tmp_path / "data")}
    first, second = load(environ), load(environ)
    assert first.key("links") == second.key("links")
    assert first.source("PATCHLINE_SECRET_KEY") == "data directory"
    (kept,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert load({"PATCHLINE_DATA_DIR": str(tmp_path / "other")}).key("links") != first.key("links")


def test_thirty_two_characters_are_enough() -> None:
    assert load({"PATCHLINE_SECRET_KEY": "k" * 32}).key("links")
    assert "too short" in problems(PATCHLINE_SECRET_KEY="k" * 31)[0]
    assert "too short" in problems(PATCHLINE_SECRET_KEY=f"{'k' * 32},old")[0]


def test_the_env_file_is_taken_literally() -> None:
    Path(".env").write_text(f"PATCHLINE_SECRET_KEY={'k' * 32}$" + "{HOME}\n")
    secret = load().secret_key
    assert secret is not None
    assert secret.get_secret_value().endswith("${HOME}")


def test_a_given_key_leaves_no_file(tmp_path: Path) -> None:
    load({"PATCHLINE_DATA_DIR": str(tmp_path / "data"), "PATCHLINE_SECRET_KEY": KEY})
    assert not (tmp_path / "data").exists()


def test_a_mistake_elsewhere_makes_no_file(tmp_path: Path) -> None:
    problems(PATCHLINE_DATA_DIR=str(tmp_path / "data"), PORT="x")
    problems(PATCHLINE_DATA_DIR=str(tmp_path / "data"), PATCHLINE_ADMIN="x")
    assert not (tmp_path / "data").exists()


def test_a_damaged_key_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")
    assert "damaged" in problems(PATCHLINE_DATA_DIR=str(tmp_path))[0]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (problem,) = problems(PATCHLINE_DATA_DIR=str(tmp_path / "file"))
    assert problem.startswith("PATCHLINE_DATA_DIR cannot be used")


def test_keys_differ_by_purpose_and_can_be_rotated() -> None:
    old, new = "o" * 40, "n" * 40
    before = load({"PATCHLINE_SECRET_KEY": old})
    after = load({"PATCHLINE_SECRET_KEY": f"{new}, {old}"})
    assert before.key("links") != before.key("hooks")
    assert len(before.key("links")) == 32
    assert after.key("links") == load({"PATCHLINE_SECRET_KEY": new}).key("links")
    assert after.keys("links") == (after.key("links"), before.key("links"))


# --- what is shown -------------------------------------------------------------------------------


def test_no_secret_is_shown() -> None:
    environ = {
        **POSTGRES, **ACME, "PUBLIC_URL": "https://h.example", "PATCHLINE_ONLY_CALL": "+6591234567",
        "PATCHLINE_TEXT_THANKS": "Bye.",
    }  # fmt: skip
    settings = load(environ, providers=PROVIDERS)
    rows = {row.name: row for row in describe(settings)}
    everything = " ".join(map(str, rows.values())) + repr(settings) + str(settings.of(Acme))
    for secret in (KEY, "opensesame", settings.key("links").hex()):
        assert secret not in everything
    shown = " ".join(row.value for row in rows.values())
    assert "sesame" not in shown
    assert "9123456" not in shown
    assert rows["DATABASE_URL"].value == "postgres://…@db.example/calls"
    assert rows["PATCHLINE_ONLY_CALL"].value == "+65…4567"
    assert (rows["ACME_TOKEN"].value, rows["ACME_TOKEN"].source) == ("set", "environment")
    assert rows["PATCHLINE_TEXT_THANKS"].value == "Bye."


def test_no_secret_stands_in_a_mistake() -> None:
    told = " ".join(
        problems(
            DATABASE_URL="mysql://amy:sesame@db/x",
            PATCHLINE_SECRET_KEY="hush",
            PUBLIC_URL="https://amy:sesame@h.example",
            PATCHLINE_CALLER_ID="6598765432",
            PATCHLINE_ONLY_CALL="6598765432",
            ACME_TOKEN="opensesame",
        )
    )
    for secret in ("sesame", "hush", "6598765432", "opensesame"):
        assert secret not in told


def test_every_setting_is_described_and_explained() -> None:
    rows = [row.name for row in describe(load({}))]
    assert rows == list(known_names())
    assert len(rows) == len(set(rows))
    for entry in (*entries(Settings), *entries(Acme)):
        assert entry.help.endswith((".", "?")), entry
        assert entry.default, entry


def test_reading_the_settings_does_not_touch_the_environment() -> None:
    before = dict(os.environ)
    load()
    assert dict(os.environ) == before


def test_a_limit_setting_reaches_the_limits() -> None:
    settings = load({"PATCHLINE_ROOM_LIVE_LEGS": "3", "PATCHLINE_DAILY_SPEND": "1 USD"})
    assert settings.limits == Limits(
        room_live_legs=3, daily_spend=Money(amount=settings.limits.daily_spend.amount)
    )  # type: ignore[union-attr]
