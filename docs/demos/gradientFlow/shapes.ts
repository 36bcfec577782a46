/** Shapes of the unit square, evenly covered: the same points for the same count. */
export type Shape = (count: number) => Float64Array;

const golden = Math.PI * (3 - Math.sqrt(5));

export const shapes: Readonly<Record<string, { readonly label: string; readonly points: Shape }>> = {
  disc: {
    label: 'Disc',
    points: (count) => spiralled(count, (share, angle) => polar(0.25, 0.5, 0.18 * Math.sqrt(share), angle)),
  },
  ring: {
    label: 'Ring',
    points: (count) => spiralled(count, (share, angle) => polar(0.72, 0.5, 0.15 + 0.08 * share, angle)),
  },
  moon: {
    label: 'Moon',
    points: (count) =>
      spiralled(count, (share, _angle, k) => polar(0.6, 0.38, 0.22 + 0.08 * ((k * 0.618034) % 1), Math.PI * share)),
  },
  twoBlobs: {
    label: 'Two blobs',
    points: (count) =>
      spiralled(count, (share, angle, k) =>
        polar(0.75, k % 3 ? 0.75 : 0.22, (k % 3 ? 0.15 : 0.1) * Math.sqrt(share), angle),
      ),
  },
  spiral: {
    label: 'Spiral',
    points: (count) =>
      spiralled(count, (share, _angle, k) => {
        const across = (((k * 0.618034) % 1) - 0.5) * 0.05;
        return polar(0.7, 0.5, 0.26 * Math.sqrt(share) + across, 1.75 * Math.PI * Math.sqrt(share) + (k % 2) * Math.PI);
      }),
  },
};

function spiralled(count: number, place: (share: number, angle: number, k: number) => readonly [number, number]) {
  const points = new Float64Array(2 * count);
  for (let k = 0; k < count; k++) points.set(place((k + 0.5) / count, k * golden, k), 2 * k);
  return points;
}

const polar = (x: number, y: number, radius: number, angle: number) =>
  [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;

/** `count` points spread along what was drawn, with a little breadth; one drawn point gives them all in one place. */
export function alongStroke(stroke: readonly (readonly [number, number])[], count: number): Float64Array {
  const lengths = [0];
  for (let k = 1; k < stroke.length; k++) {
    lengths.push(lengths[k - 1] + Math.hypot(stroke[k][0] - stroke[k - 1][0], stroke[k][1] - stroke[k - 1][1]));
  }
  const total = lengths[lengths.length - 1];
  const breadth = total > 0 ? 0.03 : 0;
  const points = new Float64Array(2 * count);
  let segment = 0;
  for (let k = 0; k < count; k++) {
    const at = (total * (k + 0.5)) / count;
    while (segment < stroke.length - 2 && lengths[segment + 1] < at) segment += 1;
    const [from, to] = [stroke[segment], stroke[Math.min(segment + 1, stroke.length - 1)]];
    const span = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    const share = Math.min(1, (at - lengths[segment]) / span);
    const across = (((k * 0.618034) % 1) - 0.5) * breadth;
    points[2 * k] = from[0] + share * (to[0] - from[0]) - (across * (to[1] - from[1])) / span;
    points[2 * k + 1] = from[1] + share * (to[1] - from[1]) + (across * (to[0] - from[0])) / span;
  }
  return points;
}
