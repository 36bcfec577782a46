export { hausdorffEngine } from './hausdorffEngine.js';
