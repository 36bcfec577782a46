/** What reads files of points, for other commands. */
export { InputError } from '../inputError.js';
export type { PointCloud } from '../readers/pointCloud.js';
export { isReadable, readPoints } from '../readers/readPoints.js';
