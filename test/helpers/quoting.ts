/** Requests whose response fails with words that quote the credentials they were sent with. */

/** @param authorization What stands in the tool: a secret, or a reference to one. */
export const quotingRequest = (authorization: string) => ({
  model: 'o3',
  input: 'Look it up.',
  metadata: {
    emulator_scenario: 'failed',
    emulator_queued_seconds: '0',
    emulator_run_seconds: '0',
    emulator_error_message: 'refused {credentials}',
  },
  tools: [{ type: 'mcp' as const, server_label: 's', server_url: 'https://mcp.example.org/', authorization }],
});
