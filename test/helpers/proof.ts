/** Figures of tests for docs/proof.md: written when `PUBLISH_PROOF=1` is set. */
import { machine, markdown, publish } from '../../bench/page';

const isOn = process.env['PUBLISH_PROOF'] === '1';

export function publishTable(name: string, head: readonly string[], rows: readonly (readonly unknown[])[]): void {
  if (!isOn) return;
  const table = markdown(
    head,
    rows.map((row) => row.map(String)),
  );
  publish(name, `${table}\n\n${machine()}.`);
}
