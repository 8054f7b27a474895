/** Reads the body of an upload. */
import { ApiError } from './errors';

export interface Upload {
  fields: Record<string, string>;
  files: Record<string, { filename: string; content: Buffer }>;
}

const BAD = 'We could not parse the multipart body of your request.';

/** A quoted parameter of a header; clients write a quote in it as `%22` or `\"`. */
function quoted(headers: string, name: string): string | undefined {
  const value = new RegExp(`[; ]${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(headers)?.[1];
  return value?.replace(/%22/g, '"').replace(/\\(.)/g, '$1');
}

function addPart(upload: Upload, part: Buffer): void {
  const end = part.indexOf('\r\n\r\n');
  if (end < 0) throw new ApiError(400, BAD);
  const headers = part.subarray(0, end).toString('utf8');
  const content = part.subarray(end + 4);
  const name = quoted(headers, 'name');
  if (name === undefined) throw new ApiError(400, BAD);
  const filename = quoted(headers, 'filename');
  if (filename === undefined) upload.fields[name] = content.toString('utf8');
  else upload.files[name] = { filename, content: Buffer.from(content) };
}

/** @throws ApiError 400 when the body is no multipart form. */
export function parseMultipart(contentType: string, body: Buffer): Upload {
  const match = /^multipart\/form-data\b.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new ApiError(400, BAD);
  const upload: Upload = { fields: {}, files: {} };
  // The first boundary has no line before it; the rest are found alike when it gets one.
  const bytes = Buffer.concat([Buffer.from('\r\n'), body]);
  const mark = Buffer.from(`\r\n--${boundary}`);
  let from = bytes.indexOf(mark);
  while (from >= 0) {
    const start = from + mark.length;
    if (bytes.subarray(start, start + 2).toString('latin1') === '--') return upload;
    const next = bytes.indexOf(mark, start);
    if (next < 0) break;
    addPart(upload, bytes.subarray(bytes.indexOf('\r\n', start) + 2, next));
    from = next;
  }
  throw new ApiError(400, BAD);
}
