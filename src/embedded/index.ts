/** Finding and running a Temporal server of our own. */
export { findTemporalCli, findTestServer, type FindOptions, type FoundProgram } from './binaries';
export { holdEmbedded, readEmbedded, type EmbeddedHold, type HoldOptions } from './hold';
export { embeddedFiles, EMBEDDED_NAMESPACE, prepareDataDir, type EmbeddedRecord } from './record';
