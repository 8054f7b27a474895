"""The guide's task manager, and the loop around it that it asks for: `python manager.py TASKS RESULTS`."""

import json
import sys
import time

from openai import OpenAI


class BackgroundTaskManager:
    def __init__(self, client):
        self.client = client
        self.tasks = {}
        self.priorities = {"high": [], "medium": [], "low": []}

    def submit_task(self, prompt, priority="medium", **kwargs):
        """Submit a task with priority"""
        response = self.client.responses.create(
            model="o3",
            input=prompt,
            background=True,
            **kwargs
        )

        task_info = {
            "id": response.id,
            "priority": priority,
            "submitted_at": time.time(),
            "status": response.status
        }

        self.tasks[response.id] = task_info
        self.priorities[priority].append(response.id)

        return response.id

    def get_status_summary(self):
        """Get summary of all tasks"""
        summary = {"completed": 0, "in_progress": 0, "queued": 0, "failed": 0}

        for task_id in self.tasks:
            response = self.client.responses.retrieve(task_id)
            summary[response.status] = summary.get(response.status, 0) + 1

        return summary


print("started", flush=True)
manager = BackgroundTaskManager(OpenAI())
with open(sys.argv[1]) as file:
    tasks = json.load(file)
for task in tasks:
    manager.submit_task(task["prompt"], metadata=task["metadata"])
while True:
    summary = manager.get_status_summary()
    if summary["queued"] + summary["in_progress"] == 0:
        break
    time.sleep(5)
with open(sys.argv[2], "w") as file:
    for response_id in manager.tasks:
        response = manager.client.responses.retrieve(response_id)
        file.write(json.dumps({"status": response.status, "result": response.output_text}) + "\n")
