import { work } from './work.js';

// Not an import: bundlers that take this file along would look for it.
const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');

parentPort?.postMessage('ready');
work(workerData.memory, workerData.thread, () => parentPort?.postMessage('done'));
