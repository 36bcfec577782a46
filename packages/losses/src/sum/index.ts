export { sumEngine } from './sumEngine.js';
