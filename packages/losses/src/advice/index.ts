export { advised } from './advised.js';
