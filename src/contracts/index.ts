/** Every type that crosses a boundary: client, workflow, activity, file. Plain JSON only. */
export * from './batch';
export * from './task';
export * from './visit';
