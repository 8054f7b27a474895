/** Who can reach what runs, and what a word of somebody else can become: an address, a query, a path. */
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DurableResponses, UsageError, type TaskInput } from '../src/client';
import { loadConfig } from '../src/config';
import { Condition, is, isOneOf } from '../src/client/visibility-query';
import { Tasks } from '../src/webhook/tasks';
import { eventually, processesNaming } from './helpers/embedded';
import { newPlace, runNode, stopPlace, type Place, type Running } from './helpers/programs';
import { SECRET } from './helpers/receiver';
import { listenersOf } from './helpers/sockets';

let place: Place;
let started: Running;
let client: DurableResponses;
beforeAll(async () => {
  place = await newPlace();
  started = await place.start({ DURABLE_RESPONSES_WEBHOOK_PORT: '0' }, ['--webhook']);
  client = await DurableResponses.connect({ config: loadConfig(place.env) });
});
afterAll(async () => {
  await client?.close();
  await stopPlace(place, started);
});

describe('who can connect', () => {
  const besides: Running[] = [];
  let everywhere: Server;
  afterAll(async () => {
    for (const { child } of besides) child.kill('SIGTERM');
    await Promise.all(besides.map(({ ended }) => ended));
    everywhere.close();
  });

  async function run(program: Parameters<Place['program']>[0], args: string[], said: RegExp): Promise<Running> {
    const env = {
      ...place.env,
      OPENAI_WEBHOOK_SECRET: SECRET,
      DURABLE_RESPONSES_WEBHOOK_PORT: '0',
      DURABLE_RESPONSES_CODEC_PORT: '0',
    };
    const running = runNode([place.program(program), ...args], { cwd: place.path, env });
    besides.push(running);
    let out = '';
    running.child.stdout?.on('data', (text: string) => (out += text));
    await eventually(`${program} listens`, () => said.test(out + running.said()));
    return running;
  }

  test('given every program with its defaults -> then none listens on an address that others can reach', async () => {
    const alone = await Promise.all([
      run('webhook/main', [], /Webhooks: /),
      run('codec-server/main', [], /http:\/\//),
      run('../emulator/main', ['--port', '0'], /Emulator of /),
    ]);
    const pids = [started, ...alone].map(({ child }) => child.pid!);
    const listeners = await listenersOf([...pids, ...(await processesNaming(place.path))]);
    // The server's three, its UI, codec server, emulator and keeper; the receiver; and the three that run alone.
    expect(listeners.length, JSON.stringify(listeners)).toBeGreaterThanOrEqual(10);
    // A worker listens nowhere: the first has its receiver only.
    for (const pid of pids) expect(listeners.filter((one) => one.pid === pid).length, String(pid)).toBe(1);
    expect(listeners.filter(({ isLoopback }) => !isLoopback)).toEqual([]);
  });

  test('given a socket for everybody -> then this test would see it', async () => {
    everywhere = createServer().listen(0);
    await once(everywhere, 'listening');
    expect((await listenersOf([process.pid])).filter(({ isLoopback }) => !isLoopback)).toHaveLength(1);
  });
});

describe('what a query can be made of', () => {
  const EVIL = `x' OR WorkflowId != 'x`;
  const OTHERS = ['other-1', 'other-2', 'other-3'];
  const request = { model: 'o3', input: 'Why?', metadata: { emulator_run_seconds: '0.1' } };
  const task: TaskInput = { request, options: { tenant: 'others', pollIntervalsSeconds: [1] } };
  const items = [{ id: EVIL, task }];

  beforeAll(async () => {
    await Promise.all(OTHERS.map((id) => client.startTask(task, { id })));
    await eventually('all are listed', async () => (await client.list()).length === OTHERS.length);
  });

  const foreign = (value: unknown): number => JSON.stringify(value).split(/other-\d/).length - 1;
  const evil = EVIL as never;
  const uses: Record<string, () => Promise<unknown>> = {
    'list by batch': () => client.list({ batch: EVIL }),
    'list by status': () => client.list({ status: evil }),
    'list by priority': () => client.list({ priority: evil }),
    'list with a limit': () => client.list({ limit: evil }),
    batchRunning: () => client.batchRunning(EVIL),
    sweep: () => client.sweep({ sinceHours: evil }),
    'sweep with a limit': () => client.sweep({ limit: evil }),
    orphans: () => client.orphans({ sinceHours: evil }),
    status: () => client.status(EVIL),
    result: () => client.result(EVIL),
    cancel: () => client.cancel(EVIL),
    lookNow: () => client.lookNow(EVIL),
    changeTask: () => client.changeTask(EVIL, { maxWaitSeconds: 1 }),
    tail: async () => client.tail(EVIL).next(),
    startTask: () => client.startTask(task, { id: EVIL }),
    'startTask with a tenant': () => client.startTask({ request, options: { tenant: EVIL } }),
    attachTask: () => client.attachTask(EVIL),
    'attachTask with an id': () => client.attachTask('resp_1', { id: EVIL }),
    startBatch: () => client.startBatch({ items }, { id: EVIL }),
    'startBatch of an item': () => client.startBatch({ items }),
    retryBatch: () => client.retryBatch(EVIL),
    'retryBatch with another id': () => client.retryBatch(EVIL, { id: 'again' }),
    'retryBatch with an id': () => client.retryBatch('none', { id: EVIL }),
    'retryBatch by status': () => client.retryBatch('none', { statuses: [evil] }),
    pauseBatch: () => client.pauseBatch(EVIL),
    resumeBatch: () => client.resumeBatch(EVIL),
    setBatchConcurrency: () => client.setBatchConcurrency(EVIL, 1),
    batchResult: () => client.batchResult(EVIL),
    lostBatchResult: () => client.lostBatchResult(EVIL),
    batchReader: () => client.batchReader(EVIL),
    startReport: () => client.startReport({ title: 'T', sources: [] }, { id: EVIL }),
    reportResult: () => client.reportResult(EVIL),
    saveReport: () => client.saveReport(EVIL, place.path),
  };

  test('given it as text in a query of the server itself -> then it shows what is of others', async () => {
    const rows: string[] = [];
    for await (const run of client.temporal.workflow.list({ query: `WorkflowId = '${EVIL}'` }))
      rows.push(run.workflowId);
    expect(foreign(rows)).toBe(OTHERS.length);
  });

  test.each(Object.entries(uses))(
    'given it to %s -> then it is refused, and shows nothing of others',
    async (_, use) => {
      const told = await use().catch((error: unknown) => error);
      expect(told).toBeInstanceOf(UsageError);
      expect(foreign([told, (told as UsageError).problems])).toBe(0);
    },
  );

  test('given it on the command line -> then exit 2, and nothing of others', async () => {
    const verbs = [
      ['task', 'list', '--batch', EVIL],
      ['batch', 'results', EVIL],
    ];
    const ran = await Promise.all(verbs.map((words) => place.cli(words)));
    const told = ran.map(({ code, out, err }) => ({ code, out, foreign: foreign(err) }));
    expect(told).toEqual(verbs.map(() => ({ code: 2, out: '', foreign: 0 })));
  });

  test('given it as the task that a response names -> then the receiver finds none', async () => {
    expect(await new Tasks(client.temporal, Date.now() + 5_000).find(EVIL)).toBeNull();
  });

  test('given it as a label -> then it is kept as a text, and counts stay what they are', async () => {
    await client.startTask({ request, options: { labels: { [EVIL]: EVIL } } }, { id: 'labelled' });
    await eventually('it is listed', async () => (await client.list()).length === OTHERS.length + 1);
    expect((await client.list({ batch: 'none' })).length).toBe(0);
  });

  test.each([EVIL, `x" OR "`, `x\\`, 'x y', "x' --", 'x\u2019', 'x`', '', 'x\n', 'x%27'])(
    'given %j to the maker of queries -> then no query',
    (value) => {
      expect(() => is('BatchId', value)).toThrow(TypeError);
      expect(() => isOneOf('BatchId', ['good', value])).toThrow(TypeError);
      expect(() => Condition.of('BatchId', '=', [value] as never)).toThrow(TypeError);
    },
  );
});
