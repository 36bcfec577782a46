import type { StartThread } from './startThread.js';

/** Starts a Web Worker; its script is a file of its own, which bundlers find by this very expression. */
export const startThread: StartThread = (listener) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./webThread.js', import.meta.url), { type: 'module' });
    worker.onmessage = () => {
      worker.onmessage = ({ data }) => listener.answered(data);
      resolve({
        post: (message) => worker.postMessage(message),
        terminate: () => worker.terminate(),
        hold() {},
        letGo() {},
      });
    };
    worker.onerror = ({ message }) => {
      reject(new Error(message || 'its script could not be loaded'));
      listener.ended();
    };
  });
