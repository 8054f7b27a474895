/** `npm run model`: plays random lives of tasks against the model, as many as are wanted. */
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = Number(values.runs ?? 100);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const model = { runs, seed, isShrunk: true };
const vitest = await startVitest('test', ['test/model.test.ts'], { watch: false, provide: { model } });
await vitest.close();
