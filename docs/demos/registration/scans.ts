import { withBase } from 'vitepress';

export type ScanName = 'bunny' | 'bunny-again' | 'dragon';

/** Points of a scan, of which the first however many cover it evenly. */
export async function loadScan(name: ScanName): Promise<Float64Array> {
  const response = await fetch(withBase(`/scans/${name}.bin`));
  if (!response.ok) throw new Error(`The ${name} could not be loaded: ${response.status} ${response.statusText}.`);
  return Float64Array.from(new Float32Array(await response.arrayBuffer()));
}

export const firstPoints = (scan: Float64Array, count: number) => scan.subarray(0, 3 * count);

/** A rotation about a slanted axis, [3, 3]. */
function rotationBy(degrees: number): readonly number[] {
  const angle = (degrees * Math.PI) / 180;
  const [x, y, z] = [0.36, 0.8, 0.48];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [
    c + x * x * (1 - c),
    x * y * (1 - c) - z * s,
    x * z * (1 - c) + y * s,
    y * x * (1 - c) + z * s,
    c + y * y * (1 - c),
    y * z * (1 - c) - x * s,
    z * x * (1 - c) - y * s,
    z * y * (1 - c) + x * s,
    c + z * z * (1 - c),
  ];
}

const SHIFT = [0.3, -0.15, 0.1];

/** Points turned and shifted. */
export function misplace(points: Float64Array, degrees: number): Float64Array {
  const turn = rotationBy(degrees);
  return points.map((_, k) => {
    const [i, r] = [k - (k % 3), k % 3];
    return turn[3 * r] * points[i] + turn[3 * r + 1] * points[i + 1] + turn[3 * r + 2] * points[i + 2] + SHIFT[r];
  });
}

/** The angle in degrees by which a rotation fails to turn back what was misplaced. */
export function degreesOff(rotation: ArrayLike<number>, degrees: number): number {
  const turn = rotationBy(degrees);
  // The trace of a rotation by an angle is 1 + 2 cos, that of R Q is the sum of R_rc Q_cr.
  let trace = 0;
  for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) trace += rotation[3 * r + c] * turn[3 * c + r];
  return (Math.acos(Math.max(-1, Math.min(1, (trace - 1) / 2))) * 180) / Math.PI;
}
