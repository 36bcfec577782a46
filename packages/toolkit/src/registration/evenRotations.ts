import { identityMap } from './linearMap.js';

/** Turns tried in the plane: every turn is at most 7.5 degrees from one of them. More turns take longer and start closer. */
const IN_PLANE = 24;
/** Rotations tried in space: random ones were at most 55 degrees from one of them. More rotations take longer and start closer. */
const IN_SPACE = 72;
/** The root of 2, and the positive root of x^4 = x + 4 (Alexa 2022). */
const ROOTS = [Math.SQRT2, 1.5337511687552043] as const;

/** Rotations spread evenly over all there are, [D, D] each, the identity first; in more than three dimensions the identity alone. */
export function evenRotations(dimension: number): Float64Array[] {
  const identity = identityMap(dimension).matrix;
  if (dimension === 2) return Array.from({ length: IN_PLANE }, (_, k) => turnOf((2 * Math.PI * k) / IN_PLANE));
  if (dimension === 3) return [identity, ...Array.from({ length: IN_SPACE }, (_, k) => spiral(k))];
  return [identity];
}

const turnOf = (angle: number): Float64Array =>
  Float64Array.of(Math.cos(angle), 0 - Math.sin(angle), Math.sin(angle), Math.cos(angle));

/** A rotation of a spiral over all of them, by its quaternion (super-Fibonacci spirals, Alexa 2022). */
function spiral(k: number): Float64Array {
  const share = (k + 0.5) / IN_SPACE;
  const [inner, outer] = [Math.sqrt(share), Math.sqrt(1 - share)];
  const [a, b] = ROOTS.map((root) => (2 * Math.PI * (k + 0.5)) / root);
  const [x, y, z, w] = [inner * Math.sin(a), inner * Math.cos(a), outer * Math.sin(b), outer * Math.cos(b)];
  return Float64Array.of(
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
  );
}
