import { type LabColor, lab } from 'd3-color';
import { interpolateLab, piecewise } from 'd3-interpolate';
import { type Box, boxOf } from './box.js';
import type { Planar } from './projection.js';

/** From left to right; from bottom to top every colour grows lighter. Neighbours look alike and far-apart points do not. */
export const leftToRight = piecewise(interpolateLab, ['#19b5fe', '#7b6cff', '#e255c5', '#ff6a55', '#ffc23d']);
const lightnessSpan = 34;

/**
 * Colours positions by where they lie in the box around `reference`.
 *
 * @returns a function of drawn coordinates (x to the right, y up) that gives a CSS colour.
 */
export function positionColour(reference: Planar): (x: number, y: number) => string {
  const box: Box = boxOf([reference]);
  return (x, y) => {
    const colour: LabColor = lab(leftToRight(share(x, box.left, box.right)));
    colour.l += lightnessSpan * (share(y, box.bottom, box.top) - 0.35);
    return colour.formatHex();
  };
}

function share(value: number, low: number, high: number): number {
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
}
