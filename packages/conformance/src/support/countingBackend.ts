import type { Backend, DeviceArray } from '@sinkhorn/core';

/** A backend that passes everything on to another one and knows which of the arrays it gave out are still held. */
export interface CountingBackend extends Backend {
  /** How many arrays were given out and not released. */
  readonly held: number;
  /** How many calls of `array`, `reduce` and `read` there were. */
  readonly calls: number;
}

/** What is thrown in place of a call. */
export class PlannedError extends Error {}

/** Counts arrays; with `failAt`, the call of that number throws a PlannedError, and the ones after it go through. */
export function countingBackend(backend: Backend, failAt?: number): CountingBackend {
  const held = new Set<DeviceArray>();
  let calls = 0;
  const count = () => {
    calls += 1;
    if (calls === failAt) throw new PlannedError(`call ${calls} was made to fail`);
  };
  const hold = (array: DeviceArray) => {
    held.add(array);
    return array;
  };
  return {
    name: backend.name,
    precision: backend.precision,
    get held() {
      return held.size;
    },
    get calls() {
      return calls;
    },
    array(values, shape) {
      count();
      return hold(backend.array(values, shape));
    },
    reduce(reduction) {
      count();
      return backend.reduce(reduction).map(hold);
    },
    async read(array) {
      count();
      return backend.read(array);
    },
    release(array) {
      held.delete(array);
      backend.release(array);
    },
    dispose: () => backend.dispose(),
  };
}
