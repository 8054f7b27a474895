/** What becomes of a call whose connection is closed between two tries of it. */
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { retriesThatEnd } from '../src/closed-calls';

type Interceptor = ReturnType<typeof retriesThatEnd>[number];

/** The number of gRPC. */
const CANCELLED = 1;

let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer((socket) => void socket.resetAndDestroy());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

/** The innermost interceptor: says that a try has failed, once the one around it has set its timer for the next. */
const telling =
  (tell: () => void): Interceptor =>
  (options, nextCall) => {
    const call = nextCall(options);
    const start = call.start.bind(call);
    call.start = (metadata, listener) =>
      start(metadata, {
        onReceiveMessage: (message: unknown) => listener?.onReceiveMessage?.(message),
        onReceiveStatus: (status) => {
          listener?.onReceiveStatus?.(status);
          tell();
        },
      });
    // The type asks for the class; nobody looks at more than the call.
    return call as ReturnType<Interceptor>;
  };

/** A call that is between two tries when its connection is closed. */
async function closedCall(interceptors: Interceptor[]): Promise<{ ending: Promise<unknown> }> {
  let tell = () => {};
  const failed = new Promise<void>((resolve) => (tell = resolve));
  const connection = Connection.lazy({ address, interceptors: [...interceptors, telling(tell)] });
  const ending = connection.workflowService.getSystemInfo({}).catch((error: unknown) => error);
  await failed;
  await connection.close();
  return { ending };
}

test('given the retries of this package -> then the call ends as cancelled', async () => {
  const { ending } = await closedCall(retriesThatEnd());
  expect(await ending).toMatchObject({ code: CANCELLED, details: 'The connection was closed.' });
});

test('given those of the SDK -> then they throw past the caller', async () => {
  const uncaught = once(process, 'uncaughtException');
  await closedCall([makeGrpcRetryInterceptor(defaultGrpcRetryOptions())]);
  expect(String((await uncaught)[0])).toContain('Channel has been shut down');
});

test('given a call on a connection that is closed already -> then it throws to its caller', async () => {
  const connection = Connection.lazy({ address, interceptors: retriesThatEnd() });
  await connection.close();
  await expect(connection.workflowService.getSystemInfo({})).rejects.toThrow('Channel has been shut down');
});
