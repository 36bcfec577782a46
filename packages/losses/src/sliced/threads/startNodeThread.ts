import { nodeThreadModule } from './nodeThreadModule.js';
import type { StartThread } from './startThread.js';

/** Starts a thread of Node. */
export const startThread: StartThread = (listener) =>
  new Promise((resolve, reject) => {
    // Not an import: bundlers that make code for pages refuse one of `node:` anywhere.
    const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
    if (!threads) throw new Error('this Node has no process.getBuiltinModule: use Node 20.19 or later');
    const worker = new threads.Worker(nodeThreadModule.url, { execArgv: [], env: {} });
    const ended = (reason: string) => {
      reject(new Error(reason));
      listener.ended();
    };
    worker.once('message', () => {
      worker.on('message', listener.answered);
      resolve({
        post: (message) => worker.postMessage(message),
        terminate: () => {
          worker.removeAllListeners();
          void worker.terminate();
        },
        hold: () => worker.ref(),
        letGo: () => worker.unref(),
      });
    });
    worker.on('error', (error) => ended(error.message));
    worker.on('exit', (status) => ended(`a thread ended with exit code ${status}`));
  });
