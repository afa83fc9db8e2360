"""The queue of a run: order, growth while workers are at it, and an end that nobody misses."""

import asyncio

from bot.difftest.model.sample import SampleKey
from bot.difftest.todo import Todo


def key(number: int) -> SampleKey:
    return SampleKey(f"case-{number}", "current", 0)


async def drained(todo: Todo) -> list[SampleKey]:
    found = []
    while (taken := await todo.take()) is not None:
        found.append(taken)
        todo.done()
    return found


async def test_in_order_and_each_once() -> None:
    todo = Todo([key(1), key(2), key(1)], done=[key(3)])
    assert todo.add([key(3), key(2), key(4)]) == 1
    assert todo.add([key(5), key(6)], first=True) == 2
    assert len(todo) == 5
    assert await drained(todo) == [key(5), key(6), key(1), key(2), key(4)]


async def test_a_worker_waits_while_another_may_put_something_in() -> None:
    todo = Todo([key(1)])
    assert await todo.take() == key(1)
    waiting = asyncio.create_task(drained(todo))
    await asyncio.sleep(0)
    assert not waiting.done()
    todo.add([key(2)])
    todo.done()
    assert await waiting == [key(2)]


async def test_all_who_wait_learn_of_the_end() -> None:
    todo = Todo([key(1)])
    await todo.take()
    waiting = [asyncio.create_task(todo.take()) for _ in range(3)]
    await asyncio.sleep(0)
    todo.done()
    assert await asyncio.gather(*waiting) == [None, None, None]


async def test_a_closed_queue_gives_out_nothing_more() -> None:
    todo = Todo([key(1), key(2)])
    await todo.take()
    todo.close()
    todo.add([key(3)])
    assert await todo.take() is None
