/** What is said to and by the gate in front of an account. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { GateAnswer, GateExchange, GateStatus } from '../contracts';

/** A worker says who has ended and who wants to create; it may repeat it. */
export const exchangeUpdate = defineUpdate<GateAnswer, [GateExchange]>('exchange');

/** How many are in flight and how many wait. */
export const gateStatusQuery = defineQuery<GateStatus>('gateStatus');

/** To a task that waits: it may create now. */
export const permitGrantedSignal = defineSignal('permitGranted');
