"""What comes as the body of a request, up to a bound."""

from fastapi import Request


async def body_of(request: Request, most: int) -> bytes | None:
    """The whole body; None as soon as it is longer than `most` bytes."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > most:
            return None
    return bytes(found)
