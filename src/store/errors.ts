/** What can be wrong with a blob. */

export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError';

  constructor(key: string, place: string) {
    super(`There is no ${key} in ${place}.`);
  }
}

/** A blob was changed, cut or exchanged after it was written. Nothing of it is given to anybody. */
export class DamagedBlobError extends Error {
  override readonly name = 'DamagedBlobError';

  constructor(key: string, place: string, why: string) {
    super(`${key} in ${place} is damaged: ${why}. Put back the copy of a backup, or start it again under another id.`);
  }
}
