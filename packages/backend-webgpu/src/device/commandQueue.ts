import type { Failures } from './failures.js';
import type { Step, Work } from './steps.js';
import { submission } from './submission.js';
import { workBudget } from './workBudget.js';

/**
 * Work for the device, done in order. It is handed over in submissions of about a tenth of a second at most, and not more
 * than two ahead of the device: what waits here can still be dropped, and the device does other things in between.
 */
export interface CommandQueue {
  add(work: Work): void;
  /** Takes back work that did not begin, and says why. */
  cancel(work: Work, reason: unknown): void;
  /** Writes to a buffer, after all that was added before; `target` is the array that it makes, if any. */
  write(target: object | undefined, buffer: GPUBuffer, values: Float32Array | Uint32Array): void;
  /** Destroys a buffer, after all that was added before. */
  destroyBuffer(buffer: GPUBuffer): void;
  /** Resolves when little is left that waits for the device. */
  drain(): Promise<void>;
  /** Whether work that uses a buffer may not have been submitted yet. */
  uses(buffer: GPUBuffer): boolean;
  /** Submits everything now, however long it takes the device. */
  flush(): void;
  /** Goes on, as something that was waited for is there. */
  resume(): void;
  /** Says that an array was released: what computes it alone need not be done. */
  released(): void;
  /** Drops everything. */
  abandon(error: unknown): void;
  dispose(): void;
}

/** Submissions that the device may have before it, in terms of what one may take. */
const AHEAD = 2;
/** Work that may wait where the device is told to be near its end: the softmins of an iteration. */
const FEW = 4;
/** A submission with less room than this part of all goes to the device as it is. */
const LEAST_ROOM = 1 / 4;

/** @param isHeld whether somebody may still look at what work writes */
export function commandQueue(device: GPUDevice, failures: Failures, isHeld: (target: object) => boolean): CommandQueue {
  const budget = workBudget();
  const current = submission(device, failures);
  let pending: Work[] = [];
  /** Those of the first work that waits, and the step that there was no room for. */
  let steps: Iterator<Step, void> | undefined;
  let next: Step | undefined;
  let inFlight = 0;
  let lastDone = 0;
  let someReleased = false;
  let waiting: (() => void)[] = [];

  /** Submits what was collected, unless the device has enough to do. */
  const submit = (now: boolean): boolean => {
    if (current.isEmpty) return true;
    const { operations } = current;
    if (!now && inFlight > 0 && inFlight + operations > AHEAD * budget.operations) return false;
    current.submit();
    const began = performance.now();
    inFlight += operations;
    device.queue.onSubmittedWorkDone().then(
      () => {
        inFlight -= operations;
        const done = performance.now();
        budget.learn(operations, done - Math.max(began, lastDone));
        lastDone = done;
        pump(false);
      },
      // A lost device: the failures tell.
      () => {},
    );
    return true;
  };

  const take = (step: Step, now: boolean): boolean => {
    if (step.type === 'host') {
      if (!submit(now)) return false;
      step.act();
      return true;
    }
    if (step.type === 'run') {
      const fits = current.operations === 0 || current.operations + step.operations <= budget.operations;
      if (!(fits && current.hasRoom(step)) && !submit(now)) return false;
    }
    current.add(step);
    return true;
  };

  const room = () => budget.operations - current.operations;

  /** @param now whether nothing is waited for */
  const pump = (now: boolean): void => {
    submitPending(now);
    if (pending.length <= FEW) answer();
  };

  const answer = () => {
    const answered = waiting;
    waiting = [];
    for (const resolve of answered) resolve();
  };

  const submitPending = (now: boolean): void => {
    if (someReleased) dropUnseen();
    while (pending.length > 0) {
      const [work] = pending;
      if (!now && work.kernels.some(({ isReady }) => !isReady())) {
        // The device need not be idle as well.
        submit(false);
        return;
      }
      steps ??= work.steps(room);
      if (!next) {
        if (room() < LEAST_ROOM * budget.operations && !submit(now)) return;
        const step = steps.next();
        if (step.done) {
          pending.shift();
          steps = undefined;
          continue;
        }
        next = step.value;
      }
      if (!take(next, now)) return;
      next = undefined;
    }
  };

  const dropUnseen = () => {
    someReleased = false;
    const needed = new Set<object>();
    const kept = pending.reduceRight<Work[]>((later, work) => {
      if (!work.wanted && !work.writes.some((target) => isHeld(target) || needed.has(target))) return later;
      for (const target of work.reads) needed.add(target);
      later.push(work);
      return later;
    }, []);
    kept.reverse();
    if (kept[0] !== pending[0]) steps = next = undefined;
    pending = kept;
  };

  const later = (act: () => void, target?: object) => {
    add({
      kernels: [],
      reads: [],
      writes: target ? [target] : [],
      wanted: target === undefined,
      *steps() {
        yield { type: 'host', act };
      },
    });
  };
  const add = (work: Work) => {
    pending.push(work);
    pump(false);
  };

  return {
    add,
    cancel(work, reason) {
      const index = pending.indexOf(work);
      if (index < 0) return;
      if (index === 0) steps = next = undefined;
      pending.splice(index, 1);
      work.refuse?.(reason);
    },
    write(target, buffer, values) {
      const act = () => failures.guarded('numbers', () => device.queue.writeBuffer(buffer, 0, values as BufferSource));
      if (pending.length === 0 && !current.uses(buffer)) act();
      else later(act, target);
    },
    destroyBuffer(buffer) {
      if (pending.length === 0 && !current.uses(buffer)) buffer.destroy();
      else later(() => buffer.destroy());
    },
    drain: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (pending.length <= FEW) answer();
      }),
    uses: (buffer) => pending.length > 0 || current.uses(buffer),
    flush() {
      pump(true);
      submit(true);
    },
    resume: () => pump(false),
    released() {
      // Seldom more than what is in the submission at hand: then there is nothing to look through.
      if (pending.length > 0) someReleased = true;
    },
    abandon(error) {
      const dropped = pending;
      pending = [];
      steps = next = undefined;
      current.clear();
      for (const work of dropped) work.refuse?.(error);
      // What failed is told where the device is used next.
      answer();
    },
    dispose: () => current.destroy(),
  };
}
