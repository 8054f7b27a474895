/** Other things that a request names: they must exist. */
import { newId } from './context';
import { ApiError, notFound, refuse } from './errors';
import { isContainerLive } from './containers';
import { foundIn } from './indexing';
import { isFileLive } from './files';
import { isGone } from './lifecycle';
import { inputItemsOf } from './prompt';
import { metadataOf } from './scenarios';
import type { Store } from './store';
import type { CreatedResponse, FileNote, FoundFile, Json } from './types';
import { searchedIn } from './vector-store-journal';
import { indexedFiles, usableVectorStore } from './vector-stores';

type Container = string | { file_ids?: string[] };

function checkPrevious({ previous_response_id: id }: Json, store: Store, nowMs: number): void {
  if (typeof id !== 'string') return;
  const previous = store.responses.get(id);
  if (previous && !isGone(previous, nowMs)) return;
  throw refuse('previous_response_not_found', 'previous_response_id', `Previous response with id '${id}' not found.`);
}

const noteOf = ({ id, filename, bytes }: FileNote): FileNote => ({ id, filename, bytes });

/** Files that are written into the prompt, as far as they are known here. */
function filesInInput(request: Json, store: Store): FileNote[] {
  const parts = inputItemsOf(request).flatMap(({ content }) => (Array.isArray(content) ? (content as Json[]) : []));
  return parts.flatMap(({ file_id }) => store.files.get(String(file_id)) ?? []).map(noteOf);
}

function filesIn(container: Container | undefined, store: Store, nowMs: number): FileNote[] {
  if (typeof container !== 'object') return [];
  return (container.file_ids ?? []).map((id) => {
    const file = store.files.get(id);
    if (!isFileLive(file, nowMs)) throw new ApiError(404, `No such File object: ${id}`, { param: 'file_ids' });
    return noteOf(file);
  });
}

function containerIdOf(container: Container | undefined, store: Store, nowMs: number): string {
  if (typeof container !== 'string') return newId('cntr_');
  const found = store.containers.get(container);
  if (!found || found.deletedAtMs !== null) throw notFound('Container', container);
  if (!isContainerLive(found, nowMs)) throw new ApiError(400, 'Container is expired.');
  return container;
}

/** How many files a search finds at most, unless the request says otherwise. */
const USUAL_RESULTS = 20;

/** What its file search finds: only files that are indexed when the run is created. */
function filesFound(request: Json, store: Store, nowMs: number): FoundFile[] | undefined {
  const searched = searchedIn(request);
  if (searched.length === 0) return undefined;
  const found = searched.flatMap((id) => indexedFiles(store, usableVectorStore(store, id, nowMs), nowMs));
  const most = (request.tools as { max_num_results?: number | null }[]).map((tool) => tool.max_num_results ?? 0);
  return found
    .slice(0, Math.max(...most) || USUAL_RESULTS)
    .flatMap(({ id }) => store.files.get(id) ?? [])
    .map(foundIn);
}

/** Those of an explicit container are read too. */
function filesOfContainer(container: Container | undefined, store: Store): FileNote[] {
  const uploads = typeof container === 'string' ? (store.containers.get(container)?.uploads ?? []) : [];
  return uploads.map(({ id, path, content }) => {
    return { id, filename: path.slice(path.lastIndexOf('/') + 1), bytes: Buffer.byteLength(content, 'base64') };
  });
}

/** The files that a request names, and the container of its code interpreter. @throws ApiError where one is not there. */
export function referencesOf(
  request: Json,
  store: Store,
  nowMs: number,
): Pick<CreatedResponse, 'files' | 'containerId' | 'found'> {
  checkPrevious(request, store, nowMs);
  const files = filesInInput(request, store);
  const tools = (request.tools ?? []) as { type: string; container?: Container }[];
  const found = filesFound(request, store, nowMs);
  for (const { container } of tools) {
    files.push(...filesIn(container, store, nowMs), ...filesOfContainer(container, store));
  }
  const interpreter = tools.find(({ type }) => type === 'code_interpreter');
  const isAsked =
    metadataOf(request).emulator_scenario === 'code_interpreter' || request.model === 'emulator-code-interpreter';
  if (!interpreter && !isAsked) return { files, found };
  return { files, found, containerId: containerIdOf(interpreter?.container, store, nowMs) };
}
