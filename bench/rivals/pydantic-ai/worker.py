"""pydantic-ai's background mode on Temporal: `python worker.py ADDRESS`; the emulator is in OPENAI_BASE_URL."""

import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import PydanticAIPlugin, PydanticAIWorkflow, TemporalDurability
from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

agent = Agent(OpenAIResponsesModel('o3'), name='task', capabilities=[TemporalDurability()])


@workflow.defn(name='pydanticTask')
class PydanticTask(PydanticAIWorkflow):
    __pydantic_ai_agents__ = [agent]

    @workflow.run
    async def run(self, prompt: str, metadata: dict[str, str]) -> str:
        settings = OpenAIResponsesModelSettings(openai_background=True, extra_body={'metadata': metadata})
        result = await agent.run(prompt, model_settings=settings)
        return result.output


async def main() -> None:
    client = await Client.connect(sys.argv[1], plugins=[PydanticAIPlugin()])
    async with Worker(client, task_queue='pydantic-ai', workflows=[PydanticTask]):
        print('ready', flush=True)
        await asyncio.Event().wait()


# The worker's sandbox imports this file once more.
if __name__ == '__main__':
    asyncio.run(main())
