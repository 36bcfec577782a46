/** A number from 0 to 1. */
type Draw = () => number;

/** Points of made shapes without a symmetry, but where said: what a registration is to find can be known. */
export const madeShapes: Readonly<Record<string, (draw: Draw) => number[]>> = {
  'closed curve': (draw) => {
    const t = 2 * Math.PI * draw();
    return [
      Math.cos(t) + 0.2 * Math.cos(2 * t) + 0.1 * Math.sin(5 * t),
      0.5 * Math.sin(t) + 0.3 * Math.sin(2 * t) * Math.cos(t),
    ];
  },
  spiral: (draw) => {
    const t = 0.5 + 4 * draw();
    return [(t * Math.cos(2 * t)) / 4, (t * Math.sin(2 * t)) / 4 + 0.1 * t];
  },
  // Half of a disc and a little more: a half turn nearly is one of its symmetries.
  'part of a disc': (draw) => {
    for (;;) {
      const [x, y] = [2 * draw() - 1, 2 * draw() - 1];
      if (x * x + y * y < 1 && !(x > 0.2 && y > 0.1)) return [x, 0.7 * y];
    }
  },
  'uneven sphere': (draw) => {
    const [z, t] = [2 * draw() - 1, 2 * Math.PI * draw()];
    const ring = Math.sqrt(1 - z * z);
    const radius = 1 + 0.3 * Math.cos(3 * t) * ring + 0.25 * z ** 3 + 0.15 * Math.sin(2 * t) * z;
    return [radius * ring * Math.cos(t), 0.8 * radius * ring * Math.sin(t), 0.6 * radius * z];
  },
  'uneven torus': (draw) => {
    const [a, b] = [2 * Math.PI * draw(), 2 * Math.PI * draw()];
    const thickness = 0.3 + 0.1 * Math.sin(a);
    const radius = 1 + 0.3 * Math.cos(a) + thickness * Math.cos(b);
    return [radius * Math.cos(a), 0.8 * radius * Math.sin(a), thickness * Math.sin(b) + 0.2 * Math.cos(2 * a)];
  },
  // A half turn about an axis across it brings it onto itself, but for the widening.
  helix: (draw) => {
    const t = 3 * Math.PI * draw();
    return [Math.cos(t) * (1 + 0.05 * t), Math.sin(t) * (1 + 0.05 * t), 0.25 * t];
  },
  // Half turns nearly are symmetries.
  'skewed box': (draw) => {
    const [face, a, b] = [Math.floor(3 * draw()), draw(), draw()];
    const side = draw() < 0.5 ? 0 : 1;
    const [x, y, z] = face === 0 ? [a, b, side] : face === 1 ? [a, side, b] : [side, a, b];
    return [x, 0.6 * y, 0.35 * z + 0.25 * x * x + 0.1 * y * x];
  },
  'part of a ball': (draw) => {
    for (;;) {
      const [x, y, z] = [2 * draw() - 1, 2 * draw() - 1, 2 * draw() - 1];
      if (x * x + y * y + z * z < 1 && !(x > 0 && y > 0 && z > -0.3)) return [x, 0.8 * y, 0.6 * z];
    }
  },
};
