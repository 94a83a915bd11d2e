"""Settings from the environment: every mistake at once, before any port opens.

`settings` declares them, `values` reads one, `loading` reads all, `describing` shows them. A vendor's own
settings are a `VendorSettings` subclass in its adapter.
"""

from bot.config.describing import Entry, Row, describe, entries
from bot.config.loading import known_names, load, load_alone
from bot.config.settings import EnvironmentSettings, Settings, SpokenTexts, VendorSettings, env
from bot.config.values import BaseUrl, PerSecond, Whole, is_private_url

__all__ = [
    "BaseUrl",
    "Entry",
    "EnvironmentSettings",
    "PerSecond",
    "Row",
    "Settings",
    "SpokenTexts",
    "VendorSettings",
    "Whole",
    "describe",
    "entries",
    "env",
    "is_private_url",
    "known_names",
    "load",
    "load_alone",
]
