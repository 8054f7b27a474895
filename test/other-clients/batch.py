"""Process and monitor a batch, and the task manager, after OpenAI's background guide.

One of its tools is mended: the API refuses a code_interpreter without a container, see refused.py.
"""

import time

from openai import OpenAI

client = OpenAI()


def process_batch(client, tasks):
    background_tasks = []
    for task in tasks:
        response = client.responses.create(
            model="o3",
            input=task["prompt"],
            tools=task.get("tools", []),
            background=True,
        )
        background_tasks.append({"id": response.id, "task": task, "status": response.status})
    return background_tasks


def monitor_batch(client, background_tasks):
    completed = []
    while len(completed) < len(background_tasks):
        for task in background_tasks:
            if task["id"] not in [c["id"] for c in completed]:
                response = client.responses.retrieve(task["id"])
                if response.status in {"completed", "failed", "cancelled"}:
                    completed.append(
                        {
                            "id": task["id"],
                            "status": response.status,
                            "result": response.output_text if response.status == "completed" else None,
                            "error": response.error if response.status == "failed" else None,
                        }
                    )
        time.sleep(5)
    return completed


tasks = [
    {"prompt": "Analyze financial report 1", "tools": [{"type": "web_search"}]},
    {
        "prompt": "Generate market summary 2",
        "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
    },
    {"prompt": "Create customer analysis 3", "tools": []},
]

batch_tasks = process_batch(client, tasks)
results = monitor_batch(client, batch_tasks)
for result in results:
    print(f"{result['status']}: {result['result'][:60]}")


class BackgroundTaskManager:
    def __init__(self, client):
        self.client = client
        self.tasks = {}
        self.priorities = {"high": [], "medium": [], "low": []}

    def submit_task(self, prompt, priority="medium", **kwargs):
        response = self.client.responses.create(model="o3", input=prompt, background=True, **kwargs)
        task_info = {
            "id": response.id,
            "priority": priority,
            "submitted_at": time.time(),
            "status": response.status,
        }
        self.tasks[response.id] = task_info
        self.priorities[priority].append(response.id)
        return response.id

    def get_status_summary(self):
        summary = {"completed": 0, "in_progress": 0, "queued": 0, "failed": 0}
        for task_id in self.tasks:
            response = self.client.responses.retrieve(task_id)
            summary[response.status] = summary.get(response.status, 0) + 1
        return summary


manager = BackgroundTaskManager(client)
for priority in ("high", "medium", "low"):
    manager.submit_task(f"A task of priority {priority}", priority)
print(f"Tasks: {sum(manager.get_status_summary().values())}")
