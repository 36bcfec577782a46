export { estimateErrors } from './estimate.js';
export { errorsOverPoints, improved } from './improve.js';
export { lastStep } from './lastStep.js';
export { weightsError } from './weightsError.js';
