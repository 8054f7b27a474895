/** The workflows of this package: add them to your own with `export * from 'durable-responses/workflows'`. */
export { responseBatch } from './batch';
export {
  batchProgressQuery,
  batchResultQuery,
  cancelBatchSignal,
  cancelTaskSignal,
  changeTaskUpdate,
  lookNowSignal,
  taskResultQuery,
  taskStatusQuery,
} from './messages';
export { responseTask } from './task';
