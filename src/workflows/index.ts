/** The workflows of this package: add them to your own with `export * from 'durable-responses/workflows'`. */
export { responseBatch } from './batch';
export {
  batchProgressQuery,
  batchResultQuery,
  batchStateQuery,
  cancelBatchSignal,
  pageProgressQuery,
  pauseBatchUpdate,
  resumeBatchUpdate,
  setConcurrencyUpdate,
} from './batch-messages';
export { responseGate } from './gate';
export { exchangeUpdate, gateStatusQuery, permitGrantedSignal } from './gate-messages';
export { cancelTaskSignal, changeTaskUpdate, lookNowSignal, taskResultQuery, taskStatusQuery } from './messages';
export { responseBatchPage } from './page';
export { responseReport } from './report';
export { cancelReportSignal, reportProgressQuery, reportResultQuery } from './report-messages';
export { responseTask } from './task';
