/** Where responses are created: the API when there is a key, else the emulator. */
import type { Config } from '../config';
import type { UpstreamOptions } from './openai';

/** Whether this configuration spends real money: without a key and an address it is the emulator's turn. */
export function needsEmulator({ openai }: Pick<Config, 'openai'>): boolean {
  return openai.apiKey === undefined && openai.baseUrl === undefined;
}

/** @param emulatorUrl The running emulator, used when no key and no address are configured. */
export function upstreamOptions(
  { openai, network }: Pick<Config, 'openai' | 'network'>,
  emulatorUrl?: string,
): UpstreamOptions {
  const { apiKey = 'sk-emulator', baseUrl, organization, project } = openai;
  const address = baseUrl ?? (openai.apiKey === undefined ? emulatorUrl : undefined);
  return { apiKey, baseURL: address, organization, project, ...network };
}
