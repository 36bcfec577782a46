import type { StartWorker } from './worker.js';

/** Starts a Web Worker; its script is a file of its own, which bundlers find by this very expression. */
export const startWorker: StartWorker = (thread, memory, listener) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./webWorker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => {
      if (data === 'done') listener.done();
      else resolve({ terminate: () => worker.terminate(), hold() {}, letGo() {} });
    };
    worker.onerror = ({ message }) => {
      const reason = `a worker failed: ${message || 'its script could not be loaded'}`;
      reject(new Error(reason));
      listener.failed(reason);
    };
    worker.postMessage({ memory, thread });
  });
