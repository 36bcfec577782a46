import type { EvenNodes } from '../../backend/backend.js';

/** How far nodes may lie from where they are taken to be, as a share of the axis: rounding of coordinates in a frame. */
const ROUNDING = 1e-13;

/** The nodes of an axis as nodes at equal distances; undefined where they are not. */
export function evenNodes(axis: Float64Array): EvenNodes | undefined {
  const known = found.get(axis);
  if (known !== undefined) return known ?? undefined;
  const count = axis.length;
  const first = axis[0];
  const spacing = count > 1 ? (axis[count - 1] - first) / (count - 1) : 1;
  const allowed = ROUNDING * (Math.abs(first) + Math.abs(axis[count - 1]));
  const isEven = spacing > 0 && axis.every((node, k) => Math.abs(node - (first + k * spacing)) <= allowed);
  const nodes = isEven ? { count, first, spacing } : null;
  found.set(axis, nodes);
  return nodes ?? undefined;
}

// An axis is looked at once, and not in every softmin.
const found = new WeakMap<Float64Array, EvenNodes | null>();
