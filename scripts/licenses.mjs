/**
 * The licences of all that `package-lock.json` names. `npm run licenses` lists them, and exits with 1 when one is not
 * among those that are let in.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Those that ask for no more than their text to be kept. */
const PERMISSIVE = [
  'MIT',
  'Apache-2.0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'PSF-2.0',
];

/** Let in by name, each for its reason. */
const BY_NAME = {
  // Data about browsers, which webpack reads; nothing of it is in what is made.
  'caniuse-lite': 'CC-BY-4.0',
  // Its package.json says nothing; its LICENSE is the Unlicense.
  unionfs: 'Unlicense',
};

/** Changed files of these must stay open; they are tools of the tests, and nobody gets them with the package. */
const ONLY_FOR_DEVELOPMENT = ['MPL-2.0'];

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Every package of a lock file once for each version, with its licence as SPDX has it; undefined where none is said. */
export function licensesOf(lock) {
  const found = Object.entries(lock.packages).filter(([path]) => path !== '');
  return found.map(([path, { version, license, dev = false }]) => {
    const name = nameOf(path);
    return { name, version, dev, license: license ?? BY_NAME[name] };
  });
}

function isLetIn({ name, dev, license }) {
  if (license === undefined) return false;
  const known = (one) =>
    PERMISSIVE.includes(one) || BY_NAME[name] === one || (dev && ONLY_FOR_DEVELOPMENT.includes(one));
  // `(A OR B) AND C` and the like are for a person to read.
  const parts = license.replace(/^\(([^()]*)\)$/, '$1');
  if (parts.includes(' OR ')) return !parts.includes(' AND ') && parts.split(' OR ').some(known);
  return parts.split(' AND ').every(known);
}

/** One line for each package whose licence nobody has let in. */
export function licenseProblems(lock) {
  const unknown = licensesOf(lock).filter((one) => !isLetIn(one));
  return unknown.map(({ name, version, license = 'none' }) => `${name}@${version}: licence ${license} is not let in`);
}

/** A line for each licence: how many packages have it, and which. */
function table(lock) {
  const byLicense = new Map();
  for (const { name, version, license = 'none' } of licensesOf(lock))
    byLicense.set(license, (byLicense.get(license) ?? new Set()).add(`${name}@${version}`));
  const rows = [...byLicense].sort(([, a], [, b]) => b.size - a.size);
  return rows.map(([license, names]) => `${license} (${names.size}): ${[...names].sort().join(', ')}`).join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve(import.meta.dirname, '..');
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  console.log(table(lock));
  const problems = licenseProblems(lock);
  if (problems.length > 0) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
  }
}
