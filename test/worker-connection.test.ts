/** A worker's connection while its server is started again. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UnreachableError } from '../src/errors';
import { connectWorker } from '../src/worker-connection';
import { devServerWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

const serverAt = (address: string) => {
  return { address, namespace: 'default', connectionOptions: { address }, source: 'embedded' as const };
};

test('given a server that resets the first connections -> then it connects', async () => {
  let accepted = 0;
  const port = Number(world.env.address.split(':')[1]);
  const way = createServer((near) => {
    accepted += 1;
    if (accepted <= 3) return void near.resetAndDestroy();
    const far = connect({ host: '127.0.0.1', port });
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  await once(way.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${(way.address() as AddressInfo).port}`;
  const connection = await connectWorker(serverAt(address), Date.now() + 6_000);
  await connection.close();
  way.close();
  expect(accepted).toBeGreaterThan(3);
});

test('given nothing there -> then it says so when its time is over', async () => {
  const began = Date.now();
  const failed = await connectWorker(serverAt('127.0.0.1:1'), began + 1_000).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(UnreachableError);
  expect((failed as UnreachableError).message).toContain('No answer from the Temporal server at 127.0.0.1:1: ');
  expect(Date.now() - began).toBeLessThan(5_000);
});
