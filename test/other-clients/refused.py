"""Lines of the background guide that the API refuses, as they stand there; and what its other tools do."""

import time

from openai import BadRequestError, OpenAI

client = OpenAI()


def tried(name, tools):
    try:
        client.responses.create(model="o3", input=name, tools=tools, background=True)
        print(f"{name}: accepted")
    except BadRequestError as e:
        print(f"{name}: {e.status_code} {e.code} {e.param}")


tried("batch", [{"type": "code_interpreter"}])
tried("report", [{"type": "file_search"}])
tried(
    "data",
    [
        {
            "type": "code_interpreter",
            "container": {"type": "auto", "files": ["large_dataset.csv", "metadata.json"]},
        }
    ],
)
tried(
    "tools",
    [
        {"type": "web_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {
            "type": "mcp",
            "server_label": "financial_data",
            "server_url": "https://api.example.com/mcp",
            "headers": {"Authorization": "Bearer token"},
        },
    ],
)


def robust_background_execution(client, **kwargs):
    try:
        response = client.responses.create(background=True, **kwargs)
        while response.status in {"queued", "in_progress"}:
            time.sleep(5)
            try:
                response = client.responses.retrieve(response.id)
            except Exception as e:
                print(f"Error retrieving status: {e}")
                continue
        if response.status == "completed":
            return response.output_text
        elif response.status == "failed":
            print(f"Task failed: {response.error}")
            return None
        elif response.status == "cancelled":
            print("Task was cancelled")
            return None
    except Exception as e:
        print(f"Error starting background task: {e}")
        return None


text = robust_background_execution(
    client,
    model="o3",
    input="Complex reasoning task that takes time",
    reasoning={"effort": "high", "summary": "auto"},
    include=["reasoning.encrypted_content"],
)
print(f"Robust: {text[:40]}")
