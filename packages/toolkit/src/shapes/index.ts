export { type Embedding, embedDistances } from './embedDistances.js';
export { type Growth, type GrowthOptions, growth } from './growth.js';
export { type Interpolation, type InterpolationOptions, interpolateShapes } from './interpolateShapes.js';
export { type Matches, type MatchOptions, matchPoints } from './matchPoints.js';
export { type MeanShape, type MeanShapeOptions, meanShape } from './meanShape.js';
export { type Moments, momentsOf } from './momentsOf.js';
export { type PairwiseResult, pairwise } from './pairwise.js';
