/** Around each test in Node: which one runs is written down, and one that takes too much processor time fails. */
import { aroundEach } from 'vitest';
import { record } from '../../scripts/check/results.mjs';
import { slowness } from '../../scripts/check/slowness.mjs';

/**
 * Processor time that a test may take, in seconds on the reference machine: several times what the longest one takes there.
 * Time that other programs take does not count.
 */
const LIMIT_SECONDS = 60;
const LOOK_EVERY = 500;

aroundEach(async (runTest, { task }) => {
  record({ event: 'started', id: task.id, name: task.fullName, pid: process.pid });
  const limit = LIMIT_SECONDS * slowness();
  const start = process.cpuUsage();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const { user, system } = process.cpuUsage(start);
      const seconds = (user + system) / 1e6;
      if (seconds > limit)
        reject(new Error(`it has taken ${seconds.toFixed(0)} s of processor time: ${limit} are allowed`));
    }, LOOK_EVERY);
  });
  const running = runTest();
  try {
    await Promise.race([running, over]);
  } finally {
    clearInterval(timer);
    // One that goes on after its end has been told before.
    running.catch(() => {});
    // The reporter tells more, a little later: too late where the next test never gives the processor back.
    const state = task.result?.errors?.length ? 'failed' : 'passed';
    record({ event: 'ended', id: task.id, name: task.fullName, state });
  }
});
