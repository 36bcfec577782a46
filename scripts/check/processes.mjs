/** What a process and all that it started do: how much processor time they took, and their end. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

/** @typedef {{ pid: number, parent: number, seconds: number }} Process */

/**
 * Every process of the machine, or nothing where the system does not tell (anywhere but on Linux).
 * @returns {Process[]}
 */
function processes() {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'latin1');
        // The name of the program comes first, in parentheses, and may hold anything: proc(5).
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
        // Its own time and that of its children that ended.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        return [{ pid: Number(name), parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND }];
      } catch {
        return []; // It has ended since.
      }
    });
}

/**
 * A process and all that it started.
 * @param {number} pid
 */
function family(pid) {
  const all = processes();
  const members = all.filter((one) => one.pid === pid);
  for (const member of members) members.push(...all.filter(({ parent }) => parent === member.pid));
  return members;
}

/**
 * The processor time that a process and all that it started have taken so far, in seconds; undefined where the system does
 * not tell.
 * @param {number} pid
 */
export function processorSeconds(pid) {
  const members = family(pid);
  return members.length === 0 ? undefined : members.reduce((sum, { seconds }) => sum + seconds, 0);
}

/**
 * Ends a process and all that it started.
 * @param {number} pid
 */
export function killFamily(pid) {
  for (const member of new Set([pid, ...family(pid).map((one) => one.pid)])) {
    try {
      process.kill(member, 'SIGKILL');
    } catch {
      // It has ended since.
    }
  }
}
