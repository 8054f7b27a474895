/** What happened in a life, in seconds from its start, for whoever has to find out why the model disagrees. */
import type { Played } from './play';

export function storyOf(played: Played): string {
  const { plan, sent, calls, startedMs, endedMs, result, taskId, wallMs } = played;
  const at = (ms: number): string => ((ms - startedMs) / 1000).toFixed(2);
  const rows = [
    ...calls.map(({ at: ms, op, status, faulted }) => ({ ms, text: `${op} ${status}${faulted ? ' (planned)' : ''}` })),
    ...sent.map(({ sentMs, takenMs, message, refused }) => {
      const what = JSON.stringify(message);
      return { ms: sentMs, text: `${what} taken at ${at(takenMs)}${refused === null ? '' : `, refused: ${refused}`}` };
    }),
    { ms: endedMs, text: `${result.status} ${JSON.stringify(result.error)}` },
  ].sort((a, b) => a.ms - b.ms);
  const lines = rows.map(({ ms, text }) => `  ${at(ms)} ${text}`);
  return [`${taskId}, played in ${(wallMs / 1000).toFixed(1)} s: ${JSON.stringify(plan)}`, ...lines].join('\n');
}
