import { withBase } from 'vitepress';
import { moveBy, type Pose } from '../../solver/tasks/rigidFit';

export type ScanName = 'bunny' | 'bunny-again' | 'dragon';

/** Points of a scan, of which the first however many cover it evenly. */
export async function loadScan(name: ScanName): Promise<Float64Array> {
  const response = await fetch(withBase(`/scans/${name}.bin`));
  if (!response.ok) throw new Error(`The ${name} could not be loaded: ${response.status} ${response.statusText}.`);
  return Float64Array.from(new Float32Array(await response.arrayBuffer()));
}

export const firstPoints = (scan: Float64Array, count: number) => scan.subarray(0, 3 * count);

/** A rotation about a slanted axis, and a shift. */
export function misplacement(degrees: number): Pose {
  const angle = (degrees * Math.PI) / 180;
  const [x, y, z] = [0.36, 0.8, 0.48];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const rotation = [
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
  return { rotation, shift: [0.3, -0.15, 0.1] };
}

export const misplace = (points: Float64Array, degrees: number) => moveBy(misplacement(degrees), points);
