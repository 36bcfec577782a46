export { sinkhornEngine } from './sinkhornEngine.js';
