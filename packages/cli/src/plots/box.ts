import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Planar } from './projection.js';

/** A rectangle of drawn coordinates, y up. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** A rectangle of the picture in pixels, y down. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Scales from drawn coordinates to pixels. */
export interface Scales {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

/** The smallest box around all the points. */
export function boxOf(clouds: readonly Planar[]): Box {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (const { x, y } of clouds) {
    for (let i = 0; i < x.length; i++) {
      box.left = Math.min(box.left, x[i]);
      box.right = Math.max(box.right, x[i]);
      box.bottom = Math.min(box.bottom, y[i]);
      box.top = Math.max(box.top, y[i]);
    }
  }
  return box;
}

/** What rounding leaves between equal coordinates, relative to them, with room for a few operations. */
const ROUNDED = 1e-12;

/** How far apart two ends are; where they are the same but for rounding, a length to show the place by. */
function extent(least: number, most: number): number {
  const size = Math.max(Math.abs(least), Math.abs(most));
  return most - least > ROUNDED * size ? most - least : Math.max(1, size / 1000);
}

/** Beyond this ratio of the sides equal units would leave a thin line of a picture. */
const maxRatio = 6;

/**
 * Fits a box into a frame. One unit has the same length along both axes, unless the box is far too long for that, or
 * has no height at all.
 */
export function fit(box: Box, frame: Frame, margin = 0.06): Scales {
  const width = extent(box.left, box.right);
  const height = extent(box.bottom, box.top);
  const room = 1 - 2 * margin;
  const ratio = width / height / (frame.width / frame.height);
  const equal = Math.min((frame.width * room) / width, (frame.height * room) / height);
  const isStretched = ratio > maxRatio || ratio < 1 / maxRatio;
  const perX = isStretched ? (frame.width * room) / width : equal;
  const perY = isStretched ? (frame.height * room) / height : equal;
  const centreX = (box.left + box.right) / 2;
  const centreY = (box.bottom + box.top) / 2;
  return {
    x: scaleLinear(
      [centreX - frame.width / 2 / perX, centreX + frame.width / 2 / perX],
      [frame.x, frame.x + frame.width],
    ),
    y: scaleLinear(
      [centreY - frame.height / 2 / perY, centreY + frame.height / 2 / perY],
      [frame.y + frame.height, frame.y],
    ),
  };
}
