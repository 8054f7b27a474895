/** The input of a batch on its way into the store: in pages, in the order of starting. */
import { PRIORITIES, type BatchItem, type ItemHead, type PageRef, type Priority, type TaskOptions } from '../contracts';
import { taskSummary } from '../contracts/describe';
import { batchKeys } from './keys';
import type { BlobStore } from '.';

/** A page is one workflow: with at most about 15 events an item it stays well under 10,240. */
export const ITEMS_PER_PAGE = 500;

/** Pages are kept in memory until they are full: this bounds their bytes, too. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

export interface BatchManifest {
  createdAt: string;
  total: number;
  badLines: number;
  /** In the order of starting; the items of one priority are in input order. */
  pages: PageRef[];
  retryOf: string | null;
}

/** An item as it lies in a page. */
export type StoredItem = { index: number } & BatchItem;

/** A head as it lies in the store. */
export interface StoredHead extends ItemHead {
  customId?: string;
}

interface OpenPage {
  priority: Priority;
  lines: Buffer[];
  sizeBytes: number;
  heads: StoredHead[];
}

function headOf(item: StoredItem, at: ItemHead['at'], options: TaskOptions): StoredHead {
  const { index, id, customId, task, problem } = item;
  const merged = { ...options, ...task?.options };
  return {
    index,
    id,
    ...(customId === undefined ? {} : { customId }),
    at,
    ...(problem ? { problem } : {}),
    ...(task?.attach ? { attach: task.attach } : {}),
    model: task?.request?.model ?? null,
    include: task?.request?.include ?? [],
    options: merged,
    summary: task ? taskSummary({ ...task, options: merged }) : 'no task',
  };
}

/** Takes items one after the other; `finish` says what was written. Nothing is started before that. */
export class BatchInputWriter {
  private readonly open = new Map<Priority, OpenPage>();
  private readonly written: PageRef[] = [];
  private total = 0;
  private badLines = 0;
  private files = 0;

  /**
   * @param folder See `batchFolder`.
   * @param options Of every task that does not set its own.
   */
  constructor(
    private readonly store: BlobStore,
    private readonly folder: string,
    private readonly options: TaskOptions = {},
    private readonly itemsPerPage = ITEMS_PER_PAGE,
  ) {}

  async add(item: BatchItem): Promise<void> {
    const stored: StoredItem = { index: this.total++, ...item };
    if (item.problem) this.badLines++;
    const priority = item.task?.options?.priority ?? this.options.priority ?? 'medium';
    const line = Buffer.from(`${JSON.stringify(stored)}\n`);
    const page = await this.pageFor(priority, line.length);
    page.heads.push(headOf(stored, { offset: page.sizeBytes, length: line.length }, this.options));
    page.lines.push(line);
    page.sizeBytes += line.length;
  }

  /** Writes what is left, and the manifest. */
  async finish(retryOf: string | null = null): Promise<BatchManifest> {
    for (const priority of PRIORITIES) await this.flush(priority);
    const rank = ({ priority, file }: PageRef) => PRIORITIES.indexOf(priority) * this.files + file;
    const manifest: BatchManifest = {
      createdAt: new Date().toISOString(),
      total: this.total,
      badLines: this.badLines,
      pages: this.written.sort((a, b) => rank(a) - rank(b)),
      retryOf,
    };
    await this.store.put(batchKeys.manifest(this.folder), JSON.stringify(manifest));
    return manifest;
  }

  private async pageFor(priority: Priority, lineBytes: number): Promise<OpenPage> {
    const open = this.open.get(priority);
    if (open && open.heads.length < this.itemsPerPage && open.sizeBytes + lineBytes <= MAX_PAGE_BYTES) return open;
    await this.flush(priority);
    const page: OpenPage = { priority, lines: [], sizeBytes: 0, heads: [] };
    this.open.set(priority, page);
    return page;
  }

  private async flush(priority: Priority): Promise<void> {
    const page = this.open.get(priority);
    if (!page) return;
    this.open.delete(priority);
    const file = this.files++;
    await this.store.put(batchKeys.page(this.folder, file), Buffer.concat(page.lines));
    await this.store.put(batchKeys.heads(this.folder, file), JSON.stringify(page.heads));
    this.written.push({ file, items: page.heads.length, priority });
  }
}
