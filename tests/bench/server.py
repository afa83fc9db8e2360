"""`python -m tests.bench.server SECONDS BYTES`: a provider that answers every call after a fixed time, timing itself.

Plain asyncio, so that it takes as little as possible of the machine the client is measured on. Prints its port.
`GET /times` answers the 50th percentile of what its answers really took, in seconds, and how many there were.
"""

import asyncio
import json
import re
import statistics
import sys
import time

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
MODEL = re.compile(rb'"model": ?"([^"]+)"')
PRICED = {"prompt": "0.0000025", "completion": "0.0000025"}
MODELS = json.dumps({"object": "list", "data": [{"id": name, "pricing": PRICED} for name in ("old", "new")]})
"""What `GET /models` answers: of a model without a price only one call may be on its way until one has told it."""
STREAMED = re.compile(rb'"stream": ?true')


class Connection(asyncio.Protocol):
    """One connection of a client: requests in, answers out, one at a time."""

    def __init__(self, delay_s: float, text: str, took: list[float]) -> None:
        self.delay_s, self.text, self.took = delay_s, text, took
        self.received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head = self.received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = LENGTH.search(bytes(self.received), 0, head)
        if len(self.received) < head + 4 + (int(length[1]) if length else 0):
            return
        request = bytes(self.received)
        self.received.clear()
        if request.startswith(b"POST"):
            asyncio.get_running_loop().call_later(self.delay_s, self.answer, request, time.perf_counter())
        elif request.startswith(b"GET /times"):
            middle = statistics.median(self.took) if self.took else None
            self.send("application/json", json.dumps({"p50_s": middle, "n": len(self.took)}))
            self.took.clear()
        else:
            self.send("application/json", MODELS, with_body=not request.startswith(b"HEAD"))

    def answer(self, request: bytes, received_at: float) -> None:
        found = MODEL.search(request)
        model = found[1].decode() if found else "none"
        usage = {"prompt_tokens": 20, "completion_tokens": 20, "cost": 0.0001}
        choice = {"index": 0, "finish_reason": "stop"}
        if STREAMED.search(request):
            chunk = {"model": model, "choices": [{**choice, "delta": {"content": self.text}}], "usage": usage}
            self.send("text/event-stream", f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n")
        else:
            message = {"role": "assistant", "content": self.text}
            self.send(
                "application/json",
                json.dumps({"model": model, "choices": [{**choice, "message": message}], "usage": usage}),
            )
        self.took.append(time.perf_counter() - received_at)

    def send(self, kind: str, text: str, *, with_body: bool = True) -> None:
        body = text.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        if not self.transport.is_closing():
            self.transport.write(head + body if with_body else head)


async def serve(delay_s: float, size: int) -> None:
    """Serve until killed."""
    words = "the answer is right and it is as long as it was asked to be "
    text = (words * (size // len(words) + 1))[:size] if size else "right"
    took: list[float] = []
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(delay_s, text, took), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), int(sys.argv[2])))
