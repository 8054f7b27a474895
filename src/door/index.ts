/** Input is checked here before anything is started or paid. */
export { assertBatch, itemChecker, settingsProblems } from './batch-plan';
export { parseBatchLines, type ParsedBatch } from './batch';
export { checkChange } from './change';
export { parseBatchCsv } from './csv';
export type { LineDefaults } from './line';
export { parsePrices } from './prices';
export { assertReport, sourceName } from './report';
export { assertTask, checkId, checkTask } from './task';
export type { DoorRules } from './urls';
