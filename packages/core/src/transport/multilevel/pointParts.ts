export { improved } from './improve.js';
export { lastStep } from './lastStep.js';
