/**
 * Streaming: in place of a `for event in stream` over the stream of the create, which ends with its connection.
 *
 * Better: the run is a task, so this program may stop at any moment, and loses nothing. The text is read beside it, and
 * a connection that is cut goes on where it was. Leave it with Ctrl-C and come back with `resume.ts`.
 *
 * Run `npm start` in another terminal, then: node lib/examples/stream.js [model] [task-id]
 */
import { DurableResponses } from 'durable-responses';

async function main([model = 'o3', wanted]: string[]): Promise<void> {
  const client = await DurableResponses.connect();
  const request = { model, input: 'Write a very long novel about otters in space.' };
  const { id } = await client.startTask({ request, options: { watch: 'stream' } }, { id: wanted });
  console.error(`started: ${id}`);
  for await (const event of client.tail(id)) {
    if (event.kind === 'status') console.error(`status: ${event.status}`);
    else if (event.kind === 'text') process.stdout.write(event.delta);
    else if (event.kind === 'restart') console.error('\nThe text so far is void: it begins again.');
    else if (event.kind === 'end') console.error(`\nend: ${event.result.status}`);
  }
  await client.close();
}

void main(process.argv.slice(2));
