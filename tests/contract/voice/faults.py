"""A vendor's server that does one thing only: answer this, or fail in that way. It keeps what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """An HTTP answer. `cut`: only that many of its bytes leave before the connection is closed."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    def encode(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Whatever", f"content-type: {self.content_type}"]
        lines += [f"content-length: {len(self.body)}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True, slots=True)
class Silence:
    """The request is read, and nothing ever comes back."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is cut once the request has been read."""


Behaviour = Canned | Silence | Reset


@dataclass(slots=True)
class Vendor:
    """Where it listens, and every request that reached it, as sent."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def vendor(behaviour: Behaviour) -> AsyncIterator[Vendor]:
    """Listens on a free loopback port while the block lasts."""
    seen = Vendor("")
    open_ends: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ends.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            seen.requests.append(await _request(reader))
            match behaviour:
                case Canned():
                    writer.write(behaviour.encode()[: behaviour.cut])
                    await writer.drain()
                case Reset():
                    writer.transport.abort()
                case Silence():
                    await reader.read()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    seen.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield seen
    finally:
        server.close()
        for end in open_ends:
            end.transport.abort()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    return head + await reader.readexactly(int(lengths[0]) if lengths else 0)


async def closed_port() -> str:
    """An address where nobody listens."""
    server = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"http://127.0.0.1:{port}"
