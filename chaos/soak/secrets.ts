/** Words that are in one place each, to be looked for everywhere else. */

export const CANARIES = {
  'API key': 'sk-chaos-canary-5d1f',
  'MCP token': 'canarytoken5d1f',
  prompt: 'canaryprompt5d1f',
} as const;

/** The name of the secret that tasks write in place of the token. */
export const TOKEN_NAME = 'CHAOS_MCP_TOKEN';

/** The emulator's answers quote the first words of a prompt; its canary stands far behind them. */
export const promptOf = (words: string): string =>
  `${words} one two three four five six seven eight nine ten eleven twelve ${CANARIES.prompt}`;
