/** The markdown of Current Details: bullet lists, since the Web UI draws tables without borders. */
import type { TaskResult, TaskStatusView, Watched } from '../contracts';

const clock = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

function endLines(result: TaskResult): string[] {
  const { usage, error, incompleteReason, possibleOrphans, notCleaned, timings } = result;
  return [
    ...(error ? [`- error: \`${error.code}\` ${error.message}`] : []),
    ...(incompleteReason ? [`- incomplete: ${incompleteReason}`] : []),
    ...(usage ? [`- tokens: ${usage.input_tokens} in, ${usage.output_tokens} out`] : ['- tokens: not known']),
    ...(timings.detected ? [`- ended: ${clock(timings.detected)}`] : []),
    ...(result.outputOmitted ? ['- the answer is large: `task result` fetches it'] : []),
    ...possibleOrphans.map((orphan) => `- possible orphan: attempt ${orphan.attempt}, ${orphan.reason}`),
    ...notCleaned.map((what) => `- not cleaned: ${what}`),
  ];
}

/** Nothing where it was polled and nothing else: that is how it is done without further words. */
function watchLines({ mode, fallbacks }: Watched): string[] {
  return [
    ...(mode === 'poll' && fallbacks.length === 0 ? [] : [`- watched by: ${mode}`]),
    ...fallbacks.map(({ from, to, reason }) => `- from ${from} to ${to}: ${reason}`),
  ];
}

/** What became of them is not in the history, so the pending activity says it. */
function netLines(looksMs: number[]): string[] {
  if (looksMs.length === 0) return [];
  const looks = looksMs.map((ms) => clock(new Date(ms).toISOString())).join(', ');
  return [`- looks without a webhook: ${looks}; pending activity \`awaitEnd\` shows the last and the next`];
}

function runningLines(view: TaskStatusView, netLooksMs: number[]): string[] {
  return [
    `- deadline: ${clock(view.deadlineAt)}`,
    ...netLines(netLooksMs),
    ...(view.nextLookAt ? [`- next look: ${clock(view.nextLookAt)}`] : []),
    ...(view.lastError ? [`- last look failed: ${view.lastError}`] : []),
    '- to stop it: send the signal `cancelTask`, or Request Cancellation',
  ];
}

const PHASES: Record<TaskStatusView['phase'], string> = {
  uploading: 'files are uploaded',
  creating: 'create and first looks under way',
  held: 'waits for its turn: the limits of the account are reached',
  watching: 'watching',
  cancelling: 'cancelling upstream',
  cleaning: 'cleaning up',
  done: 'done',
};

/** What a person wants to know of a task at a glance. */
export function describeTask(view: TaskStatusView, result: TaskResult | null, netLooksMs: number[]): string {
  return [
    `**${view.status}**${result ? '' : ` (${PHASES[view.phase]})`}`,
    '',
    `- response: ${view.responseId ? `\`${view.responseId}\`` : 'not created yet'}`,
    `- model: ${view.model ?? 'as upstream chooses'}, priority ${view.priority}`,
    `- started: ${clock(view.startedAt)}`,
    `- looks: ${view.polls}, creates: ${view.creates}`,
    ...watchLines(view.watched),
    ...(view.cancelReason ? [`- cancel asked for: ${view.cancelReason}`] : []),
    ...(result ? endLines(result) : runningLines(view, netLooksMs)),
  ].join('\n');
}
