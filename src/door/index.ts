/** Input is checked here before anything is started or paid. */
export { assertBatch } from './batch-input';
export { parseBatchLines } from './batch';
export { checkChange } from './change';
export { assertTask, checkId, checkTask } from './task';
