export { parametricEngine } from './parametricEngine.js';
