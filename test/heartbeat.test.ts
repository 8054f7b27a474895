/** Heartbeats before something is sent: none of them may come to the server behind the word that it is. */
import { CancelledFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { underAnsweredHeartbeats } from '../src/activities/heartbeat';

/** A promise, and what ends it. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

test('given a heartbeat under way when the work is done -> then its answer is awaited, and no other follows', async () => {
  const said: string[] = [];
  const [begun, answer] = [gate(), gate()];
  const beat = async () => {
    said.push('asked');
    begun.open();
    await answer.opened;
    said.push('answered');
  };
  const done = underAnsweredHeartbeats(() => begun.opened, { everyMs: 1, beat }).then(() => said.push('sent'));
  await begun.opened;
  setImmediate(answer.open);
  await done;
  expect(said).toEqual(['asked', 'answered', 'sent']);
});

test('given heartbeats that fail, since the server is away -> then the work goes on', async () => {
  let beats = 0;
  const third = gate();
  const beat = () => {
    if (++beats === 3) third.open();
    return Promise.reject(new Error('away'));
  };
  expect(await underAnsweredHeartbeats(() => third.opened.then(() => 'done'), { everyMs: 1, beat })).toBe('done');
});

test('given a heartbeat that is answered by a cancel -> then nothing waits for the work', async () => {
  const beat = () => Promise.reject(new CancelledFailure('cancelled'));
  const never = () => new Promise<never>(() => undefined);
  await expect(underAnsweredHeartbeats(never, { everyMs: 1, beat })).rejects.toBeInstanceOf(CancelledFailure);
});

test('given work that fails -> then what it throws', async () => {
  const failing = () => Promise.reject(new Error('no disk'));
  await expect(underAnsweredHeartbeats(failing, { everyMs: 1, beat: () => Promise.resolve() })).rejects.toThrow(
    'no disk',
  );
});
