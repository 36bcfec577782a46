export { type MedianDistanceOptions, medianDistance } from './medianDistance.js';
