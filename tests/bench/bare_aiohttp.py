"""`python -m tests.bench.bare_aiohttp URL REQUESTS CONCURRENCY`: the least a client on aiohttp can do; prints its p50.

A session, a semaphore's worth of workers, the body parsed, nothing stored or judged: what we are compared with.
"""

import asyncio
import json
import statistics
import sys
import time

import aiohttp


async def ask(url: str, requests: int, concurrency: int) -> float:
    """The 50th percentile of the calls' times, in seconds."""
    times: list[float] = []
    numbers = iter(range(requests))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = {"model": "m", "messages": [{"role": "user", "content": f"say {number}"}], "stream": True}
            began = time.perf_counter()
            async with session.post(f"{url}/chat/completions", json=body) as response:
                text = await response.text()
            times.append(time.perf_counter() - began)
            json.loads(text.removeprefix("data: ").partition("\n")[0])

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(work(session) for _ in range(concurrency)))
    return statistics.median(times)


if __name__ == "__main__":
    print(asyncio.run(ask(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
