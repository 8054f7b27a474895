/** After the run of a report: its files down, everything upstream deleted. */
import { ActivityFailure } from '@temporalio/workflow';
import type { FoundArtifact } from '../contracts';
import { reportKeys } from '../store/keys';
import { collect, reportCleanup } from './policies';
import { enterPhase, showReport, type Report } from './report-state';

/** Downloads at once: each is held in the worker's memory. */
const DOWNLOADS = 4;

export const reasonOf = (error: unknown): string =>
  error instanceof ActivityFailure ? (error.cause?.message ?? error.message) : String(error);

async function saveAll(report: Report, artifacts: FoundArtifact[]): Promise<void> {
  const { folder } = report.input;
  for (let first = 0; first < artifacts.length; first += DOWNLOADS) {
    const saved = await Promise.all(
      artifacts.slice(first, first + DOWNLOADS).map(async (artifact, i) => {
        const key = reportKeys.artifact(folder, first + i);
        const summary = `save file ${first + i + 1} of ${artifacts.length}`;
        const save = collect.saveArtifact.executeWithOptions({ summary }, [{ artifact, key }]);
        return save.catch(
          (error: unknown) => void report.missing.push(`the file ${artifact.name}: ${reasonOf(error)}`),
        );
      }),
    );
    report.artifacts.push(...saved.filter((one) => one !== undefined));
    showReport(report);
  }
}

/** Saves what the run made before its container expires. What cannot be had is named. */
export async function collectFiles(report: Report, responseId: string, containerId: string): Promise<void> {
  enterPhase(report, 'collecting');
  const { folder, sections } = report.input;
  const answerKey = reportKeys.answer(folder);
  const input = { responseId, answerKey, containerId, sections };
  try {
    const found = await collect.collectReport.executeWithOptions({ summary: 'which files are there' }, [input]);
    report.answerKey = answerKey;
    report.missing.push(...found.missing);
    await saveAll(report, found.artifacts);
  } catch (error) {
    report.missing.push(`the answer and its files: ${reasonOf(error)}`);
  }
}

/** Deletes everything that the report made upstream. Gives what could not be deleted, in words. */
export async function cleanUp(report: Report): Promise<string[]> {
  enterPhase(report, 'cleaning');
  const { mark, fileIds, vectorStoreId, containerId } = report;
  const since = new Date(report.startedAtMs).toISOString();
  const input = { mark, since, fileIds, vectorStoreId, containerId };
  try {
    const { notCleaned } = await reportCleanup.cleanUpReport.executeWithOptions({ summary: 'delete all' }, [input]);
    return notCleaned;
  } catch (error) {
    return [`cleanup did not finish (${reasonOf(error)}); perhaps left: whatever has ${mark} in its name`];
  }
}
