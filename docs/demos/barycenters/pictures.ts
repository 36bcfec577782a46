/** Shapes as masses on a grid of N x N nodes: 1 inside, 0 outside. */
export type Picture = (size: number) => Float64Array;

/** The places of nodes from -1 to 1, rows from the top. */
const inside =
  (holds: (x: number, y: number) => boolean): Picture =>
  (size) =>
    Float64Array.from({ length: size * size }, (_, node) => {
      const x = (2 * ((node % size) + 0.5)) / size - 1;
      const y = (2 * (Math.floor(node / size) + 0.5)) / size - 1;
      return holds(x, y) ? 1 : 0;
    });

const near = (x: number, y: number, radius: number) => Math.hypot(x, y) < radius;

/** Distance from a point to the line between two others. */
function toLine(x: number, y: number, [u, v]: readonly number[], [s, t]: readonly number[]): number {
  const along = Math.min(1, Math.max(0, ((x - u) * (s - u) + (y - v) * (t - v)) / ((s - u) ** 2 + (t - v) ** 2)));
  return Math.hypot(x - u - along * (s - u), y - v - along * (t - v));
}

export const pictures: Readonly<Record<string, { readonly label: string; readonly masses: Picture }>> = {
  ring: { label: 'Ring', masses: inside((x, y) => near(x, y, 0.75) && !near(x, y, 0.5)) },
  cross: {
    label: 'Cross',
    masses: inside((x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.16 && Math.max(Math.abs(x), Math.abs(y)) < 0.75),
  },
  discs: {
    label: 'Two discs',
    masses: inside((x, y) => near(x - 0.42, y - 0.38, 0.3) || near(x + 0.42, y + 0.38, 0.3)),
  },
  seven: {
    label: 'Seven',
    masses: inside(
      (x, y) => Math.min(toLine(x, y, [-0.45, -0.65], [0.45, -0.65]), toLine(x, y, [0.45, -0.65], [-0.15, 0.7])) < 0.12,
    ),
  },
  three: {
    label: 'Three',
    masses: inside(
      (x, y) =>
        (x > -0.1 || Math.abs(y) > 0.55) &&
        [-0.36, 0.36].some((centre) => Math.abs(Math.hypot(x, y - centre) - 0.34) < 0.12),
    ),
  },
  heart: {
    label: 'Heart',
    masses: inside((x, y) => {
      const [u, v] = [1.45 * x, 0.2 - 1.45 * y];
      return (u * u + v * v - 0.9) ** 3 < u * u * v * v * v;
    }),
  },
};
