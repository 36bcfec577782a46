import { DeviceLostError, runAsync } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkThrows } from '../../support/check.js';
import { countingBackend, PlannedError } from '../../support/countingBackend.js';
import { tasksFor } from './tasks.js';

/** What is under way when the device is lost. */
const LOST_UNDER = 'a solve without debiasing';

/** A call in so many is made to fail, besides the first ones and the last. */
const FAILURES = 6;

/** That losses give back every array they were given, however they end. */
export const arrayTests: readonly ConformanceTest[] = [
  {
    id: 'losses/releases',
    title: 'a computation that ends has released every array it was given',
    async run(subject) {
      for (const { label, start } of await tasksFor(subject)) {
        const backend = countingBackend(subject.backend);
        await runAsync(start(backend));
        check(backend.calls > 0 && backend.held === 0, `${label} leaves ${backend.held} arrays`);
      }
    },
  },
  {
    id: 'losses/releases-when-stopped',
    title: 'a computation that an AbortSignal stops, wherever it stands, has released every array',
    async run(subject) {
      for (const { label, start } of await tasksFor(subject)) {
        for (const stopAt of [1, 2, 5]) {
          const backend = countingBackend(subject.backend);
          const controller = new AbortController();
          let reports = 0;
          const onProgress = () => {
            reports += 1;
            if (reports === stopAt) controller.abort(new PlannedError('stopped'));
          };
          const running = runAsync(start(backend), { signal: controller.signal, onProgress });
          const end = await running.then(
            () => undefined,
            (error: unknown) => error,
          );
          // Short computations report less often, and are through by then.
          const stopped = reports >= stopAt;
          check(stopped ? end instanceof PlannedError : end === undefined, `${label}, stopped at ${stopAt}: ${end}`);
          check(backend.held === 0, `${label}, stopped at report ${stopAt}, leaves ${backend.held} arrays`);
        }
      }
    },
  },
  {
    id: 'losses/releases-on-errors',
    title: 'a computation under which the backend fails passes the error on, and has released every array',
    async run(subject) {
      for (const { label, start } of await tasksFor(subject)) {
        const counted = countingBackend(subject.backend);
        await runAsync(start(counted));
        const spread = Array.from({ length: FAILURES }, (_, k) => Math.ceil(((k + 1) * counted.calls) / FAILURES));
        for (const failAt of new Set([1, 2, 3, ...spread])) {
          const backend = countingBackend(subject.backend, failAt);
          await checkThrows(`${label}, call ${failAt} failing`, PlannedError, () => runAsync(start(backend)));
          check(backend.held === 0, `${label}, call ${failAt} failing, leaves ${backend.held} arrays`);
        }
      }
    },
  },
  {
    id: 'losses/lost-device',
    title: 'a backend that is disposed of under a computation ends it with a DeviceLostError',
    async run(subject) {
      // On a backend of its own, which compiles everything anew. Errors under the other tasks: 'losses/releases-on-errors'.
      const task = (await tasksFor(subject)).find(({ label }) => label === LOST_UNDER);
      const backend = await subject.open();
      let disposed = false;
      const onProgress = () => {
        if (!disposed) backend.dispose();
        disposed = true;
      };
      await checkThrows(LOST_UNDER, DeviceLostError, () => task && runAsync(task.start(backend), { onProgress }));
      check(disposed, `${LOST_UNDER}: it told no progress`);
    },
  },
];
