/** Secrets as files of a folder, as Kubernetes and Docker mount them: the name of a file is that of its secret. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isReference } from './reference';
import { MAX_SECRET_BYTES, SecretError, type SecretProvider } from './values';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
/** What does not pass by itself. */
const BARRED = new Set(['EACCES', 'EPERM', 'EISDIR', 'ELOOP']);

async function contentOf(path: string, name: string): Promise<string> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_SECRET_BYTES) {
      throw new SecretError('secret_unusable', `The secret ${name} has more than ${MAX_SECRET_BYTES} bytes.`);
    }
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * A provider for `createWorker`. Each file is read anew when it is needed, at most 64 KiB; one line end at its end is not a
 * part of the secret. Who may read the files is the matter of whoever mounts them.
 */
export function secretsInFolder(folder: string): SecretProvider {
  return async (name) => {
    // The names of tasks have this form; a provider may be called by anybody.
    if (!isReference(`secret://${name}`)) return undefined;
    try {
      return (await contentOf(join(folder, name), name)).replace(/\r?\n$/, '');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (ABSENT.has(code)) return undefined;
      if (!BARRED.has(code)) throw error;
      throw new SecretError('secret_unusable', `The file of the secret ${name} cannot be read (${code}).`);
    }
  };
}
