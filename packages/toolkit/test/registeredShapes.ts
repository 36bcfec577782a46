import { drawsFrom } from '@sinkhorn/core/random';

export const uniform = (seed: number) => {
  const draw = drawsFrom(seed);
  return () => (draw() + 0.5) / 2 ** 32;
};
/** A bent shape without symmetry in 3-D. */
export const shape = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const t = i / count;
    return [2 * t + 0.1 * Math.sin(40 * t), 0.6 * Math.sin(5 * t), 0.8 * t * t + 0.2 * Math.cos(9 * t)];
  });
/** Points drawn from a closed surface without symmetry. */
export const surface = (count: number, seed: number) => {
  const next = uniform(seed);
  return Array.from({ length: count }, () => {
    const [z, angle] = [2 * next() - 1, 2 * Math.PI * next()];
    const [x, y] = [Math.sqrt(1 - z * z) * Math.cos(angle), Math.sqrt(1 - z * z) * Math.sin(angle)];
    const radius = 1 + 0.35 * x + 0.3 * Math.sin(3 * y + 1) + 0.25 * x * z * y + 0.2 * Math.cos(4 * z + x);
    return [radius * x, 0.8 * radius * y, 0.6 * radius * z];
  });
};
/** Points drawn from an ellipsoid, which half turns about three axes bring onto itself. */
export const ellipsoid = (count: number, seed: number) => {
  const next = uniform(seed);
  return Array.from({ length: count }, () => {
    const [z, angle] = [2 * next() - 1, 2 * Math.PI * next()];
    return [Math.sqrt(1 - z * z) * Math.cos(angle), 0.7 * Math.sqrt(1 - z * z) * Math.sin(angle), 0.45 * z];
  });
};
export const rotationAbout = ([x, y, z]: number[], degrees: number) => {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [
    [c + x * x * (1 - c), x * y * (1 - c) - z * s, x * z * (1 - c) + y * s],
    [y * x * (1 - c) + z * s, c + y * y * (1 - c), y * z * (1 - c) - x * s],
    [z * x * (1 - c) - y * s, z * y * (1 - c) + x * s, c + z * z * (1 - c)],
  ];
};
export const turn = (rotation: number[][], points: number[][], shift = [0, 0, 0]) =>
  points.map((point) => rotation.map((row, d) => row.reduce((sum, value, k) => sum + value * point[k], shift[d])));
/** The angle between a rotation that was found and the true one, in degrees. */
export const angleBetween = (found: ArrayLike<number>, truth: number[][]) => {
  let trace = 0;
  for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) trace += found[3 * r + c] * truth[r][c];
  return (Math.acos(Math.min(1, (trace - 1) / 2)) * 180) / Math.PI;
};
