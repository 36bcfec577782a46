import { powerCost } from '@sinkhorn/core';
import { workspace } from '@sinkhorn/core/extend';
import { separable } from '@sinkhorn/core/grids';
import { barycenter } from '@sinkhorn/losses/barycenter';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';

export interface BarycenterTimes {
  /** What has mass: two single nodes, or three thin shapes. */
  readonly measures: keyof typeof MEASURES;
  /** Nodes along each of two axes. */
  readonly size: number;
  /** In nodes. */
  readonly blur: number;
  readonly tolerance: number;
  readonly backend: BackendChoice;
}

/** Whether a node has mass, by its coordinates from -1 to 1. */
type Shape = (x: number, y: number) => boolean;

const seven: Shape = (x, y) =>
  (Math.abs(y + 0.65) < 0.12 && Math.abs(x) < 0.5) || (Math.abs(x - 0.2 + y / 2) < 0.12 && Math.abs(y) < 0.7);
const arc: Shape = (x, y) => Math.abs(Math.hypot(x, y) - 0.6) < 0.12 && x > -0.3;
const strokes: Shape = (x, y) =>
  (Math.abs(x + 0.4) < 0.12 && Math.abs(y) < 0.8) || (Math.abs(x - 0.5) < 0.12 && Math.abs(y - 0.2) < 0.4);

const drawn = (shape: Shape, size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, node) =>
    Number(shape((2 * (node % size) + 1) / size - 1, (2 * Math.floor(node / size) + 1) / size - 1)),
  );
const single = (size: number, place: number): Float64Array => {
  const at = Math.round(place * size);
  return Float64Array.from({ length: size * size }, (_, node) => Number(node === at * size + at));
};

const MEASURES = {
  'two single nodes': (size: number) => [0.2, 0.6].map((place) => single(size, place)),
  'three thin shapes': (size: number) => [seven, arc, strokes].map((shape) => drawn(shape, size)),
};

/** Janati's iterations that a barycenter is compared with; each takes two softmins a measure and one more. */
const ITERATIONS = 200;

/** Times a barycenter on a grid beside the softmins of 200 of Janati's iterations, both in float64. */
export const barycenterTimes = ({ measures, size, blur, tolerance, backend: choice }: BarycenterTimes) =>
  onBackend(choice, async (backend) => {
    const grids = MEASURES[measures](size).map((grid) => ({ grid, shape: [size, size], spacing: 1 }));
    const space = workspace(backend);
    const axis = Float64Array.from({ length: size }, (_, k) => k);
    const geometry = separable({ space, cost: powerCost(2), from: [axis, axis], to: [axis, axis] });
    const zeros = space.upload(new Float64Array(size * size), [size * size, 1]);
    const softmins = (count: number) => {
      for (let k = 0; k < count; k++) {
        const found = geometry.softmin({ logWeights: zeros, potential: zeros }, blur ** 2);
        if (k === count - 1) backend.readSync(found);
        space.release(found);
      }
    };
    softmins(1);
    const began = performance.now();
    softmins(ITERATIONS * (2 * grids.length + 1));
    const janati = (performance.now() - began) / 1000;
    space.releaseAll();
    const { value, diagnostics } = await barycenter({ backend, blur, tolerance, normalize: true }).solve(grids, {
      support: 'grid',
    });
    return {
      seconds: diagnostics.milliseconds / 1000,
      janati,
      gap: diagnostics.gap / value,
      evaluations: diagnostics.iterations,
      converged: diagnostics.converged ? 'yes' : 'no',
    };
  });
