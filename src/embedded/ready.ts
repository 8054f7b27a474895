/** Whether a Temporal server that was just started can be used. */
import { Connection } from '@temporalio/client';
import { isListening, LOOPBACK, type TemporalPorts } from './ports';
import { sleep, until } from './processes';
import { EMBEDDED_NAMESPACE } from './record';

/**
 * Waits until the server answers and its namespace can be used.
 *
 * @param stillRuns Ends the wait early when the server is gone.
 * @returns false when it is gone or was not ready within the time.
 */
export async function waitUntilReady(
  ports: TemporalPorts,
  timeoutMs: number,
  stillRuns: () => boolean,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  // First the bare ports: the gRPC client waits a second after each refused connection.
  const listening = async () => (await isListening(ports.http)) && (await isListening(ports.grpc));
  if (!(await until(async () => !stillRuns() || (await listening()), timeoutMs))) return false;
  while (stillRuns() && Date.now() < end) {
    if (await answers(ports.grpc, end)) return stillRuns();
    await sleep(50);
  }
  return false;
}

async function answers(port: number, end: number): Promise<boolean> {
  try {
    const connection = await Connection.connect({
      address: `${LOOPBACK}:${port}`,
      connectTimeout: Math.max(1, end - Date.now()),
      // A proxy for the internet knows nothing of this machine's loopback.
      channelArgs: { 'grpc.enable_http_proxy': 0 },
    });
    try {
      const request = { namespace: EMBEDDED_NAMESPACE };
      // One look takes milliseconds; 5 s end one that the starting server never answers.
      await connection.withDeadline(Date.now() + 5000, () => connection.workflowService.describeNamespace(request));
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    // Not ready: the caller looks again until its time is over.
    return false;
  }
}
