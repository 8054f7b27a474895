"""The guide's batch processing, word for word: `python monitor.py TASKS RESULTS`."""

import json
import sys
import time

from openai import OpenAI


def process_batch(client, tasks):
    """Process multiple tasks in background"""
    background_tasks = []

    for task in tasks:
        response = client.responses.create(
            model="o3",
            input=task["prompt"],
            tools=task.get("tools", []),
            background=True,
            metadata=task["metadata"],  # how long the emulator lets it run
        )
        background_tasks.append({
            "id": response.id,
            "task": task,
            "status": response.status
        })

    return background_tasks


def monitor_batch(client, background_tasks):
    """Monitor and collect results from batch processing"""
    completed = []

    while len(completed) < len(background_tasks):
        for task in background_tasks:
            if task["id"] not in [c["id"] for c in completed]:
                response = client.responses.retrieve(task["id"])

                if response.status in {"completed", "failed", "cancelled"}:
                    completed.append({
                        "id": task["id"],
                        "status": response.status,
                        "result": response.output_text if response.status == "completed" else None,
                        "error": response.error if response.status == "failed" else None
                    })

        time.sleep(5)  # Check every 5 seconds

    return completed


print("started", flush=True)
client = OpenAI()
with open(sys.argv[1]) as file:
    tasks = json.load(file)
results = monitor_batch(client, process_batch(client, tasks))
with open(sys.argv[2], "w") as file:
    file.writelines(json.dumps(result) + "\n" for result in results)
