/** Create, sleep, look: a DBOS workflow behind a small web server. `node service.mjs PORT POSTGRES_URL`. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import OpenAI from 'openai';

const [port, systemDatabaseUrl] = process.argv.slice(2);
const openai = new OpenAI();
const RUNNING = ['queued', 'in_progress'];

async function run(request) {
  const create = async () => (await openai.responses.create({ ...request, background: true })).id;
  const id = await DBOS.runStep(create, { name: 'create' });
  const look = async () => {
    const { status, output_text: text } = await openai.responses.retrieve(id);
    return RUNNING.includes(status) ? null : { status, text };
  };
  for (let seconds = 1; ; seconds = 2) {
    await DBOS.sleepSeconds(seconds);
    const seen = await DBOS.runStep(look, { name: 'look' });
    if (seen) return seen;
  }
}

const task = DBOS.registerWorkflow(run, { name: 'task' });

/** Of the runs of this process: their results are there without a question to Postgres. */
const handles = new Map();

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function answer(request) {
  const [, id, what] = request.url.split('/');
  const handle = handles.get(id) ?? DBOS.retrieveWorkflow(id);
  switch (`${request.method} ${what}`) {
    case 'POST run':
      handles.set(id, await DBOS.startWorkflow(task, { workflowID: id })(await bodyOf(request)));
      return { id };
    case 'POST cancel':
      await DBOS.cancelWorkflow(id);
      return { id };
    case 'GET result':
      return handle.getResult();
    case 'GET status':
      return { status: (await handle.getStatus()).status, steps: (await DBOS.listWorkflowSteps(id)).length };
  }
  throw new Error(`No such page: ${request.url}`);
}

DBOS.setConfig({ name: 'rival', systemDatabaseUrl, logLevel: 'error', runAdminServer: false });
await DBOS.launch();
const server = createServer((request, reply) => {
  answer(request).then(
    (value) => reply.end(JSON.stringify(value)),
    (error) => reply.writeHead(500).end(String(error)),
  );
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
