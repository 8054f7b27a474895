/** What protects payloads in a run of this benchmark. */
import type { DataConverter } from '@temporalio/common';
import { encryptedDataConverter, type EncryptionSetting } from '../../src/security/data-converter';
import { folderStore } from '../../src/store';
import { externalStorage } from '../../src/store/payloads';

export const MODES = ['none', 'encryption', 'encryption and storage'] as const;
export type Mode = (typeof MODES)[number];

/** Anybody's: nothing here is worth hiding. */
const KEY = { id: 'bench', key: Buffer.alloc(32, 7) };

export const encryptionOf = (mode: Mode): EncryptionSetting => (mode === 'none' ? 'off' : { keys: [KEY] });

/** For a base of the package's own: undefined takes its storage away. */
export const storageOf = (mode: Mode, storeDir: string): Pick<DataConverter, 'externalStorage'> => ({
  externalStorage: mode === 'encryption and storage' ? externalStorage(folderStore(storeDir)) : undefined,
});

export const converterOf = (mode: Mode, storeDir: string): DataConverter =>
  encryptedDataConverter(encryptionOf(mode), 'default', storageOf(mode, storeDir));
