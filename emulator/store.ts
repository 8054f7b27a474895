/** Everything that survives a restart: an append-only journal, written before an answer is sent. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CallRow, Ledger, StoredContainer, StoredFile, StoredResponse } from './types';

type Entry =
  | { kind: 'create'; response: StoredResponse }
  | { kind: 'cancelled'; id: string; atMs: number }
  | { kind: 'deleted'; id: string; atMs: number }
  | { kind: 'file'; file: StoredFile }
  | { kind: 'file_deleted'; id: string }
  | { kind: 'container'; container: StoredContainer }
  | { kind: 'container_used'; id: string; atMs: number }
  | { kind: 'container_deleted'; id: string }
  | { kind: 'call'; row: CallRow };

export class Store {
  readonly responses = new Map<string, StoredResponse>();
  readonly files = new Map<string, StoredFile>();
  readonly containers = new Map<string, StoredContainer>();
  readonly calls: CallRow[] = [];

  constructor(private readonly path?: string) {
    if (!path) return;
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      // Only the last line can be cut, by a kill in the middle of a write: its request got no answer.
      const entry = parseEntry(line);
      if (entry) this.apply(entry);
    }
    appendFileSync(path, '\n');
  }

  write(entry: Entry): void {
    if (this.path) appendFileSync(this.path, `${JSON.stringify(entry)}\n`);
    this.apply(entry);
  }

  private apply(entry: Entry): void {
    switch (entry.kind) {
      case 'create':
        this.responses.set(entry.response.id, entry.response);
        break;
      case 'cancelled':
        update(this.responses, entry.id, { cancelledAtMs: entry.atMs });
        break;
      case 'deleted':
        update(this.responses, entry.id, { deletedAtMs: entry.atMs });
        break;
      case 'file':
        this.files.set(entry.file.id, entry.file);
        break;
      case 'file_deleted':
        update(this.files, entry.id, { deleted: true });
        break;
      case 'container':
        this.containers.set(entry.container.id, entry.container);
        break;
      case 'container_used':
        // Its run may use it for longer than that.
        update(this.containers, entry.id, {
          lastUsedAtMs: Math.max(entry.atMs, this.containers.get(entry.id)?.lastUsedAtMs ?? 0),
        });
        break;
      case 'container_deleted':
        update(this.containers, entry.id, { deleted: true });
        break;
      case 'call':
        this.calls.push(entry.row);
    }
  }

  /** What really happened, for tests to judge by. */
  ledger(): Ledger {
    const creates = [...this.responses.values()].map(({ id, createdAtMs, request }) => ({
      id,
      at: createdAtMs,
      metadata: (request.metadata ?? {}) as Record<string, string>,
      request,
    }));
    const cancels = this.calls
      .filter(({ op }) => op === 'cancel')
      .map(({ id, at, status }) => ({ id: id ?? '', at, status }));
    return { creates, calls: [...this.calls], cancels };
  }
}

function update<T extends object>(map: Map<string, T>, id: string, change: Partial<T>): void {
  const found = map.get(id);
  if (found) Object.assign(found, change);
}

function parseEntry(line: string): Entry | null {
  if (line === '') return null;
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}
