/** Names for files that a run made: theirs are any text. Pure. */

const MAX_NAME_CHARS = 100;

/** What Windows takes for a device, whatever comes after it. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A name that is safe on every system and in every link: letters, digits, `.`, `-` and `_`. */
function safeName(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? '';
  const dot = name.lastIndexOf('.');
  const plain = (part: string) => part.normalize('NFKD').replace(/[^A-Za-z0-9_-]+/g, '_');
  const stem = plain(dot > 0 ? name.slice(0, dot) : name).replace(/^[_-]+|_+$/g, '');
  const extension = dot > 0 ? plain(name.slice(dot + 1)).slice(0, 10) : '';
  const whole = `${stem.slice(0, MAX_NAME_CHARS) || 'file'}${extension ? `.${extension}` : ''}`;
  return DEVICES.test(whole) ? `_${whole}` : whole;
}

/** One name for each, no two alike on a system that takes `A` for `a`. */
export function fileNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = safeName(name);
    const dot = safe.lastIndexOf('.');
    const [stem, extension] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ''];
    let free = safe;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}-${n}${extension}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
