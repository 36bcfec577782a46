import { work } from './work.js';

addEventListener('message', ({ data: { memory, thread } }) => {
  postMessage('ready');
  work(memory, thread, () => postMessage('done'));
});
