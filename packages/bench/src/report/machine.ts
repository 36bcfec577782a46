import { arch, availableParallelism, cpus, totalmem, type } from 'node:os';

/** What a benchmark ran on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** In GB, 10^9 bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

/** This machine. */
export const machine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memory: Math.round(totalmem() / 1e9),
  system: `${type()} ${arch()}`,
  node: process.version,
});
