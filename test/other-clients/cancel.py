"""Cancel, and cancel with cleanup, after OpenAI's background guide."""

from openai import OpenAI

client = OpenAI()


def start():
    return client.responses.create(
        model="emulator-slow",
        input="Write an extremely long story.",
        background=True,
    )


cancelled_response = client.responses.cancel(start().id)
print(f"Status after cancellation: {cancelled_response.status}")
print(f"Cancelled again: {client.responses.cancel(cancelled_response.id).status}")


def cancel_with_cleanup(client, response_id):
    try:
        response = client.responses.cancel(response_id)
        if response.status == "cancelled":
            print("Task successfully cancelled")
            cleanup_resources(response_id)
        else:
            print(f"Cancellation resulted in status: {response.status}")
        return response
    except Exception as e:
        print(f"Error cancelling task: {e}")
        return None


def cleanup_resources(response_id):
    print(f"Cleaning up resources for {response_id}")


cancel_with_cleanup(client, start().id)
cancel_with_cleanup(client, "resp_123")
