/** Whether the files of a task can reach the model. */
import { isFields, own, type Fields, type Problem } from './problem';

const field = 'files';

/** An `auto` container of the code interpreter: that is what uploaded files are put into. */
const takesFiles = (tool: unknown): boolean => {
  if (!isFields(tool) || own(tool, 'type') !== 'code_interpreter') return false;
  const container = own(tool, 'container');
  return isFields(container) && own(container, 'type') === 'auto';
};

/** A run that is paid and has none of its files would look like a good one. */
export function fileUseProblems(task: Fields, files: unknown): Problem[] {
  if (!Array.isArray(files) || files.length === 0) return [];
  const [request, attach] = [own(task, 'request'), own(task, 'attach')];
  if (attach !== undefined)
    return [{ field, message: 'nothing is sent to a response that exists already; leave them out' }];
  const tools = isFields(request) ? own(request, 'tools') : undefined;
  if (Array.isArray(tools) && tools.some(takesFiles)) return [];
  const tool = '{"type": "code_interpreter", "container": {"type": "auto"}}';
  return [
    { field, message: `no tool of this request would get them; add ${tool} to its tools (--tool code_interpreter)` },
  ];
}
