/**
 * Pairs of densities on the unit square, drawn after the paper's descriptions: its pictures are not in this repository.
 *
 * @type {Record<string, { title: string, from: Density, to: Density }>}
 * @typedef {(x: number, y: number) => number} Density
 */
export const DENSITIES = {
  moons: {
    title: 'Moons',
    from: (x, y) => inside(ring(x, y, 0.4, 0.42, 0.25, 0.09) && y > 0.42),
    to: (x, y) => inside(ring(x, y, 0.62, 0.5, 0.25, 0.09) && y < 0.5),
  },
  slopes: {
    title: 'Slopes',
    from: (x, y) => inside(x > 0.05 && x < 0.45 && y > 0.1 && y < 0.9) * ((y - 0.1) / 0.8),
    to: (x, y) => inside(x > 0.55 && x < 0.95 && y > 0.1 && y < 0.9) * ((0.9 - y) / 0.8),
  },
  crescents: {
    title: 'Crescents',
    from: (x, y) => crescent(x, y, 0.3, 0.5, 1),
    to: (x, y) => crescent(x, y, 0.7, 0.5, -1),
  },
};

/** @param {boolean} is */
const inside = (is) => (is ? 1 : 0);

/** @type {(x: number, y: number, cx: number, cy: number, radius: number, width: number) => boolean} */
const ring = (x, y, cx, cy, radius, width) => Math.abs(Math.hypot(x - cx, y - cy) - radius) < width / 2;

/**
 * A disc without a second one to its right (side 1) or left (side -1).
 * @type {(x: number, y: number, cx: number, cy: number, side: number) => number}
 */
const crescent = (x, y, cx, cy, side) =>
  inside(Math.hypot(x - cx, y - cy) < 0.25 && Math.hypot(x - cx - side * 0.12, y - cy) > 0.2);
