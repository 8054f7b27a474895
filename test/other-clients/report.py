"""A report from files, after OpenAI's background guide, with what the API needs for it: the files uploaded, ids of them."""

import sys
import time

from openai import OpenAI

client = OpenAI()


def generate_comprehensive_report(client, data_sources, file_ids, vector_store_id):
    response = client.responses.create(
        model="o3",
        input=f"""
        Generate a comprehensive business intelligence report using these data sources: {data_sources}

        The report should include:
        1. Executive summary
        2. Market analysis with current trends
        3. Competitive landscape
        4. Financial projections
        5. Risk assessment
        6. Strategic recommendations

        Use web search for current market data, code interpreter for data analysis,
        and create detailed visualizations.
        """,
        tools=[
            {"type": "web_search"},
            {"type": "code_interpreter", "container": {"type": "auto", "file_ids": file_ids}},
            {"type": "file_search", "vector_store_ids": [vector_store_id]},
        ],
        background=True,
        reasoning={"effort": "high"},
    )
    return response


paths = sys.argv[1:]
files = [client.files.create(file=open(path, "rb"), purpose="user_data") for path in paths]
store = client.vector_stores.create(name="sources")
for file in files:
    if not file.filename.endswith(".csv"):
        client.vector_stores.files.create_and_poll(vector_store_id=store.id, file_id=file.id, poll_interval_ms=200)

names = [file.filename for file in files]
report_task = generate_comprehensive_report(client, names, [file.id for file in files], store.id)
while report_task.status in {"queued", "in_progress"}:
    time.sleep(1)
    report_task = client.responses.retrieve(report_task.id)
print(f"Report: {report_task.status}")
print(report_task.output_text)

calls = [item for item in report_task.output if item.type == "code_interpreter_call"]
made = list(client.containers.files.list(calls[0].container_id))
for one in made:
    if one.source == "assistant":
        content = client.containers.files.content.retrieve(one.id, container_id=calls[0].container_id)
        print(f"File: {one.path} {len(content.read())}")

client.containers.delete(calls[0].container_id)
client.vector_stores.delete(store.id)
for file in files:
    print(f"Deleted: {client.files.delete(file.id).deleted}")
