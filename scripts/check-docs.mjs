/**
 * Checks the documents against the project: relative links and their anchors, snippets, npm scripts, and the variables
 * of `.env.example`. `--write` brings snippets up to date. Exits with 1 and a list when something is wrong.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const SNIPPET = /<!-- snippet: (\S+) -->\n[\s\S]*?<!-- \/snippet -->/g;
/** By these prefixes `src/config.ts` hands variables on to the Temporal SDK, without naming each. */
const PASSED_ON = ['TEMPORAL_'];

const problems = [];
const nameOf = (path) => relative(ROOT, path);
const read = (path) => readFileSync(path, 'utf8');
const withoutFences = (text) => text.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\s*$/gm, '');

function documents() {
  return ['.', 'docs']
    .map((folder) => join(ROOT, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'));
}

/** The anchors that GitHub makes of the headings. */
function anchorsOf(text) {
  const seen = new Map();
  return [...withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

function checkLink(from, link) {
  const [target, anchor] = link.split('#');
  const path = target === '' ? from : resolve(dirname(from), decodeURIComponent(target));
  if (!existsSync(path)) {
    problems.push(`${nameOf(from)}: link to ${link}: no such file`);
  } else if (anchor && statSync(path).isFile() && path.endsWith('.md') && !anchorsOf(read(path)).includes(anchor)) {
    problems.push(`${nameOf(from)}: link to ${link}: no such heading`);
  }
}

function checkLinks(path) {
  const text = withoutFences(read(path)).replace(/`[^`\n]*`/g, '');
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const references = [...text.matchAll(/^\[[^\]]+\]:\s+<?([^\s>]+)>?/gm)];
  for (const [, link] of [...inline, ...references]) {
    if (!/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) checkLink(path, link);
  }
}

function checkSnippets(path, write) {
  const text = read(path);
  const updated = text.replace(SNIPPET, (block, file) => {
    if (!existsSync(join(ROOT, file))) {
      problems.push(`${nameOf(path)}: snippet ${file}: no such file`);
      return block;
    }
    const language = file.split('.').pop();
    const content = read(join(ROOT, file)).trimEnd();
    const wanted = `<!-- snippet: ${file} -->\n\n\`\`\`${language}\n${content}\n\`\`\`\n\n<!-- /snippet -->`;
    if (block !== wanted && !write) {
      problems.push(`${nameOf(path)}: snippet ${file}: differs from the file; run \`npm run docs:check -- --write\``);
    }
    return wanted;
  });
  const opened = text.split('<!-- snippet:').length - 1;
  if (opened !== [...text.matchAll(SNIPPET)].length) problems.push(`${nameOf(path)}: a snippet has no end`);
  if (write && updated !== text) writeFileSync(path, updated);
}

function checkScripts(path, scripts) {
  const text = read(path);
  const named = [...text.matchAll(/\bnpm (?:run (?:-s |--silent )?([a-z][\w:-]*)|(start|test)\b)/g)];
  for (const name of new Set(named.map(([, run, short]) => run ?? short))) {
    if (!Object.hasOwn(scripts, name)) problems.push(`${nameOf(path)}: package.json has no script \`${name}\``);
  }
}

function checkVariables() {
  const schema = /z\.object\(\{([\s\S]*?)^\}\);/m.exec(read(join(ROOT, 'src/config.ts')))?.[1] ?? '';
  const known = [...schema.matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name);
  const listed = [...read(join(ROOT, '.env.example')).matchAll(/^#?\s?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  if (known.length === 0) problems.push('src/config.ts: found no variables in its schema');
  for (const name of known.filter((name) => !listed.includes(name))) problems.push(`.env.example: ${name} is missing`);
  for (const name of listed) {
    const passedOn = PASSED_ON.some((prefix) => name.startsWith(prefix));
    if (!known.includes(name) && !passedOn) problems.push(`.env.example: ${name} is not read by src/config.ts`);
  }
}

const write = process.argv.includes('--write');
const { scripts } = JSON.parse(read(join(ROOT, 'package.json')));
for (const path of documents()) {
  checkSnippets(path, write);
  checkLinks(path);
  checkScripts(path, scripts);
}
checkVariables();
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
