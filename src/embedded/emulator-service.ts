/** The emulator as a service of the keeper. */

export interface RunningEmulator {
  url: string;
  close(): Promise<void>;
}

export interface EmulatorOptions {
  /** 0 for a free one. */
  port: number;
  stateFile: string;
}

/** Starts the emulator in this process. Loaded only when asked for: a keeper with a real upstream does not need it. */
export async function startEmulatorService(options: EmulatorOptions): Promise<RunningEmulator> {
  const { startEmulator } = await import('../../emulator/index.js');
  return startEmulator(options);
}
