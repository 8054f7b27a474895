/** Writing files in a terminal: Ctrl-C ends it, as it ends waiting. */
import { EXIT, say } from './output';

/** Ctrl-C ends the process in good order: a file that is half written goes with it. */
export async function stoppable<T>(what: string, write: () => Promise<T>): Promise<T> {
  const interrupted = () => {
    say(`Stopped while ${what} was written; no half of a file is left.`);
    process.exit(EXIT.otherwise);
  };
  process.once('SIGINT', interrupted);
  try {
    return await write();
  } finally {
    process.removeListener('SIGINT', interrupted);
  }
}
