/** Every type that crosses a boundary: client, workflow, activity, file. Plain JSON only. */
export * from './batch';
export * from './cost';
export * from './gate';
export * from './page';
export * from './report';
export * from './stream';
export * from './tail';
export * from './task';
export * from './task-progress';
export * from './visit';
export * from './watch';
