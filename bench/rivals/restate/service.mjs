/** Create, sleep, look: a Restate workflow. `node service.mjs PORT`; the emulator is in OPENAI_BASE_URL. */
import * as restate from '@restatedev/restate-sdk';
import OpenAI from 'openai';

// The SDK needs it, and Node 20 has none: invocations would be accepted and never end.
Promise.withResolvers ??= function withResolvers() {
  const settlers = {};
  settlers.promise = new Promise((resolve, reject) => Object.assign(settlers, { resolve, reject }));
  return settlers;
};

const openai = new OpenAI();
const RUNNING = ['queued', 'in_progress'];

async function run(ctx, request) {
  const id = await ctx.run('create', async () => {
    const response = await openai.responses.create({ ...request, background: true });
    return response.id;
  });
  for (let seconds = 1; ; seconds = 2) {
    await ctx.sleep({ seconds });
    const seen = await ctx.run('look', async () => {
      const { status, output_text: text } = await openai.responses.retrieve(id);
      return RUNNING.includes(status) ? null : { status, text };
    });
    if (seen) return seen;
  }
}

const task = restate.workflow({ name: 'task', handlers: { run } });
await restate.serve({ services: [task], port: Number(process.argv[2]) });
console.log('ready');
