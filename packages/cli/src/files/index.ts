/** What reads and writes files, for other commands. */

export { printable } from '@sinkhorn/toolkit/printable';
export { addReading, diameterOf, type InputOptions, number } from '../commands/inputs.js';
export { reachOption } from '../commands/reach.js';
export { InputError } from '../inputError.js';
export { filesOfPoints } from '../readers/filesOfPoints.js';
export type { PointCloud } from '../readers/pointCloud.js';
export { readPoints } from '../readers/readPoints.js';
export { npyContents } from '../writers/npyContents.js';
export { checkOutputs, writeOutputs } from '../writers/outputs.js';
