/** Other versions of the workflow code, made of the bundle of the build: it is plain text, a line for each of the sources. */
import { readFileSync } from 'node:fs';
import { WORKFLOW_BUNDLE } from './world';

export interface Bundle {
  code: string;
}

const today = (): string => readFileSync(WORKFLOW_BUNDLE.codePath, 'utf8');

/** Calls of `patched` in code of ours; in the SDK it is called by no such name. */
const PATCHED = /\(0, workflow_1\.patched\)\('([^']+)'\)/g;

/** The ids of all patches in the workflow code. */
export const patchIds = (): string[] => [...new Set([...today().matchAll(PATCHED)].map(([, id]) => id ?? ''))].sort();

/** A bundle in which the patches answer this, whatever is in a history. With `false` it is the code before them. */
export function bundleWhere(answer: boolean, ids = patchIds()): Bundle {
  return { code: today().replace(PATCHED, (call, id: string) => (ids.includes(id) ? String(answer) : call)) };
}

/** For the world of a recording from before one patch. */
export const beforePatch = (id: string) => () => ({ workflowBundle: bundleWhere(false, [id]) });

/** @throws Error when `from` is not in the code just once: nothing would be changed, or too much. */
export function changedBundle(from: string, to: string): Bundle {
  const parts = today().split(from);
  if (parts.length !== 2) throw new Error(`Found ${parts.length - 1} times in the bundle: ${from}`);
  return { code: parts.join(to) };
}
