/** What the model is asked for. Pure. */
import type { ReportInput, ResponseRequest } from '../contracts';
import { markedName } from '../names';

function promptOf({ title, sources, sections, instructions }: ReportInput, mark: string): string {
  const files = sources.map(({ name }) => `- ${name} (in the container its name ends with ${markedName(name, mark)})`);
  return [
    `Generate a comprehensive report with the title "${title}" using these data sources:`,
    ...files,
    '',
    'The report should include, each as a section under a heading of its own, in this order:',
    ...sections.map((section, i) => `${i + 1}. ${section}`),
    '',
    'Use web search for current data, code interpreter for data analysis, and file search for what the documents say.',
    'Create detailed visualizations: save each as a PNG file in /mnt/data, and every table that you compute as CSV.',
    'Write Markdown. Show each image where it belongs, as ![caption](sandbox:/mnt/data/NAME.png), and cite what you use.',
    'Name a data source as it is named in the list above. Do not ask questions: nobody can answer them.',
    ...(instructions ? ['', instructions] : []),
  ].join('\n');
}

export interface ReportTools {
  mark: string;
  containerId: string;
  vectorStoreId: string | null;
}

/** The request of the run: web search, code interpreter in the report's container, file search where it can find. */
export function reportRequest(input: ReportInput, tools: ReportTools): ResponseRequest {
  const { mark, containerId, vectorStoreId } = tools;
  return {
    model: input.model,
    input: promptOf(input, mark),
    reasoning: { effort: input.reasoningEffort },
    tools: [
      { type: 'web_search' },
      { type: 'code_interpreter', container: containerId },
      ...(vectorStoreId ? [{ type: 'file_search' as const, vector_store_ids: [vectorStoreId] }] : []),
    ],
    ...(Object.keys(input.metadata).length > 0 ? { metadata: input.metadata } : {}),
  };
}
