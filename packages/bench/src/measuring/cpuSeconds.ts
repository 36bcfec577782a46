import { existsSync, readFileSync } from 'node:fs';

const MAIN = `/proc/self/task/${process.pid}/schedstat`;

/** The seconds of CPU that all threads of this process took so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Those of its main thread alone, which runs JavaScript while others run kernels: known on Linux. */
export const mainThreadSeconds = (): number | null =>
  existsSync(MAIN) ? Number(readFileSync(MAIN, 'utf8').split(' ')[0]) / 1e9 : null;
