/** Input is checked here before anything is started or paid. */
export { assertBatch, itemChecker, settingsProblems } from './batch-plan';
export { parseBatchLines } from './batch';
export { checkChange } from './change';
export { parsePrices } from './prices';
export { assertTask, checkId, checkTask } from './task';
