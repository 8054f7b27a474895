/** For activities whose argument the store has lost: a failure that no attempt repeats, before anything is done. */
import { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { refuseLost } from '../lost-payload';

export const lostPayloadInterceptors: ActivityInterceptorsFactory = () => ({
  inbound: {
    execute: async (input, next) => {
      refuseLost([...input.args, Context.current().info.heartbeatDetails]);
      return next(input);
    },
  },
});
