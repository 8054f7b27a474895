/** The URLs in a request that upstream, or a tool of it, will fetch. Pure. */
import { parseUrl } from '../network/parse-url';
import { urlProblem } from '../network/url-policy';
import { mayNameSecrets } from '../secrets/places';
import { referenceIn } from '../secrets/reference';
import { at, isFields, type Fields, type Problem } from './problem';

/** What the one who starts something is told by their settings. */
export interface DoorRules {
  /** Hosts that URLs may name although they are private, or have no TLS: `DURABLE_RESPONSES_PRIVATE_HOSTS`. */
  privateHosts?: readonly string[];
}

export interface FetchedUrl {
  field: string;
  text: string;
  /** An image may be in the URL itself. */
  isImage: boolean;
}

const NAMES = ['server_url', 'image_url', 'file_url'];
/** Text of the user, and schemas: a field of such a name is no URL there, or nothing that is fetched. */
const NOT_FETCHED = /^(metadata|text|tools\[\d+\]\.(parameters|output_schema))$/;

/** Every one of them, with its place. A stack and no recursion: not everything that is read here has been measured. */
export function fetchedUrls(request: Fields): FetchedUrl[] {
  const found: FetchedUrl[] = [];
  const open: { value: unknown; place: string; name: string }[] = [{ value: request, place: '', name: '' }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, place, name } = next;
    if (typeof value === 'string') {
      if (NAMES.includes(name)) found.push({ field: place, text: value, isImage: name === 'image_url' });
    } else if (Array.isArray(value)) {
      const items = value.map((item: unknown, i) => ({ value: item, place: `${place}[${i}]`, name: '' }));
      for (const item of items.reverse()) open.push(item);
    } else if (isFields(value) && !NOT_FETCHED.test(place)) {
      // As the chat API has it: {"image_url": {"url": "…"}}.
      const inside = (key: string) => (key === 'url' && name === 'image_url' ? name : key);
      const fields = Object.entries(value).map(([key, v]) => ({ value: v, place: at(place, key), name: inside(key) }));
      for (const field of fields.reverse()) open.push(field);
    }
  }
  return found;
}

/** Whether the image is in the URL itself, and nothing is fetched. */
export const isInline = ({ text, isImage }: FetchedUrl): boolean => isImage && /^data:image\//i.test(text.slice(0, 20));

/** Its value is known to the worker only, which checks it then. */
function isSecret({ field, text }: FetchedUrl): boolean {
  const [name = ''] = /^\w*/.exec(field) ?? [];
  return mayNameSecrets(name) && referenceIn(text)?.prefix === '';
}

function hasUser(text: string): boolean {
  const { username = '', password = '' } = parseUrl(text) ?? {};
  return username !== '' || password !== '';
}

/** The problems of URLs that upstream should not be sent to. */
export function fetchedUrlProblems(request: Fields, { privateHosts = [] }: DoorRules): Problem[] {
  return fetchedUrls(request).flatMap((url): Problem[] => {
    const { field, text } = url;
    if (isInline(url) || isSecret(url)) return [];
    // The check of credentials says so of an MCP server.
    const mayHaveUser = field.endsWith('server_url') && hasUser(text);
    const message = urlProblem(text, { privateHosts, mayHaveUser });
    return message === undefined ? [] : [{ field, message }];
  });
}
