/** Tasks as the receiver sees them: found by id, asked, told. Every call ends by the deadline of its message. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { ResponseOffer, TaskStatusView } from '../contracts';
import { ID_PATTERN, TASK_WORKFLOW } from '../names';
import { adoptResponseSignal, lookNowSignal, taskStatusQuery } from '../workflows/messages';

/** A worker that is there answers in milliseconds; without one the task is told all the same. */
const QUERY_MS = 1_500;

export interface FoundTask {
  id: string;
  isRunning: boolean;
}

export class Tasks {
  constructor(
    private readonly client: Client,
    private readonly deadlineMs: number,
  ) {}

  /** The newest run of a task of this namespace; null when there is none of this id. The id may be anybody's word. */
  async find(id: string): Promise<FoundTask | null> {
    if (!ID_PATTERN.test(id)) return null;
    const found = await this.unlessGone(() => this.client.workflow.getHandle(id).describe());
    return found?.type === TASK_WORKFLOW ? { id, isRunning: found.status.name === 'RUNNING' } : null;
  }

  /** Null when no worker answers in time. */
  async view({ id }: FoundTask): Promise<TaskStatusView | null> {
    const untilMs = Math.min(this.deadlineMs, Date.now() + QUERY_MS);
    const ask = () => this.client.workflow.getHandle(id).query(taskStatusQuery);
    return this.client.connection.withDeadline(untilMs, ask).catch(() => null);
  }

  /** False when it has ended meanwhile. Without a run's id, so that it reaches a run that continued as new. */
  async look({ id }: FoundTask): Promise<boolean> {
    return (await this.unlessGone(() => this.client.workflow.getHandle(id).signal(lookNowSignal).then(yes))) ?? false;
  }

  async offer({ id }: FoundTask, { responseId, attempt }: ResponseOffer): Promise<boolean> {
    const offer = { responseId, attempt };
    const tell = () => this.client.workflow.getHandle(id).signal(adoptResponseSignal, offer).then(yes);
    return (await this.unlessGone(tell)) ?? false;
  }

  private async unlessGone<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await this.client.connection.withDeadline(this.deadlineMs, call);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }
}

const yes = (): true => true;
