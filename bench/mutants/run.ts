/** Puts one mutant after the other into a copy of the project, and sees which test notices. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { ProjectCopy } from './copy';
import { SUITES, type Mutant, type Suite } from './mutant';
import { failureOf } from './suite';

export interface Fate {
  file: string;
  find: string;
  put: string;
  suite: Suite | null;
  /** The test that failed; null for one that survived. */
  killedBy: string | null;
  seconds: number;
}

export const isOf =
  ({ file, find, put }: Mutant) =>
  (fate: Fate): boolean =>
    fate.file === file && fate.find === find && fate.put === put;

/** What an earlier run has found. */
export function recorded(path: string | undefined): Fate[] {
  if (path === undefined || !existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Fate);
}

/** Suites that pass without a mutant: one that does not would kill everything. */
class Baseline {
  private readonly good = new Set<Suite>();

  async check(copy: ProjectCopy, suites: readonly Suite[]): Promise<void> {
    for (const suite of suites.filter((one) => !this.good.has(one))) {
      // Once more: a busy machine is no reason to stop.
      const failed = (await failureOf(copy.folder, suite)) && (await failureOf(copy.folder, suite));
      if (failed) throw new Error(`${SUITES[suite].file} fails without any mutant: ${failed}`);
      this.good.add(suite);
    }
  }
}

async function fateOf(copy: ProjectCopy, mutant: Mutant): Promise<Fate> {
  const { file, find, put, killers } = mutant;
  const beganMs = Date.now();
  const fate = (suite: Suite | null, killedBy: string | null): Fate => {
    return { file, find, put, suite, killedBy, seconds: (Date.now() - beganMs) / 1000 };
  };
  let isBundled = false;
  try {
    copy.apply(mutant);
    for (const suite of killers) {
      if (SUITES[suite].isOfBuild && !isBundled) await copy.bundle();
      isBundled ||= SUITES[suite].isOfBuild;
      const failed = await failureOf(copy.folder, suite);
      if (failed !== null) return fate(suite, failed);
    }
    return fate(null, null);
  } finally {
    copy.restore();
  }
}

/** Runs mutants one at a time; `record` is gone on with. */
export async function runMutants(copy: ProjectCopy, mutants: readonly Mutant[], record?: string): Promise<Fate[]> {
  const known = recorded(record);
  const baseline = new Baseline();
  const fates: Fate[] = [];
  for (const [i, mutant] of mutants.entries()) {
    const earlier = known.find(isOf(mutant));
    if (!earlier) await baseline.check(copy, mutant.killers);
    const fate = earlier ?? (await fateOf(copy, mutant));
    fates.push(fate);
    if (!earlier && record !== undefined) appendFileSync(record, `${JSON.stringify(fate)}\n`);
    const word = fate.killedBy === null ? 'SURVIVED' : `killed by ${fate.suite}: ${fate.killedBy}`;
    console.log(`${i + 1}/${mutants.length} ${fate.seconds.toFixed(0)} s ${mutant.file}: ${mutant.defect}: ${word}`);
  }
  return fates;
}
