/** What a viewer is told, by what is learned of a task. Pure: who learns it, and how, is the client's business. */
import type { TailEvent, TaskResult, TaskStatus, TaskStatusView, UpstreamEvent } from '../contracts';
import { PartTexts, type Change } from './part-texts';
import { sayingOf } from './wire-events';

type Phase = TaskStatusView['phase'] | null;

const textOf = (delta: string): TailEvent[] => (delta === '' ? [] : [{ kind: 'text', delta }]);

export class TailState {
  private current: string | null = null;
  private readonly earlier = new Set<string>();
  private text = new PartTexts();
  private reasoning = new PartTexts();
  /** The place of the section that was told of last. */
  private section = '';
  private status: TaskStatus | null = null;
  private phase: Phase = null;
  /** The stream said so, which it does before the workflow knows. */
  private isRunning = false;

  /** The response whose text is shown; null before there is one. */
  get responseId(): string | null {
    return this.current;
  }

  /** Somebody named the task's response. One that was followed by another does not come back. */
  responseIs(responseId: string | null): TailEvent[] {
    if (responseId === null || responseId === this.current || this.earlier.has(responseId)) return [];
    const isFirst = this.current === null;
    if (this.current !== null) this.earlier.add(this.current);
    this.current = responseId;
    [this.text, this.reasoning, this.section] = [new PartTexts(), new PartTexts(), ''];
    this.isRunning = false;
    return isFirst ? [] : [{ kind: 'restart' }];
  }

  /** Where the task stands, as its workflow or the visibility store has it. */
  standsAt(status: TaskStatus, phase: Phase): TailEvent[] {
    const ahead = this.isRunning && status === 'queued' ? 'in_progress' : status;
    // While the events come, the activity that created the response may still be under way.
    const known = this.isRunning && phase === 'creating' ? 'watching' : (phase ?? this.phase);
    if (ahead === this.status && known === this.phase) return [];
    [this.status, this.phase] = [ahead, known];
    return [{ kind: 'status', status: ahead, phase: known }];
  }

  /** An event of the current response, in order and each once. */
  happened(event: UpstreamEvent): TailEvent[] {
    const said = sayingOf(event);
    switch (said?.what) {
      case undefined:
        return [];
      case 'running':
        this.isRunning = true;
        return this.standsAt('in_progress', this.phase);
      case 'failed':
        // Another response may follow, and begins in the queue.
        this.isRunning = false;
        return [];
      case 'tool':
        return [{ kind: 'tool', tool: said.tool, step: said.step }];
      case 'text':
        return this.toldText(this.text.append(said.place, said.piece));
      case 'wholeText':
        return this.toldText(this.text.settle(said.place, said.text));
      case 'reasoning':
        return this.toldReasoning(this.reasoning.append(said.place, said.piece), said.place.join('/'));
      case 'wholeReasoning':
        return this.toldReasoning(this.reasoning.settle(said.place, said.text), said.place.join('/'));
    }
  }

  /** The task has ended. Whatever was shown before, the text is the result's. */
  ended(result: TaskResult): TailEvent[] {
    const told = this.responseIs(result.responseId);
    return [...told, ...this.toldResult(result.outputText), { kind: 'end', result }];
  }

  private toldResult(text: string | null): TailEvent[] {
    const shown = this.text.whole;
    if (text === null || text === shown) return [];
    return text.startsWith(shown) ? textOf(text.slice(shown.length)) : [{ kind: 'restart' }, ...textOf(text)];
  }

  private toldText(change: Change): TailEvent[] {
    if (change === null) return [];
    return change === 'rewritten' ? [{ kind: 'restart' }, ...textOf(this.text.whole)] : textOf(change.grown);
  }

  /** A summary that was rewritten is not told again: nothing is decided by it. */
  private toldReasoning(change: Change, section: string): TailEvent[] {
    if (change === null || change === 'rewritten') return [];
    const isNew = this.section !== '' && this.section !== section;
    this.section = section;
    return [{ kind: 'reasoning', delta: isNew ? `\n\n${change.grown}` : change.grown }];
  }
}
