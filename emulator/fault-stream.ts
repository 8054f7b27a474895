/** How a stream goes wrong: what is sent in place of each event. */
import type { StreamPlan } from './answer';
import { bodyWith } from './body';
import type { StreamFault } from './faults';
import { frameOf, frameOfEvent } from './frames';
import { isLast, type StreamedEvent } from './timeline';

/** `number`: it is an event of the response, and whole. */
export type Step = { send: string | Buffer; number?: number } | 'end' | 'cut' | 'silence';

type FaultOf<K extends StreamFault['kind']> = Extract<StreamFault, { kind: K }>;

const HUGE_BYTES = 10_000_000;

function junk({ what, bytes = HUGE_BYTES }: FaultOf<'stream_insert'>): string | Buffer {
  switch (what) {
    case 'done':
      return 'data: [DONE]\n\n';
    case 'comment':
      return ': ping\n\n';
    case 'unknown_event':
      return frameOf('response.emulated', { type: 'response.emulated' });
    case 'bad_json':
      return 'event: response.output_text.delta\ndata: {"type":"response.output_text.de\n\n';
    case 'not_utf8':
      return Buffer.concat([
        Buffer.from('event: response.emulated\ndata: {"type":"response.emulated","text":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}\n\n'),
      ]);
    case 'huge':
      return frameOf('response.emulated', { type: 'response.emulated', text: 'x'.repeat(bytes) });
  }
}

/** The error, and what follows it; the next numbers are theirs. */
function errorSteps(fault: FaultOf<'stream_error'>, { response }: StreamPlan): Step[] {
  const { after, form, code = 'server_is_overloaded', message = 'Our servers are currently overloaded.' } = fault;
  const error = { type: 'service_unavailable_error', code, message, param: null };
  const flat = { type: 'error', code, message, param: null, sequence_number: after + 1 };
  const nested = { type: 'error', sequence_number: after + 1, error };
  const first: Step = { send: frameOf('error', form === 'flat' ? flat : nested) };
  if (fault.then === 'go_on') return [first];
  if (fault.then !== 'failed') return [first, 'end'];
  const failed = { ...bodyWith(response, 'in_progress', []), status: 'failed', error: { code, message } };
  const event = { type: 'response.failed', response: failed, sequence_number: after + 2 };
  return [first, { send: frameOf(event.type, event) }, 'end'];
}

export class Spoiler {
  /** Whether the fault has shown. */
  isShown = false;
  private held: Step[] = [];

  constructor(
    private readonly plan: StreamPlan,
    private readonly fault: StreamFault | undefined,
  ) {}

  /** What comes before the first event of all. */
  before(): Step[] {
    return this.plan.startingAfter === -1 ? this.following(-1) : [];
  }

  /** What is sent for an event. */
  stepsOf(event: StreamedEvent): Step[] {
    const steps = this.spoiled(event);
    return [...steps, ...this.following(event.sequence_number)];
  }

  /** What is still to be sent when there are no more events. */
  rest(): Step[] {
    return this.held.splice(0);
  }

  private frame(event: StreamedEvent): string {
    return frameOfEvent(this.plan.response, event, this.plan.isObfuscated);
  }

  private renumbered(event: StreamedEvent, number: number): Step {
    return { send: this.frame({ ...event, sequence_number: number }), number };
  }

  private spoiled(event: StreamedEvent): Step[] {
    const { fault } = this;
    const { sequence_number: number } = event;
    const step = { send: this.frame(event), number };
    switch (fault?.kind) {
      case 'stream_duplicate':
        return number === fault.event ? this.show([step, step]) : [step];
      case 'stream_gap':
        return number === fault.event ? this.show([]) : [step];
      case 'stream_reorder':
        if (number !== fault.event) return [step, ...this.rest()];
        this.held = this.show([step]);
        return [];
      case 'stream_renumber':
        return number >= fault.event ? this.show([this.renumbered(event, number - fault.event)]) : [step];
      case 'stream_end':
        return fault.after === undefined && isLast(event) ? this.show(['end']) : [step];
      case 'stream_crlf':
        return this.show([{ ...step, send: step.send.replaceAll('\n', '\r\n') }]);
      default:
        return [step];
    }
  }

  private following(number: number): Step[] {
    const { fault } = this;
    if (!fault || !('after' in fault) || fault.after !== number) return [];
    switch (fault.kind) {
      case 'stream_cut':
        return this.show(['cut']);
      case 'stream_end':
        return this.show(['end']);
      case 'stream_silence':
        return this.show(['silence']);
      case 'stream_error':
        return this.show(errorSteps(fault, this.plan));
      case 'stream_insert':
        return this.show([{ send: junk(fault) }]);
    }
  }

  private show(steps: Step[]): Step[] {
    this.isShown = true;
    return steps;
  }
}
