import { nodeBuiltin } from '../nodeBuiltin.js';
import type { StartWorker } from './worker.js';

/** Starts a worker as a thread of Node. */
export const startWorker: StartWorker = (thread, memory, listener) =>
  new Promise((resolve, reject) => {
    const threads = nodeBuiltin('node:worker_threads');
    if (!threads) throw new Error('this Node has no process.getBuiltinModule: use Node 20.19 or later');
    const url = new URL('./nodeWorker.js', import.meta.url);
    const worker = new threads.Worker(url, { workerData: { memory, thread }, execArgv: [], env: {} });
    const fail = (reason: string) => {
      reject(new Error(reason));
      listener.failed(reason);
    };
    worker.on('message', (message) => {
      if (message === 'done') {
        listener.done();
        return;
      }
      // From now on it only keeps the process alive while it is waited for.
      worker.unref();
      resolve({
        terminate: () => {
          worker.removeAllListeners();
          void worker.terminate();
        },
        hold: () => worker.ref(),
        letGo: () => worker.unref(),
      });
    });
    worker.on('error', (error) => fail(`a worker failed: ${error.message}`));
    worker.on('exit', (status) => fail(`a worker ended with exit code ${status}`));
  });
