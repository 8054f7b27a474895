/**
 * Checks what this project takes from others: the lock file, its licences, the settings of npm, and the workflows of the
 * CI. Exits with 1 and a list when something is wrong. Needs no network and no installed package.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { licenseProblems } from './licenses.mjs';

/** A number: `^`, `~`, ranges, tags, addresses and repositories are none. */
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** The only permission to write, and what needs it. */
const MAY_WRITE = { permission: 'security-events', action: 'github/codeql-action/' };

function manifestProblems({ dependencies, devDependencies, overrides, scripts }) {
  const asked = Object.entries({ ...dependencies, ...devDependencies });
  const own = Object.entries(overrides ?? {}).filter(([, version]) => !version.startsWith('$'));
  const loose = [...asked, ...own].filter(([, version]) => !EXACT.test(version));
  const run = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => scripts[name] !== undefined);
  return [
    ...loose.map(([name, version]) => `package.json: ${name} ${version}: write one version`),
    ...run.map((name) => `package.json: script ${name}: nothing may run at installation`),
  ];
}

function lockProblems(lock, manifest) {
  const problems = lock.lockfileVersion === 3 ? [] : ['package-lock.json: expected lockfileVersion 3'];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    if (!EXACT.test(entry.version ?? '')) problems.push(`${path}: has no version`);
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? '')) problems.push(`${path}: has no SHA-512`);
    // With an address in it, it would install from there and not from the registry that npm is set to.
    if (entry.resolved !== undefined || entry.link) problems.push(`${path}: names where it comes from`);
  }
  const locked = lock.packages[''] ?? {};
  for (const kind of ['dependencies', 'devDependencies'])
    if (JSON.stringify(locked[kind]) !== JSON.stringify(manifest[kind]))
      problems.push(`package-lock.json: its ${kind} are not those of package.json; run npm install`);
  return problems;
}

function npmrcProblems(text) {
  const wanted = ['ignore-scripts=true', 'omit-lockfile-registry-resolved=true'];
  const missing = wanted.filter((line) => !text.split('\n').includes(line));
  const forbidden = /^[^#\n]*(registry|_auth|_authToken|_password)\s*=/m.test(text)
    ? ['names a registry or a token']
    : [];
  return [...missing.map((line) => `.npmrc: ${line} is missing`), ...forbidden.map((what) => `.npmrc: ${what}`)];
}

/** The steps of a workflow, each with the lines that belong to it. */
function stepsOf(text) {
  return text.split(/^(?=\s*- )/m).filter((step) => /^\s*- /.test(step));
}

function usesProblems(step) {
  const uses = /^\s*(?:- )?uses:\s*(\S+)(.*)$/m.exec(step);
  if (uses === null || uses[1].startsWith('./')) return [];
  const [, action, comment] = uses;
  const problems = [];
  if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(action)) problems.push(`${action}: pin it by its full SHA`);
  if (!/^ # v\d+\.\d+\.\d+$/.test(comment)) problems.push(`${action}: say its version behind it, as in # v1.2.3`);
  if (action.startsWith('actions/checkout@') && !/^\s*persist-credentials: false$/m.test(step))
    problems.push('actions/checkout: set persist-credentials: false');
  return problems;
}

function permissionProblems(text) {
  const problems = /^permissions:\n {2}contents: read\n(?! )/m.test(text)
    ? []
    : ['begin with permissions: contents: read, and nothing more'];
  const mayWrite = text.includes(MAY_WRITE.action);
  for (const [, name] of text.matchAll(/^\s+([\w-]+): write\b/gm))
    if (!(mayWrite && name === MAY_WRITE.permission)) problems.push(`${name}: write is too much`);
  if (/write-all|read-all/.test(text)) problems.push('name each permission');
  return problems;
}

function workflowProblems(name, text) {
  const problems = [...permissionProblems(text), ...stepsOf(text).flatMap(usesProblems)];
  if (/^\s*(pull_request_target|workflow_run):/m.test(text))
    problems.push('a foreign branch would run with its secrets');
  // What a title or a branch name says would become a part of the command.
  if (/^\s*(- )?run:.*\$\{\{\s*(github\.(event|head_ref)|inputs)/m.test(text))
    problems.push('hand it to the command by env, not inside of it');
  if (/\bnpm (i|install)\b/.test(text)) problems.push('install with npm ci');
  return problems.map((problem) => `.github/workflows/${name}: ${problem}`);
}

/** Most of what is bad in a new version is found within days. */
const MIN_AGE_DAYS = 7;

function dependabotProblems(text) {
  const kinds = [...text.matchAll(/^ {2}- package-ecosystem: (\S+)$([^]*?)(?=^ {2}- |$(?![^]))/gm)];
  const young = kinds.filter(([, , rest]) => !(Number(/^ +default-days: (\d+)$/m.exec(rest)?.[1]) >= MIN_AGE_DAYS));
  const missing = ['npm', 'github-actions'].filter((wanted) => !kinds.some(([, kind]) => kind === wanted));
  return [
    ...young.map(([, kind]) => `.github/dependabot.yml: ${kind}: set cooldown, default-days: ${MIN_AGE_DAYS} or more`),
    ...missing.map((kind) => `.github/dependabot.yml: ${kind} is missing`),
  ];
}

/** One line for each thing that is wrong in the project in the folder `root`. */
export function supplyProblems(root) {
  const read = (...path) => readFileSync(join(root, ...path), 'utf8');
  const manifest = JSON.parse(read('package.json'));
  const lock = JSON.parse(read('package-lock.json'));
  const workflows = readdirSync(join(root, '.github', 'workflows')).filter((name) => /\.ya?ml$/.test(name));
  return [
    ...manifestProblems(manifest),
    ...lockProblems(lock, manifest),
    ...licenseProblems(lock),
    ...npmrcProblems(read('.npmrc')),
    ...dependabotProblems(read('.github', 'dependabot.yml')),
    ...workflows.flatMap((name) => workflowProblems(name, read('.github', 'workflows', name))),
  ];
}

if (process.argv[1] === import.meta.filename) {
  const problems = supplyProblems(resolve(import.meta.dirname, '..'));
  if (problems.length > 0) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
  }
}
