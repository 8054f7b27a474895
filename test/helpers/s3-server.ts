/** An S3-compatible server for tests: Moto. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { installedPackages, pythonEnvironment } from './python';

const REQUIREMENTS = join(__dirname, 's3-requirements.txt');

/** Port 0 is any free one; the line that it prints names it. */
const PROGRAM = `
from werkzeug.serving import make_server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.port, flush=True)
server.serve_forever()
`;

export interface S3Server {
  url: string;
  /** For programs: what the AWS client reads. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** Starts it, with nothing in it. Stop it when done. */
export async function startS3Server(): Promise<S3Server> {
  const folder = await installedPackages(REQUIREMENTS, 'test-s3');
  const env = pythonEnvironment(folder);
  const python = spawn('python3', ['-c', PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  python.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-1000)));
  const ended = once(python, 'exit').then(() => {
    throw new Error(`The S3 server did not start (remove ${folder} to install it anew): ${said}`);
  });
  const [port] = (await Promise.race([once(createInterface(python.stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    close: async () => {
      python.kill('SIGKILL');
      if (python.exitCode === null && python.signalCode === null) await once(python, 'exit');
    },
  };
}
