/** Everything that survives a restart, rebuilt from the journal. */
import { Journal } from './journal';
import { ledgerOf, type CallRow, type Ledger } from './ledger';
import { endsAtMs, stopsAtMs } from './lifecycle';
import { Running } from './running';
import { metadataOf, scriptOf } from './scenarios';
import { StreamLog, type StreamEntry } from './stream-log';
import type {
  ContainerUpload,
  CreatedResponse,
  StoredContainer,
  StoredFile,
  StoredResponse,
  StoredVectorStore,
} from './types';
import { WebhookLog, type WebhookEntry } from './webhook-log';
import { applyToVectorStores, searchedIn, useVectorStore, type VectorStoreEntry } from './vector-store-journal';

type NewContainer = Pick<StoredContainer, 'id' | 'name' | 'createdAtMs' | 'idleMinutes' | 'memoryLimit'>;

export type Entry =
  | { kind: 'create'; response: CreatedResponse }
  | { kind: 'cancelled'; id: string; atMs: number; late?: boolean }
  | { kind: 'deleted'; id: string; atMs: number }
  | { kind: 'file'; file: StoredFile }
  | { kind: 'file_deleted'; id: string; atMs: number }
  | VectorStoreEntry
  | { kind: 'container_made'; container: NewContainer }
  | { kind: 'container_upload'; id: string; file: ContainerUpload }
  | { kind: 'container_file_deleted'; id: string; fileId: string }
  | { kind: 'container_used'; id: string; atMs: number }
  | { kind: 'container_deleted'; id: string; atMs: number }
  | { kind: 'call'; row: CallRow }
  | StreamEntry
  | WebhookEntry;

/** A container is gone this long after it was last used. */
export const CONTAINER_IDLE_MINUTES = 20;

export class Store {
  readonly responses = new Map<string, StoredResponse>();
  readonly files = new Map<string, StoredFile>();
  readonly containers = new Map<string, StoredContainer>();
  readonly vectorStores = new Map<string, StoredVectorStore>();
  readonly calls: CallRow[] = [];
  /** Responses that have not ended. */
  readonly running = new Running();
  readonly streams = new StreamLog();
  readonly webhooks = new WebhookLog();
  private readonly journal: Journal | undefined;
  private readonly listeners = new Set<(entry: Entry) => void>();

  constructor(path?: string) {
    this.journal = path === undefined ? undefined : new Journal(path);
    for (const entry of this.journal?.replay() ?? []) if (isEntry(entry)) this.apply(entry);
    this.streams.cutOpen();
  }

  /** Journals a change and makes it. */
  write(entry: Entry): void {
    this.journal?.write(entry);
    this.apply(entry);
    for (const listener of this.listeners) listener(entry);
  }

  /** Calls for each change from now on. Gives back how to call it off. */
  listen(listener: (entry: Entry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.journal?.close();
  }

  private apply(entry: Entry): void {
    switch (entry.kind) {
      case 'create':
        return this.addResponse(entry.response);
      case 'cancelled':
        return this.cancelResponse(entry.id, entry.atMs, entry.late ?? false);
      case 'deleted':
        return update(this.responses, entry.id, { deletedAtMs: entry.atMs });
      case 'file':
        return void this.files.set(entry.file.id, entry.file);
      case 'file_deleted':
        return update(this.files, entry.id, { deletedAtMs: entry.atMs });
      case 'call':
        return void this.calls.push(entry.row);
      case 'stream_opened':
      case 'stream_ended':
        return this.streams.apply(entry);
      case 'webhook':
      case 'webhook_endpoints':
        return this.webhooks.apply(entry);
      case 'container_made':
      case 'container_upload':
      case 'container_file_deleted':
      case 'container_used':
      case 'container_deleted':
        return this.applyToContainer(entry);
      default:
        applyToVectorStores(this.vectorStores, entry);
    }
  }

  private applyToContainer(entry: Extract<Entry, { kind: `container_${string}` }>): void {
    switch (entry.kind) {
      case 'container_made':
        return this.addContainer(entry.container);
      case 'container_upload':
        return void this.containers.get(entry.id)?.uploads.push(entry.file);
      case 'container_file_deleted':
        return void this.containers.get(entry.id)?.deletedFileIds.add(entry.fileId);
      case 'container_used':
        return this.useContainer(entry.id, entry.atMs);
      case 'container_deleted':
        return update(this.containers, entry.id, { deletedAtMs: entry.atMs });
    }
  }

  private addResponse(created: CreatedResponse): void {
    const { id, createdAtMs, request, pace, containerId } = created;
    const script = scriptOf(request, id, pace);
    const response = { ...created, files: created.files ?? [], script, cancelledAtMs: null, deletedAtMs: null };
    this.responses.set(id, response);
    this.running.add(id, stopsAtMs(response));
    for (const searched of searchedIn(request)) useVectorStore(this.vectorStores, searched, createdAtMs);
    if (containerId === undefined) return;
    const fresh = {
      id: containerId,
      name: 'auto',
      createdAtMs,
      idleMinutes: CONTAINER_IDLE_MINUTES,
      memoryLimit: '1g',
    };
    if (!this.containers.has(containerId)) this.addContainer(fresh);
    this.containers.get(containerId)?.responseIds.push(id);
    // The run itself uses its container until its end, or only once.
    const usesOnce = metadataOf(request).emulator_idle_container === 'true';
    this.useContainer(containerId, usesOnce ? createdAtMs : endsAtMs(response));
  }

  private cancelResponse(id: string, atMs: number, late: boolean): void {
    const response = this.responses.get(id);
    if (!response) return;
    this.running.stop(id);
    const script = late ? { ...response.script, lateCompletion: true } : response.script;
    Object.assign(response, { cancelledAtMs: atMs, script });
  }

  private addContainer(container: NewContainer): void {
    const empty = { deletedAtMs: null, uploads: [], responseIds: [], deletedFileIds: new Set<string>() };
    this.containers.set(container.id, { ...container, ...empty, lastUsedAtMs: container.createdAtMs });
  }

  private useContainer(id: string, atMs: number): void {
    const container = this.containers.get(id);
    if (container) container.lastUsedAtMs = Math.max(container.lastUsedAtMs, atMs);
  }

  /** What really happened, for tests to judge by. */
  ledger(): Ledger {
    return ledgerOf(this);
  }
}

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && 'kind' in value;

function update<T extends object>(map: Map<string, T>, id: string, change: Partial<T>): void {
  const found = map.get(id);
  if (found) Object.assign(found, change);
}
