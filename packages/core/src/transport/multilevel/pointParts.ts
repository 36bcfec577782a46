export { estimateErrors } from './estimate.js';
export { errorsOverPoints, improved, largerOf } from './improve.js';
export { lastStep } from './lastStep.js';
export { weightsError } from './weightsError.js';
