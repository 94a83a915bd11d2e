"""`serve --lab` shows the lab only where nobody else can open it and no real phone can ring."""

from pathlib import Path

import pytest

from bot.compose import settings_from
from bot.domain.errors import ConfigError
from bot.lab import run_serve_with_lab

SECRET = "x" * 40
HOIIO = {"HOIIO_APP_ID": "app", "HOIIO_ACCESS_TOKEN": "token"}


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (HOIIO, "hoiio is set up here"),
        ({"HOST": "192.0.2.1"}, "this machine alone"),
        ({"PUBLIC_URL": "https://phone.example.com"}, "this machine alone"),
    ],
)
async def test_it_is_refused_where_it_would_be_a_danger(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    settings = settings_from({"PATCHLINE_DATA_DIR": str(tmp_path), "PATCHLINE_SECRET_KEY": SECRET, **environ})
    with pytest.raises(ConfigError) as refused:
        await run_serve_with_lab(settings)
    assert words in " ".join(refused.value.problems)
    assert not (tmp_path / "patchline.db").exists()
