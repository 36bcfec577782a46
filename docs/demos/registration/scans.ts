import { withBase } from 'vitepress';
import { moveBy, type Pose } from '../../solver/tasks/rigidFit';

/** Points of a scan, the most even first: the first `count` of them cover it evenly too. */
export async function loadScan(name: 'bunny' | 'dragon'): Promise<Float64Array> {
  const response = await fetch(withBase(`/scans/${name}.bin`));
  if (!response.ok) throw new Error(`The ${name} could not be loaded: ${response.status} ${response.statusText}.`);
  return Float64Array.from(new Float32Array(await response.arrayBuffer()));
}

/** Every other point of a scan: two scans of one thing never have the same points. */
export function everyOther(points: Float64Array, offset: 0 | 1, count: number): Float64Array {
  const available = Math.floor((points.length / 3 - offset + 1) / 2);
  const taken = Math.max(1, Math.min(count, available));
  const chosen = new Float64Array(3 * taken);
  for (let i = 0; i < taken; i++) {
    const at = 3 * (2 * i + offset);
    chosen.set(points.subarray(at, at + 3), 3 * i);
  }
  return chosen;
}

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
