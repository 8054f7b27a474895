/** Options of these commands. */
import type { Command } from 'commander';

/** Whether an option was given: then the figures are not those of the page. */
export const isChanged = (command: Command): boolean =>
  command.options.some((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
