"""The same with asyncio, with care: `python gather.py TASKS RESULTS [IDS]`.

Each result is written as soon as it is there, and a task that has one is not run again. With IDS, the id of each
response is kept too, so that a second start goes on with it.
"""

import asyncio
import json
import os
import sys

from openai import AsyncOpenAI

POLL_SECONDS = 2
AT_ONCE = 50


def lines_of(path):
    """What was written before; a last line that was cut off is none."""
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def append(path, record):
    with open(path, "a") as file:
        file.write(json.dumps(record) + "\n")
        file.flush()
        os.fsync(file.fileno())


async def run(client, task, known_id, results, ids):
    if known_id is None:
        response = await client.responses.create(
            model="o3", input=task["prompt"], background=True, metadata=task["metadata"]
        )
        if ids:
            append(ids, {"task": task["id"], "id": response.id})
    else:
        response = await client.responses.retrieve(known_id)
    while response.status in {"queued", "in_progress"}:
        await asyncio.sleep(POLL_SECONDS)
        response = await client.responses.retrieve(response.id)
    append(results, {"task": task["id"], "status": response.status, "result": response.output_text})


async def main(tasks_path, results, ids=None):
    with open(tasks_path) as file:
        tasks = json.load(file)
    done = {line["task"] for line in lines_of(results)}
    known = {line["task"]: line["id"] for line in lines_of(ids)} if ids else {}
    slots = asyncio.Semaphore(AT_ONCE)

    async def in_turn(client, task):
        async with slots:
            await run(client, task, known.get(task["id"]), results, ids)

    async with AsyncOpenAI() as client:
        await asyncio.gather(*(in_turn(client, task) for task in tasks if task["id"] not in done))


print("started", flush=True)
asyncio.run(main(*sys.argv[1:]))
