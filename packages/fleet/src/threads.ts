import { Worker } from 'node:worker_threads';
import { InvalidOptionError } from '@sinkhorn/core';
import { errorFrom, errorText, FleetError } from './errors.js';
import { limits } from './limits.js';
import type { Numerics } from './numerics.js';
import type { FromThread, ThreadCall, ToThread } from './threadMessages.js';
import { threadModule } from './threadModule.js';

/** Checks how many threads are asked for. @throws InvalidOptionError where it is no number of them. */
export function checkThreads(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= limits.threads) return;
  throw new InvalidOptionError(`${name} is ${String(count)}: give a whole number from 1 to ${limits.threads}`);
}

/** Threads that compute, so that an event loop is free to keep locks and connections. */
export interface Threads {
  readonly count: number;
  /** What a call gives; it waits for a free thread. */
  run(call: ThreadCall): Promise<readonly Uint8Array[]>;
  /** Fails calls that no thread has begun. */
  cancel(which: (call: ThreadCall) => boolean): void;
  close(): Promise<void>;
}

/** Where threads find bytes. */
export interface Sources {
  blob(hash: string): Promise<Uint8Array>;
  array(name: string): Promise<Uint8Array>;
}

interface Call {
  readonly call: ThreadCall;
  resolve(result: readonly Uint8Array[]): void;
  reject(error: Error): void;
}

/** Starts threads; one that ends in the middle of a call fails it and is replaced. */
export function startThreads(count: number, numerics: Numerics, sources: Sources, module = threadModule.url): Threads {
  const calls: Call[] = [];
  const free: Worker[] = [];
  const all = new Set<Worker>();
  const busy = new Map<Worker, Call>();
  let closed = false;

  const give = () => {
    while (calls.length > 0 && free.length > 0) {
      const call = calls.shift() as Call;
      const worker = free.pop() as Worker;
      busy.set(worker, call);
      worker.ref();
      worker.postMessage({ call: call.call } satisfies ToThread);
    }
  };
  const start = () => {
    const worker = new Worker(module, { workerData: { numerics }, execArgv: [] });
    worker.unref();
    all.add(worker);
    free.push(worker);
    const end = (why: string) => {
      if (!all.delete(worker)) return;
      if (free.includes(worker)) free.splice(free.indexOf(worker), 1);
      const lost = new FleetError('THREAD_LOST', `the thread that computed ended: ${why}`);
      const call = busy.get(worker);
      busy.delete(worker);
      call?.reject(lost);
      if (closed) return;
      // One that ends without work cannot start: others would not either.
      if (call) start();
      else if (all.size === 0) for (const waiting of calls.splice(0)) waiting.reject(lost);
      give();
    };
    worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => end(`it left with status ${code}`));
    worker.on('message', (message: FromThread) => {
      if ('need' in message) {
        const { need, array } = message;
        const send = (answer: ToThread) => worker.postMessage(answer);
        (array ? sources.array(need) : sources.blob(need)).then(
          (bytes) => send({ blob: need, bytes }),
          (error) => send({ blob: need, failed: errorText(error) }),
        );
        return;
      }
      const call = busy.get(worker);
      busy.delete(worker);
      worker.unref();
      free.push(worker);
      if ('done' in message) call?.resolve(message.done);
      else call?.reject(errorFrom(message.failed));
      give();
    });
  };
  for (let k = 0; k < count; k++) start();
  return {
    count,
    run: (call) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new FleetError('CLOSED', 'these threads were closed: start anew'));
        if (all.size === 0) start();
        calls.push({ call, resolve, reject });
        give();
      }),
    cancel(which) {
      for (const call of calls.filter(({ call }) => which(call))) {
        calls.splice(calls.indexOf(call), 1);
        call.reject(new FleetError('CLOSED', 'nobody asks for it any more'));
      }
    },
    async close() {
      closed = true;
      const lost = new FleetError('CLOSED', 'the threads were closed while they computed');
      for (const call of calls.splice(0)) call.reject(lost);
      for (const call of busy.values()) call.reject(lost);
      busy.clear();
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}
