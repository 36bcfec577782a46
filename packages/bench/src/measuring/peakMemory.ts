import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/**
 * The most memory this process has held so far, in MB (resident, 10^6 bytes).
 *
 * On Linux not by `process.resourceUsage()`: its maximum counts what the parent held when it started this process.
 */
export function peakMemory(): number {
  const kilobytes = existsSync(STATUS) && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1];
  return ((kilobytes ? Number(kilobytes) : process.resourceUsage().maxRSS) * 1024) / 1e6;
}
