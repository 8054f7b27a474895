/** The fault plan: ordered, seeded rules. The first rule that fits a request decides. */
import { parseFaults, patternOf, type CheckedRule, type Fault, type FaultRule } from './fault-rules';
import { fraction } from './scenarios';

export {
  FaultPlanError,
  parseFaults,
  type Fault,
  type FaultRule,
  type StreamFault,
  type WebhookFault,
} from './fault-rules';

/** What a rule looks at. */
export interface FaultRequest {
  op: string;
  task: string | null;
  /** Whether a fault could show here: nothing can go back to `in_progress` that has not completed. */
  applies?: (fault: Fault) => boolean;
}

function fitsNth(nth: CheckedRule['nth'], count: number): boolean {
  if (nth === undefined) return true;
  if (typeof nth === 'number') return count === nth;
  return count >= nth.from && count <= (nth.to ?? Infinity);
}

class Rule {
  private readonly pattern: RegExp | undefined;
  private readonly counts = new Map<string, number>();
  fired = 0;

  constructor(
    readonly rule: CheckedRule,
    private readonly seed: string,
  ) {
    this.pattern = rule.task === undefined ? undefined : patternOf(rule.task);
  }

  private fits({ op, task, applies }: FaultRequest): boolean {
    if (this.rule.op !== '*' && this.rule.op !== op) return false;
    if (this.pattern && !(task !== null && this.pattern.test(task))) return false;
    return applies?.(this.rule.do) ?? true;
  }

  /** Whether the rule wants this request; counts it if it fits. */
  isDue(request: FaultRequest): boolean {
    if (!this.fits(request)) return false;
    const task = request.task ?? '';
    const count = (this.counts.get(task) ?? 0) + 1;
    this.counts.set(task, count);
    const { nth, times = Infinity, probability = 1 } = this.rule;
    // Chance hangs on task and count and not on who came first, so that the same seed gives the same run.
    return fitsNth(nth, count) && this.fired < times && fraction(`${this.seed}/${task}/${count}`) < probability;
  }
}

export class FaultPlan {
  private readonly rules: Rule[];

  /** @throws FaultPlanError */
  constructor(rules: readonly FaultRule[], seed: number) {
    this.rules = parseFaults(rules).map((rule, i) => new Rule(rule, `${seed}/${i}`));
  }

  /** The fault for a request; every rule that it fits counts it, the first that is due fires. */
  pick(request: FaultRequest): Fault | undefined {
    const due = this.rules.filter((rule) => rule.isDue(request))[0];
    if (due) due.fired++;
    return due?.rule.do;
  }

  /** How often each rule has fired. */
  fired(): number[] {
    return this.rules.map(({ fired }) => fired);
  }

  plan(): CheckedRule[] {
    return this.rules.map(({ rule }) => rule);
  }
}
