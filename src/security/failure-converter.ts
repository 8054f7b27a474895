/**
 * Puts the messages and stack traces of failures into a payload, where the codec encrypts them. Named to the SDK by its
 * path, and part of the workflow bundle: it may import nothing else.
 */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
