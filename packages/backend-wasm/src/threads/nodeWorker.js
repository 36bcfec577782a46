import { parentPort, workerData } from 'node:worker_threads';
import { work } from './work.js';

parentPort?.postMessage('ready');
work(workerData.memory, workerData.thread, () => parentPort?.postMessage('done'));
