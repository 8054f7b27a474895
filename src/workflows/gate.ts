/** The gate in front of an account: one workflow for each task queue, since several workers share the limits. */
import {
  ActivityFailure,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { GateAnswer, GateState } from '../contracts';
import { exchangeUpdate, gateStatusQuery, permitGrantedSignal } from './gate-messages';
import { exchange, grant, nextGrantMs, openGate, stateOfGate, type Gate } from './gate-state';
import { gates } from './policies';

/** The server allows 2,000 updates for a run. */
const MAX_UPDATES_PER_RUN = 1_000;

/** A task that was terminated says nothing: whoever is in for so long is asked after. */
const CHECK_AFTER_MS = 30_000;

/** While somebody always says something there is no quiet moment: those who wait then have a check after this time. */
const CHECK_EVERY_MS = 60_000;

/** Asked after at once, those first who were not for the longest time: bounds the activity and its event. */
const MAX_ASKED = 500;

/** Nobody is in and nobody wants to: the next one opens a new gate. */
const IDLE_MS = 60_000;

interface Doorkeeper {
  gate: Gate;
  /** Let in, and not told yet. */
  toTell: string[];
  updates: number;
}

function listen(keeper: Doorkeeper): void {
  const { gate } = keeper;
  setHandler(
    exchangeUpdate,
    (said): GateAnswer => {
      keeper.updates++;
      exchange(gate, said);
      const granted = grant(gate, Date.now());
      const asking = new Set(said.enter.map(({ id }) => id));
      keeper.toTell.push(...granted.filter((id) => !asking.has(id)));
      const times = [...asking].flatMap((id) => {
        const holder = gate.holders.get(id);
        return holder ? [[id, holder.notBeforeMs] as const] : [];
      });
      return { notBeforeMs: Object.fromEntries(times) };
    },
    { description: 'Workers say here whose response has ended and who wants to create one.' },
  );
  const status = () => ({ limits: gate.limits, inFlight: gate.holders.size, waiting: gate.waiting.size });
  setHandler(gateStatusQuery, status, { description: 'Limits, responses in flight, tasks that wait.' });
}

/**
 * Who cannot be told has ended meanwhile: the places go to the next ones, once all are told. A worker that does not have
 * the gate in memory may handle an update before or after what was told just before it (sdk-rust#1146), so nothing changes
 * in a workflow task that has no command.
 */
async function tell({ gate, toTell }: Doorkeeper): Promise<void> {
  if (toTell.length === 0) return;
  const together = patched('freed-together');
  const gone: string[] = [];
  const told = toTell.splice(0).map(async (id) => {
    const sent = getExternalWorkflowHandle(id).signal(permitGrantedSignal);
    await sent.catch(() => void (together ? gone.push(id) : gate.holders.delete(id)));
  });
  await Promise.all(told);
  for (const id of gone) gate.holders.delete(id);
  if (gone.length > 0) toTell.push(...grant(gate, Date.now()));
}

/** Null when nobody could say: whoever is in stays in, and is asked after again. */
async function findEnded(ids: string[]): Promise<string[] | null> {
  try {
    return await gates.findEnded.executeWithOptions({ summary: `ask after ${ids.length} tasks` }, [ids]);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return null;
  }
}

/** Older histories asked in quiet moments only. */
const isDue = ({ waiting, askedMs }: Gate): boolean =>
  waiting.size > 0 && Date.now() - askedMs >= CHECK_EVERY_MS && patched('ask-while-busy');

async function askAfterOld({ gate }: Doorkeeper, busy: boolean): Promise<void> {
  const old = [...gate.holders]
    .filter(([, { checkedMs }]) => Date.now() - checkedMs >= CHECK_AFTER_MS)
    .sort(([, a], [, b]) => a.checkedMs - b.checkedMs)
    .slice(0, MAX_ASKED);
  if (old.length === 0 || (busy && !isDue(gate))) return;
  const ended = await findEnded(old.map(([id]) => id));
  gate.askedMs = Date.now();
  if (!ended) return;
  for (const [, holder] of old) holder.checkedMs = Date.now();
  for (const id of ended) gate.holders.delete(id);
}

/** Until something is to be done; false when nothing was for a while. */
async function wait(keeper: Doorkeeper): Promise<boolean> {
  const { gate, updates } = keeper;
  const at = nextGrantMs(gate);
  const ms = at === null ? (gate.waiting.size > 0 ? CHECK_AFTER_MS : IDLE_MS) : Math.max(1, at - Date.now());
  const happened = () => keeper.toTell.length > 0 || keeper.updates > updates;
  return (
    (await condition(happened, ms, { summary: `${gate.holders.size} in, ${gate.waiting.size} wait` })) || at !== null
  );
}

function show({ limits, holders, waiting }: Gate): void {
  const lines = [
    `**${holders.size}** responses in flight, **${waiting.size}** tasks wait`,
    '',
    `- at once: ${limits.maxInFlight ?? 'no limit'}`,
    `- creates per second: ${limits.maxCreatesPerSecond ?? 'no limit'}`,
  ];
  setCurrentDetails(lines.join('\n'));
}

/**
 * Lets tasks create responses so that the limits of the account hold, however many workers there are: by priority, and
 * among equals so that each tenant or batch has its share. Workers start it, and talk to it for many tasks at once; it
 * ends when nobody needs it. Terminating it forgets who is in flight: the limit may be passed until those have ended.
 */
export async function responseGate(state: GateState): Promise<void> {
  const keeper: Doorkeeper = { gate: openGate(state), toTell: [], updates: 0 };
  const { gate } = keeper;
  listen(keeper);
  for (;;) {
    const busy = await wait(keeper);
    keeper.toTell.push(...grant(gate, Date.now()));
    await tell(keeper);
    await askAfterOld(keeper, busy);
    show(gate);
    if (keeper.toTell.length > 0) continue;
    if (!busy && gate.holders.size + gate.waiting.size === 0) return;
    if (keeper.updates >= MAX_UPDATES_PER_RUN || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof responseGate>(stateOfGate(gate));
  }
}
