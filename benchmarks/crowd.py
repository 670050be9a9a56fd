"""``python -m benchmarks.crowd DATA``: fifty clients at once ask ``quoth serve``, beside the engine alone.

Each client asks its next question as soon as it has the answer to the one before. First the engine is asked so in this
process, by the server's pool of two threads; then a server is started over the same index and asked over the loopback.
Prints how many answers there were, how long they took, and what memory the server had before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import httpx
import numpy as np

from bot.pool import Pool
from retrieval.engine import Engine
from retrieval.evaluation.datasets import load

_CLIENTS = 50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads")
    parser.add_argument("--articles", type=int, default=12, help="how many of its articles are asked about")
    parser.add_argument("--questions", type=int, default=1000)
    asked = parser.parse_args()
    dataset = load(asked.data)
    chosen = dataset.articles[: asked.articles]
    ids = {article.id for article in chosen}
    texts = [question.text for question in dataset.questions if question.article in ids]
    questions = [texts[number * 7 % len(texts)] for number in range(asked.questions)]
    with tempfile.TemporaryDirectory(prefix="quoth-crowd-") as name:
        folder = Path(name, "articles")
        folder.mkdir()
        for article in chosen:
            (folder / f"{article.id}.txt").write_text(f"{article.title}\n\n{article.text}\n", encoding="utf-8")
        alone = asyncio.run(_ask_engine(Engine.open(folder), questions))
        served = _ask_server(folder, questions)
    print(f"p95 served is {np.percentile(served, 95) / np.percentile(alone, 95):.2f} times the engine's own")


async def _ask_engine(engine: Engine, questions: Sequence[str]) -> list[float]:
    pool = Pool("answer", waiting=_CLIENTS)

    async def ask(question: str) -> bool:
        await pool.run(lambda: engine.ask(question))
        return True

    try:
        await _crowd(ask, questions[:_CLIENTS])  # which loads the models
        return await _told("the engine alone", ask, questions)
    finally:
        pool.close()


def _ask_server(folder: Path, questions: Sequence[str]) -> list[float]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    index = folder.parent / "index"
    command = [
        sys.executable,
        "-m",
        "bot",
        "serve",
        "--articles",
        str(folder),
        "--index",
        str(index),
        "--port",
        str(port),
    ]
    environment = {"QUOTH_STATE": str(folder.parent / "state")}
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        return asyncio.run(_ask_over_http(f"http://127.0.0.1:{port}", questions, server.pid))
    finally:
        server.terminate()
        print(f"the server left with status {server.wait(60)}")


async def _ask_over_http(address: str, questions: Sequence[str], process: int) -> list[float]:
    limits = httpx.Limits(max_connections=_CLIENTS)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:

        async def ask(question: str) -> bool:
            response = await client.post("/ask", json={"question": question})
            return response.status_code == httpx.codes.OK and response.json()["question"] == question

        while not await _ready(client):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
        await _crowd(ask, questions[:_CLIENTS])
        before = _resident(process)
        took = await _told("the server", ask, questions)
        print(f"the server's memory went from {before:.0f} to {_resident(process):.0f} MiB")
        return took


async def _ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _told(who: str, ask: Callable[[str], Awaitable[bool]], questions: Sequence[str]) -> list[float]:
    """The seconds that answers took, printed."""
    started = time.perf_counter()
    took = await _crowd(ask, questions)
    each = len(took) / (time.perf_counter() - started)
    p50, p95 = np.percentile(took, [50, 95])
    print(f"{who}: {len(took)} of {len(questions)} answered, {each:.1f} a second; p50 {p50:.2f} s, p95 {p95:.2f} s")
    return took


async def _crowd(ask: Callable[[str], Awaitable[bool]], questions: Sequence[str]) -> list[float]:
    """Have all clients ask until no question is left; the seconds of those that were answered."""
    left, took = list(reversed(questions)), list[float]()

    async def client() -> None:
        while left:
            question, began = left.pop(), time.perf_counter()
            if await ask(question):
                took.append(time.perf_counter() - began)

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return took


def _resident(process: int) -> float:
    """MiB that a process has in memory, as Linux counts it."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


if __name__ == "__main__":
    main()
