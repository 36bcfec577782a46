import { rgb } from 'd3-color';
import { interpolateRgb } from 'd3-interpolate';
import type { Frame, Scales } from './box.js';
import type { Planar } from './projection.js';
import { element } from './svg.js';
import { isVisible } from './visibility.js';

/** How a cloud of points is drawn. */
export interface PointStyle {
  /** Which points, by index. */
  readonly shown: readonly number[];
  readonly scales: Scales;
  /** Radius in pixels of a point of mean weight in the middle of the depth. */
  readonly radius: number;
  readonly colour: (index: number) => string;
  readonly weights?: ArrayLike<number>;
  /** What far points sink into. */
  readonly background: string;
  /** Rings instead of discs. */
  readonly hollow?: boolean;
}

/** Draws points from the farthest to the nearest; far ones are smaller and sink into the background. */
export function drawPoints(cloud: Planar, style: PointStyle): string {
  const { shown, scales, radius, colour, weights, background, hollow } = style;
  const nearness = nearnessOf(cloud);
  const meanWeight = weights ? mean(weights) : 1;
  const order = [...shown].sort((i, j) => cloud.depth[i] - cloud.depth[j]);
  const circles = order.map((i) => {
    const near = nearness(i);
    const size = weights ? Math.min(3, Math.sqrt(weights[i] / (meanWeight || 1))) : 1;
    const paint = hex(interpolateRgb(background, colour(i))(0.15 + 0.85 * near));
    return element('circle', {
      cx: scales.x(cloud.x[i]),
      cy: scales.y(cloud.y[i]),
      r: Math.max(0.4, radius * size * (0.7 + 0.6 * (near - 0.5))),
      ...(hollow ? { stroke: paint } : { fill: paint }),
    });
  });
  return element('g', hollow ? { fill: 'none', 'stroke-width': 1.2 } : {}, ...circles, '');
}

/** A colour in seven characters: a third of what rgb(…) takes in a file of thousands. */
export function hex(colour: string): string {
  return rgb(colour).formatHex();
}

/** 0 for the farthest point, 1 for the nearest, little for one behind others; 0.85 for all where there is no depth. */
export function nearnessOf(cloud: Planar): (index: number) => number {
  let [far, near] = [Infinity, -Infinity];
  for (const value of cloud.depth) {
    far = Math.min(far, value);
    near = Math.max(near, value);
  }
  if (near <= far) return () => 0.85;
  const visible = isVisible(cloud);
  return (i) => (visible(i) ? 0.65 : 0.1) + (visible(i) ? 0.35 : 0.15) * ((cloud.depth[i] - far) / (near - far));
}

/** A radius at which `count` points in the frame touch here and there and do not cover each other. */
export function radiusFor(count: number, frame: Frame): number {
  const spacing = Math.sqrt((frame.width * frame.height) / Math.max(1, count));
  return Math.min(6, Math.max(1.2, spacing * 0.16));
}

/** At most `max` indices of `count`, evenly spread and always the same. */
export function thin(count: number, max: number): number[] {
  const shown = Math.min(count, max);
  return Array.from({ length: shown }, (_, k) => Math.floor((k * count) / shown));
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
