"""Every settings class there is: the core's, and those that each vendor keeps in its own module."""

import importlib
import pkgutil
from types import ModuleType

import adapters.chat
import adapters.voice
from bot.config import EnvironmentSettings, Settings, SpokenTexts, VendorSettings


def core_settings() -> tuple[type[EnvironmentSettings], ...]:
    return (Settings, SpokenTexts)


def vendor_settings() -> tuple[type[VendorSettings], ...]:
    """In the order of their modules' names. Importing the modules is what makes the classes known."""
    for package in (adapters.chat, adapters.voice):
        _import_all(package)
    ours = [kind for kind in VendorSettings.__subclasses__() if kind.__module__.startswith("adapters.")]
    return tuple(sorted(ours, key=lambda kind: kind.__module__))


def _import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def vendor_name(kind: type[VendorSettings]) -> str:
    """`plivo` for `adapters.voice.plivo` and for whatever is inside it."""
    return kind.__module__.split(".")[2]
