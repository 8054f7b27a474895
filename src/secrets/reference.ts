/** `secret://NAME`: how it is written. Pure. */

/** It is the name of a variable or of a file: nothing that leads out of a folder, or to what is hidden in it. */
const NAME = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const REFERENCE = new RegExp(`^([A-Za-z][A-Za-z0-9-]{0,30} )?secret://(${NAME})$`);

export interface SecretReference {
  /** What stands before the value, with a space: the scheme of an `Authorization` header. Else empty. */
  prefix: string;
  name: string;
}

/** Undefined unless the whole text is a reference, alone or behind one word: `secret://NAME`, `Bearer secret://NAME`. */
export function referenceIn(text: string): SecretReference | undefined {
  const [, prefix = '', name] = REFERENCE.exec(text) ?? [];
  return name === undefined ? undefined : { prefix, name };
}

export const isReference = (value: unknown): boolean => typeof value === 'string' && referenceIn(value) !== undefined;
