/** Every operation of the API, by the name that fault rules and the ledger use. */
import type { Answer } from './answer';
import * as containers from './containers';
import * as containerFiles from './container-files';
import type { ApiContext, Request } from './context';
import * as files from './files';
import * as models from './models';
import * as responses from './responses';
import type { Op } from './routes';
import { openStream } from './stream-requests';
import * as vectorStoreFiles from './vector-store-files';
import * as vectorStores from './vector-stores';

type Operation = (context: ApiContext, request: Request, nowMs: number) => Answer;

export const OPERATIONS: Record<Op, Operation> = {
  create: responses.create,
  retrieve: (context, request, nowMs) => responses.retrieve(context, request, nowMs),
  stream: openStream,
  delete: responses.remove,
  cancel: (context, request, nowMs) => responses.cancel(context, request, nowMs),
  input_items: responses.inputItems,
  model_list: models.listModels,
  model_retrieve: models.retrieveModel,
  file_create: files.createFile,
  file_list: files.listFiles,
  file_retrieve: files.retrieveFile,
  file_content: files.fileContent,
  file_delete: files.deleteFile,
  container_create: containers.createContainer,
  container_list: containers.listContainers,
  container_retrieve: containers.retrieveContainer,
  container_delete: containers.deleteContainer,
  container_file_create: containerFiles.createContainerFile,
  container_file_list: containerFiles.listContainerFiles,
  container_file_retrieve: containerFiles.retrieveContainerFile,
  container_file_content: containerFiles.containerFileContent,
  container_file_delete: containerFiles.deleteContainerFile,
  vector_store_create: vectorStores.createVectorStore,
  vector_store_list: vectorStores.listVectorStores,
  vector_store_retrieve: vectorStores.retrieveVectorStore,
  vector_store_update: vectorStores.updateVectorStore,
  vector_store_delete: vectorStores.deleteVectorStore,
  vector_store_file_create: vectorStoreFiles.createVectorStoreFile,
  vector_store_file_list: vectorStoreFiles.listVectorStoreFiles,
  vector_store_file_retrieve: vectorStoreFiles.retrieveVectorStoreFile,
  vector_store_file_delete: vectorStoreFiles.deleteVectorStoreFile,
  vector_store_batch_create: vectorStoreFiles.createVectorStoreBatch,
  vector_store_batch_retrieve: vectorStoreFiles.retrieveVectorStoreBatch,
  vector_store_batch_files: vectorStoreFiles.listVectorStoreBatchFiles,
};
