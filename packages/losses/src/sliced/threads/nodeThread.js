import { sliceThread } from '@sinkhorn/core/sliced';

// Not an import: bundlers that take this file along would look for it.
const { parentPort } = process.getBuiltinModule('node:worker_threads');
const answer = sliceThread((message, moved) => parentPort?.postMessage(message, moved));

parentPort?.on('message', answer);
parentPort?.postMessage('ready');
