"""Stream, leave, and resume after the last event, after OpenAI's background guide."""

from openai import OpenAI

client = OpenAI()

stream = client.responses.create(
    model="o3",
    input="Write a very long novel about otters in space.",
    background=True,
    stream=True,
)

cursor = None
response_id = None
for event in stream:
    print(f"Event: {event.type}")
    if hasattr(event, "sequence_number"):
        cursor = event.sequence_number
    if event.type == "response.created":
        response_id = event.response.id
    # The connection drops here.
    if cursor >= 8:
        break
stream.close()
print(f"Left after: {cursor}")


def resume_streaming(client, response_id, cursor=None):
    """The guide says that the client will learn it; it has."""
    params = {"stream": True}
    if cursor:
        params["starting_after"] = cursor
    return client.responses.retrieve(response_id, **params)


numbers = []
for event in resume_streaming(client, response_id, cursor=cursor):
    numbers.append(event.sequence_number)
    last = event
print(f"Resumed at: {numbers[0]}, without gaps: {numbers == list(range(cursor + 1, cursor + 1 + len(numbers)))}")
print(f"Last event: {last.type}, of the same response: {last.response.id == response_id}")
