/**
 * Resuming: in place of a `resume_streaming(response_id, cursor)` that needs the response's id and the number of the last
 * event, kept by the program that is gone.
 *
 * Better: the task's id is enough. Whoever comes late gets the text so far and then the rest; several may watch at once.
 *
 * Run `stream.ts`, stop it or not, then: node lib/examples/resume.js <task-id>
 */
import { DurableResponses } from 'durable-responses';

async function main([id = '']: string[]): Promise<void> {
  const client = await DurableResponses.connect();
  let text = '';
  for await (const event of client.tail(id)) {
    if (event.kind === 'restart') text = '';
    else if (event.kind === 'text') text += event.delta;
    else if (event.kind === 'end') console.error(`${event.result.status}, ${text.length} characters`);
  }
  process.stdout.write(text);
  await client.close();
}

void main(process.argv.slice(2));
