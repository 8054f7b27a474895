"""Start and poll, after OpenAI's background guide: its loops, with base URL and key from the environment."""

import time

from openai import OpenAI

client = OpenAI()

response = client.responses.create(
    model="o3",
    input="Write a very long novel about otters in space.",
    background=True,
)
print(f"Task started with status: {response.status}")

while response.status in {"queued", "in_progress"}:
    print(f"Current status: {response.status}")
    time.sleep(2)
    response = client.responses.retrieve(response.id)

print(f"Final status: {response.status}")
if response.status == "completed":
    print(f"Output:\n{response.output_text}")


def poll_background_task(client, response_id, poll_interval=5, max_wait_time=3600):
    start_time = time.time()
    while time.time() - start_time < max_wait_time:
        try:
            response = client.responses.retrieve(response_id)
            if response.status == "completed":
                return response
            elif response.status == "failed":
                print(f"Task failed: {response.error}")
                return response
            elif response.status == "cancelled":
                print("Task was cancelled")
                return response
            elif response.status in {"queued", "in_progress"}:
                print(f"Status: {response.status}, waiting...")
                time.sleep(poll_interval)
            else:
                print(f"Unknown status: {response.status}")
                break
        except Exception as e:
            print(f"Error polling task: {e}")
            time.sleep(poll_interval)
    print("Timeout reached")
    return None


def adaptive_polling(client, response_id):
    intervals = [1, 2, 5, 10, 30, 60]
    interval_index = 0
    while True:
        response = client.responses.retrieve(response_id)
        if response.status not in {"queued", "in_progress"}:
            return response
        interval = intervals[min(interval_index, len(intervals) - 1)]
        time.sleep(interval)
        interval_index += 1


proof = client.responses.create(
    model="o3",
    input="Solve this complex mathematical proof step by step.",
    reasoning={"effort": "high"},
    background=True,
)
print(f"Adaptive: {adaptive_polling(client, proof.id).status}")
print(f"Polled: {poll_background_task(client, proof.id).id == proof.id}")
failing = client.responses.create(model="emulator-failed", input="Fail.", background=True)
adaptive_polling(client, failing.id)
poll_background_task(client, failing.id)
