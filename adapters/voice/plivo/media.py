"""Recordings, fetched with our credentials from Plivo's own hosts and nowhere else: their addresses come with
callbacks."""

from urllib.parse import urlsplit

from adapters.voice.plivo.tables import NAME
from adapters.wire import http
from bot.domain.errors import Rejected, Unavailable
from bot.ports.voice import Audio

VENDOR = ".plivo.com"
PATIENCE = 60.0
"""Seconds that a long recording may take."""


class Media:
    """`base_url` names a further host that is trusted: that of the API as the settings have it."""

    def __init__(self, *, auth: tuple[str, str], base_url: str, here: bool, timeouts: http.Timeouts) -> None:
        self._base = urlsplit(base_url)
        client = http.client("", timeouts=timeouts, auth=auth, use_proxy_settings=not here)
        # A recording that is announced is on its way, even where it cannot be found yet.
        self.wire = http.Wire(
            provider=NAME,
            client=client,
            timeouts=timeouts,
            overrides={404: Unavailable},
            secrets=auth,
        )

    async def fetch(self, url: str) -> Audio:
        """Raises Unavailable while it is not there, Rejected for an address of somebody else's."""
        reply = await self.wire.send("GET", self.trusted(url), patience=PATIENCE)
        return Audio(content_type=reply.headers.get("content-type", ""), data=reply.content)

    def trusted(self, url: str) -> str:
        """The address as it is asked for. Raises Rejected."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host, parts = "", urlsplit("")
        if (parts.scheme, parts.netloc) == (self._base.scheme, self._base.netloc) and host:
            return url
        if parts.scheme in ("http", "https") and host.endswith(VENDOR) and parts.netloc.lower() == host:
            return parts._replace(scheme="https").geturl()
        raise Rejected(provider=NAME, detail="the recording lies on a host that is not Plivo's")
