"""Between the web framework and the plain requests and replies that drivers speak."""

import asyncio
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.ports.http import HttpReply, HttpRequest

LARGEST_BODY: Final = 1024 * 1024
BODY_WITHIN: Final = 10.0


async def plain_request(
    request: Request, public_url: str | None, *, at: datetime | None = None
) -> HttpRequest:
    """The request as its sender addressed it: what is signed is the public address, not ours behind a proxy.

    Raises HTTPException: 413 over one megabyte, 408 when the body takes more than ten seconds.
    """
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"].decode("latin-1")
    base = public_url or f"{request.url.scheme}://{request.url.netloc}"
    return HttpRequest(
        method=request.method,
        url=base + raw.decode("latin-1") + (f"?{query}" if query else ""),
        path=request.url.path,
        query=parse_qs(query, keep_blank_values=True),
        headers=_headers(request),
        body=await body_of(request),
        received_at=at,
    )


def plain_reply(reply: HttpReply) -> Response:
    """The reply as a response."""
    return Response(
        reply.body, status_code=reply.status, headers=dict(reply.headers), media_type=reply.content_type
    )


def _headers(request: Request) -> dict[str, str]:
    """Lower-case names; a header sent twice is joined with a comma, as HTTP has it."""
    return {
        name: ", ".join(request.headers.getlist(name)) for name in {each.lower() for each in request.headers}
    }


async def body_of(request: Request) -> bytes:
    """What was sent. Raises HTTPException: 413 over one megabyte, 408 when it takes more than ten seconds."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise HTTPException(413)
    except TimeoutError as slow:
        raise HTTPException(408) from slow
    except ClientDisconnect as gone:
        raise HTTPException(400) from gone
    return bytes(body)
