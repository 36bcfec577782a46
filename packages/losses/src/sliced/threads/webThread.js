import { sliceThread } from '@sinkhorn/core/sliced';

const answer = sliceThread((message, moved) => postMessage(message, { transfer: moved }));

addEventListener('message', ({ data }) => answer(data));
postMessage('ready');
