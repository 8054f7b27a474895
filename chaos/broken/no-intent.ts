/** A build that is broken on purpose: that a create is about to be sent is told to nobody. */
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { StartHeartbeat } from '../../src/contracts';

const isIntent = (details: unknown): boolean => (details as Partial<StartHeartbeat> | undefined)?.phase === 'sending';

function forget(context: Context): void {
  const { client } = context;
  const beat = context.heartbeat;
  const activity = {
    heartbeat: async (token: Uint8Array, details: unknown) => {
      if (!isIntent(details)) await client.activity.heartbeat(token, details);
    },
  };
  Object.defineProperty(context, 'client', { value: { workflow: client.workflow, activity } });
  Object.defineProperty(context, 'heartbeat', {
    value: (details: unknown) => {
      if (!isIntent(details)) beat(details);
    },
  });
}

export const forgettingActivities: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: (input, next) => {
      forget(context);
      return next(input);
    },
  },
});
