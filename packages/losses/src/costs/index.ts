export { cosine } from './cosine.js';
export { type GreatCircleOptions, greatCircle } from './greatCircle.js';
export { huber } from './huber.js';
export { manhattan } from './manhattan.js';
