/** The store that the settings name. */
import type { BlobStore } from '.';
import type { StoreConfig } from '../config/store';
import { folderStore } from './folder';
import { loadS3, s3Store } from './s3';

/** @throws UsageError for a bucket, when the package for it is not installed. */
export async function openStore(config: StoreConfig): Promise<BlobStore> {
  if (config.kind === 'folder') return folderStore(config.path);
  // At once and not in the middle of a task.
  await loadS3();
  const { bucket, prefix, pathStyle } = config;
  return s3Store({ bucket, prefix, client: { forcePathStyle: pathStyle } });
}
