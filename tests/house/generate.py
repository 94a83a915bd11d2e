"""Writes the parts of the documentation that the code knows better: `make docs`.

A generated part stands between two comments in an otherwise hand-written page. To add one, put the comments
into the page and a line into PARTS. `test_docs.py` fails when a page has fallen behind.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from bot.compose import PROVIDERS
from bot.config import EnvironmentSettings, Settings, SpokenTexts, VendorSettings, entries
from bot.domain.flow import Feature
from bot.domain.leg import TRANSITIONS
from bot.parse.grammar import VERBS
from bot.parse.help import page
from bot.ports.voice import VoiceProvider
from tests.house.repository import ROOT, read
from tests.house.settings import vendor_name, vendor_settings


@dataclass(frozen=True, slots=True)
class Part:
    """A generated part: the page it stands in, its name in the comments, and who writes it."""

    page: str
    name: str
    render: Callable[[], str]

    def fill(self, text: str) -> str:
        """The page with this part written anew. Raises LookupError when the page has no place for it."""
        place = re.compile(rf"(<!-- generated: {self.name} -->\n).*?(<!-- end: {self.name} -->)", re.DOTALL)
        if len(place.findall(text)) != 1:
            raise LookupError(f"{self.page} needs one place for “{self.name}”")
        written = f"{self.render()}\n".lstrip("\n")
        return place.sub(lambda found: found[1] + written + found[2], text)


def leg_diagram() -> str:
    """The table of `bot/domain/leg.py` as a Mermaid state diagram."""
    arrows = [
        f"    {before.value} --> {after.value}: {kind.value}"
        for before, row in TRANSITIONS.items()
        for kind, after in row.items()
    ]
    first, *_, last = (state.value for state in TRANSITIONS)
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *arrows, f"    {last} --> [*]", "```"]
    )


def leg_table() -> str:
    """The same as a table: a row per state, a column per event, `·` where the event moves nothing."""
    kinds = list(dict.fromkeys(kind for row in TRANSITIONS.values() for kind in row))
    rows = [
        [f"**{state.value}**", *(row[kind].value if kind in row else "·" for kind in kinds)]
        for state, row in TRANSITIONS.items()
    ]
    return _table(["state", *(kind.value for kind in kinds)], rows)


def settings_table(kind: type[EnvironmentSettings]) -> str:
    """One settings class: name, default, meaning."""
    rows = [[f"`{entry.name}`", entry.default, entry.help] for entry in entries(kind)]
    return _table(["setting", "default", "meaning"], rows)


def vendor_tables() -> str:
    """A heading and a table per vendor, and what it cannot do without."""
    return "\n\n".join(_vendor(kind) for kind in vendor_settings())


def _vendor(kind: type[VendorSettings]) -> str:
    needs = " and ".join(f"`{name}`" for name in kind.required)
    offered = [f"Offered when {needs} {'is' if len(kind.required) == 1 else 'are'} set."] if needs else []
    return "\n\n".join([f"### {vendor_name(kind)}", *offered, settings_table(kind)])


def _drivers() -> dict[str, type[VoiceProvider]]:
    """The driver class of every provider, found by its name without being made."""
    return {name: _driver(name) for name in PROVIDERS}


def _driver(name: str) -> type[VoiceProvider]:
    module = import_module(f"adapters.voice.{name}.driver")
    (driver,) = [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and getattr(each, "name", None) == name
    ]
    return cast(type[VoiceProvider], driver)


def providers_in_short() -> str:
    """A row a feature that not everybody has, a column a provider."""
    drivers = _drivers()
    rows = [
        [feature.value, *("yes" if feature in driver.features else "–" for driver in drivers.values())]
        for feature in Feature
    ]
    return _table(["", *drivers], [row for row in rows if "–" in row])


def providers_in_full() -> str:
    """A section a provider: what it can do, and why not the rest."""
    return "\n\n".join(_provider(name, driver) for name, driver in _drivers().items())


def _provider(name: str, driver: type[VoiceProvider]) -> str:
    can = ", ".join(feature.value for feature in Feature if feature in driver.features)
    why = [[feature.value, driver.lacking[feature]] for feature in Feature if feature in driver.lacking]
    return "\n\n".join((f"## {name}", f"Can do: {can}.", _table(["cannot", "why"], why)))


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


PARTS = (
    Part("docs/call-states.md", "leg diagram", leg_diagram),
    Part("docs/call-states.md", "leg table", leg_table),
    Part("README.md", "providers in short", providers_in_short),
    Part("docs/providers.md", "providers", providers_in_full),
    Part("docs/commands.md", "commands", lambda: page(VERBS)),
    Part("docs/settings.md", "core settings", lambda: settings_table(Settings)),
    Part("docs/settings.md", "spoken texts", lambda: settings_table(SpokenTexts)),
    Part("docs/settings.md", "vendor settings", vendor_tables),
)


def main() -> None:
    """Rewrite every page that has fallen behind, and say which."""
    for part in PARTS:
        before = read(part.page)
        after = part.fill(before)
        if after != before:
            (ROOT / part.page).write_text(after, encoding="utf-8")
            print(f"{part.page}: {part.name}")  # noqa: T201 - a command's own words


if __name__ == "__main__":
    main()
