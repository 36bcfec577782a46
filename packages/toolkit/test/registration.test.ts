import { readFileSync } from 'node:fs';
import { wasm } from '@sinkhorn/backend-wasm';
import { describe, expect, it } from 'vitest';
import { type RegistrationStep, registerAffine, registerFreeForm, registerRigid } from '../src/registration/index.js';
import { angleBetween, ellipsoid, rotationAbout, shape, surface, turn, uniform } from './registeredShapes.js';

const backend = await wasm({ threads: 1, precision: 'float64' });
describe('registerRigid', () => {
  it.each([
    [[0.36, 0.8, 0.48], 45],
    [[1, 0, 0], 60],
    [[0, 0, 1], -60],
    [[0, 0.6, 0.8], 165],
  ])('finds a rotation about %j by %d degrees', async (axis, degrees) => {
    const rotation = rotationAbout(axis, degrees);
    const found = await registerRigid(shape(120), turn(rotation, shape(110), [3, -1, 0.5]), { backend });
    expect(angleBetween(found.rotation, rotation)).toBeLessThan(1.5);
    expect(found.degrees).toBeCloseTo(Math.abs(degrees), -1);
    expect(found.scale).toBeCloseTo(1, 12);
    expect(found.matched).toBe(1);
    expect(found.points).toHaveLength(360);
    expect(found.residual).toBeLessThan(0.05);
    expect(found.doubts).toEqual([]);
  });

  it('names another rotation that fits as well, and takes the one that turns least', async () => {
    // Half a turn maps this curve onto itself.
    const same = Array.from({ length: 60 }, (_, i) => [2 * Math.cos((i * Math.PI) / 30), Math.sin((i * Math.PI) / 30)]);
    const target = same.map(([x, y]) => [0.8 * x - 0.6 * y + 5, 0.6 * x + 0.8 * y]);
    const { degrees, doubts } = await registerRigid(same, target, { backend });
    expect(degrees).toBeCloseTo(36.87, 0);
    expect(doubts).toEqual([expect.stringMatching(/^Another rotation, 1(79|80) degrees from this one, fits as well/)]);
  });

  it('leaves 30 % of outliers out by its reach', async () => {
    const next = uniform(3);
    const outliers = Array.from({ length: 52 }, () => [6 * next() - 3, 6 * next() - 3, 6 * next() - 3]);
    const rotation = rotationAbout([0.36, 0.8, 0.48], 60);
    const source = [...shape(120), ...outliers];
    const target = turn(rotation, shape(120), [0.3, -0.2, 0.1]);
    const found = await registerRigid(source, target, { backend, reach: 0.3 });
    expect(angleBetween(found.rotation, rotation)).toBeLessThan(2);
    expect(found.matched).toBeLessThan(0.95);
    const { partners, matched } = await found.correspondences();
    expect(partners).toHaveLength(3 * 172);
    const mean = (from: number, to: number) =>
      matched.slice(from, to).reduce((sum, share) => sum + share, 0) / (to - from);
    expect(mean(0, 120)).toBeGreaterThan(0.7);
    expect(mean(120, 172)).toBeLessThan(0.4);
  });

  it('is not pulled off by outliers of a source of few points', async () => {
    // Two samples of one side of a lumpy torus, 1.13 wide; the last 45 of the 150 points of the source are outliers.
    const data = readFileSync(new URL('fixtures/torusWithOutliers.json', import.meta.url), 'utf8');
    const rows = (flat: number[]) => Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3));
    const { source, target }: { source: number[]; target: number[] } = JSON.parse(data);
    const rotation = rotationAbout([0.36, 0.8, 0.48], 60);
    const found = await registerRigid(rows(source), turn(rotation, rows(target)), { backend, reach: 0.338 });
    const truth = turn(rotation, rows(source).slice(0, 105)).flat();
    const square = truth.reduce((sum, value, k) => sum + (value - found.points[k]) ** 2, 0) / 105;
    // Transport alone left them .15 off.
    expect(Math.sqrt(square)).toBeLessThan(0.05);
    expect(angleBetween(found.rotation, rotation)).toBeLessThan(2);
  });

  it('brings two views of a surface together that share half of it', async () => {
    const rotation = rotationAbout([0.36, 0.8, 0.48], 30);
    const [front, side] = [
      surface(700, 1).filter(([x]) => x > -0.5),
      surface(600, 2).filter(([x, y]) => x > -0.3 && y > -0.35),
    ];
    const found = await registerRigid(front, turn(rotation, side, [0.2, -0.1, 0]), { backend, reach: 0.2 });
    expect(angleBetween(found.rotation, rotation)).toBeLessThan(1);
    expect(found.matched).toBeLessThan(0.95);
  });

  it('says by its residual that a mirror image does not fit', async () => {
    const again = await registerRigid(shape(90), shape(80), { backend });
    expect(again.residual).toBeLessThan(1.2 * again.residualByChance);
    const mirrored = shape(80).map(([x, y, z]) => [-x, y, z]);
    const wrong = await registerRigid(shape(90), mirrored, { backend });
    expect(wrong.residual).toBeGreaterThan(1.5 * wrong.residualByChance);
    expect(again.doubts).toEqual([]);
    expect(wrong.doubts).toContainEqual(expect.stringMatching(/^The source may not lie on the target/));
    const one = await registerRigid(shape(20), [[1, 2, 3]], { backend });
    expect(one.residualByChance).toBe(0);
  });

  it('says where points have near partners, but lie across the surface that these are on', async () => {
    const disc = (seed: number, height: number) => {
      const next = uniform(seed);
      return Array.from({ length: 300 }, () => {
        const [radius, angle] = [Math.sqrt(next()), 2 * Math.PI * next()];
        const [x, y] = [radius * Math.cos(angle), 0.8 * radius * Math.sin(angle) + 0.2 * radius * radius];
        return [x, y, height * Math.sin(9 * x) * Math.sin(9 * y)];
      });
    };
    const rippled = await registerRigid(disc(1, 0.12), disc(2, 0), { backend, reach: 0.3 });
    expect(rippled.residual).toBeLessThan(1.5 * rippled.residualByChance);
    const across = /^The source may lie across the target: its points are 0\.0/;
    expect(rippled.doubts[0]).toMatch(across);
    // Turned over it is the same: that is said of all three.
    for (const height of [0, 0.12]) {
      const { doubts } = await registerRigid(disc(1, height), disc(2, height), { backend, reach: 0.3 });
      expect(doubts.filter((doubt) => across.test(doubt))).toEqual([]);
    }
  });

  it.each([
    ['whole', () => true, () => true],
    ['in views that share a part', ([x]: number[]) => x > -0.3, ([, y]: number[]) => y < 0.3],
  ])('names another rotation of a symmetric surface, %s', async (_, here, there) => {
    const [source, target] = [ellipsoid(300, 1).filter(here), ellipsoid(300, 2).filter(there)];
    const { doubts } = await registerRigid(source, turn(rotationAbout([0.36, 0.8, 0.48], 80), target), { backend });
    expect(doubts).toContainEqual(
      expect.stringMatching(/^Another rotation, 1(79|80) degrees from this one, fits as well/),
    );
  });

  it('finds a part of a surface turned far, without a reach, and one that is denser on a side, and doubts neither', async () => {
    const rotation = rotationAbout([0.36, 0.8, 0.48], 80);
    const target = turn(rotation, surface(350, 1), [1, 0, 0]);
    const part = surface(500, 2).filter(([x]) => x > 0);
    const denser = surface(900, 3).filter(([x], i) => x > 0.1 || i % 4 === 0);
    for (const source of [part, denser]) {
      const found = await registerRigid(source, target, { backend });
      expect(angleBetween(found.rotation, rotation)).toBeLessThan(1.5);
      expect(found.doubts).toEqual([]);
    }
  });

  it('finds a scale where it may, and keeps to 1 where not', async () => {
    const target = shape(100).map((point) => point.map((value) => 1.7 * value));
    expect((await registerRigid(shape(100), target, { backend, scale: true })).scale).toBeCloseTo(1.7, 1);
    expect((await registerRigid(shape(100), target, { backend })).scale).toBeCloseTo(1, 12);
  });

  it('moves other points along', async () => {
    const found = await registerRigid(
      [
        [0, 0],
        [2, 0],
        [0, 1],
      ],
      [
        [5, 5],
        [7, 5],
        [5, 6],
      ],
      { backend },
    );
    const [x, y] = await found.apply([[1, 1]]);
    expect(x).toBeCloseTo(6, 1);
    expect(y).toBeCloseTo(6, 1);
    await expect(found.apply([[1, 2, 3]])).rejects.toThrow(/dimension 3: give points of dimension 2/);
  });

  it('takes one point, points on a line and points that coincide', async () => {
    const one = await registerRigid([[1, 2, 3]], [[4, 4, 4]], { backend });
    for (const value of one.points) expect(value).toBeCloseTo(4, 12);
    expect([...one.rotation]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(one.residual).toBeCloseTo(0, 9);
    const same = await registerRigid(
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 2],
        [2, 2],
      ],
      { backend, reach: 5 },
    );
    for (const value of same.points) expect(value).toBeCloseTo(2, 6);
    const line = await registerRigid(
      [
        [0, 0, 0],
        [1, 0, 0],
        [3, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 1, 0],
        [0, 3, 0],
      ],
      { backend },
    );
    // A quarter of a turn, and none around the line itself.
    const quarter = [0, -1, 0, 1, 0, 0, 0, 0, 1];
    for (const [k, value] of line.rotation.entries()) expect(value).toBeCloseTo(quarter[k], 6);
  });

  it('refuses what it cannot use, and stops at an abort', async () => {
    const points = [
      [0, 0],
      [1, 0],
    ];
    await expect(registerRigid(points, [[1]], { backend })).rejects.toThrow(/dimension/);
    await expect(registerRigid(points, points, {} as never)).rejects.toThrow(/needs a backend/);
    await expect(registerRigid(points, points, { backend, reach: -1 })).rejects.toThrow(/reach is -1/);
    await expect(registerRigid(points, points, { backend, steps: 0 })).rejects.toThrow(/steps is 0/);
    await expect(registerRigid(points, points, { backend, blur: { from: 1, to: 2 } })).rejects.toThrow(/blur falls/);
    const controller = new AbortController();
    const running = registerRigid(shape(100), shape(100), {
      backend,
      signal: controller.signal,
      onProgress: ({ stage }) => stage === 'registering' && controller.abort(),
    });
    await expect(running).rejects.toThrow(/abort/i);
  });
});

describe('coordinates of any size', () => {
  const small = [
    [0, 0],
    [1, 0.2],
    [2, 1.1],
    [0.4, 2],
    [3, 0.3],
  ];
  const times = (factor: number) => small.map(([x, y]) => [x * factor, y * factor]);
  const turned = (factor: number) => times(factor).map(([x, y]) => [0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y]);

  it.each([1e-60, 1e-9, 1e9, 1e60])('finds the same rotation at %d', async (factor) => {
    const { degrees } = await registerRigid(times(factor), turned(factor), { backend });
    expect(degrees).toBeCloseTo(36.87, 1);
  });

  it.each([1e-90, 1e100])('refuses %d', async (factor) => {
    await expect(registerRigid(times(factor), turned(factor), { backend })).rejects.toThrow(/^source.*rescale/);
  });
});

describe('registerAffine', () => {
  it('finds a map that stretches, shears and turns', async () => {
    const matrix = [
      [1.2, 0.3, 0],
      [-0.2, 0.9, 0.1],
      [0, 0.1, 1.1],
    ];
    const found = await registerAffine(shape(120), turn(matrix, shape(100), [1, 2, 3]), { backend });
    expect(found.residual).toBeLessThan(0.05);
    for (const [k, value] of matrix.flat().entries()) expect(Math.abs(found.matrix[k] - value)).toBeLessThan(0.005);
  });

  it('names a half turn of a symmetric surface', async () => {
    const target = turn(rotationAbout([0.36, 0.8, 0.48], 30), ellipsoid(160, 2));
    const { doubts } = await registerAffine(ellipsoid(150, 1), target, { backend });
    expect(doubts).toContainEqual(expect.stringMatching(/^Another rotation fits as well/));
  });

  it('finds a strong stretch, which no rotation comes near', async () => {
    const matrix = [
      [0, -0.5, 0],
      [3, 0, 0.5],
      [0, 0.2, 1],
    ];
    const found = await registerAffine(shape(90), turn(matrix, shape(80), [1, 2, 3]), { backend });
    for (const [k, value] of matrix.flat().entries()) expect(Math.abs(found.matrix[k] - value)).toBeLessThan(0.1);
    expect(found.doubts).toEqual([]);
  });

  it('says where samples do not tell the map', async () => {
    const matrix = turn(rotationAbout([0.6, 0.8, 0], 70), [
      [5, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    // Thick clouds, of which samples differ much.
    const next = uniform(1);
    const normal = () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
    const cloud = () =>
      Array.from({ length: 80 }, () => {
        const [u, v, w] = [normal(), normal(), normal()];
        return [2 * u + 0.4 * u * u, v + 0.3 * u * v, 0.6 * w + 0.2 * v * v];
      });
    const [source, target] = [cloud(), turn(matrix, cloud())];
    const found = await registerAffine(source, target, { backend });
    const wanted = turn(matrix, source).flat();
    const error = Math.sqrt(wanted.reduce((sum, value, k) => sum + (value - found.points[k]) ** 2, 0) / 80);
    const spread = Math.sqrt(target.flat().reduce((sum, value) => sum + value ** 2, 0) / 80);
    expect(error).toBeGreaterThan(0.2 * spread);
    expect(found.doubts.join(' ')).toMatch(/The map may be off by about|Another rotation/);
  });

  it('changes nothing in directions without spread', async () => {
    const flat = Array.from({ length: 20 }, (_, i) => [Math.cos(i), Math.sin(2 * i), 0]);
    const { matrix } = await registerAffine(
      flat,
      flat.map(([x, y, z]) => [1.1 * x, y, z + 2]),
      { backend },
    );
    for (const value of matrix) expect(Math.abs(value)).toBeLessThan(1.2);
  });
});

describe('onStep', () => {
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Math.hypot(...Array.from(a, (value, k) => value - b[k]));

  it('tells where a rigid registration stands, and waits', async () => {
    const source = shape(90);
    const target = turn(rotationAbout([1, 0, 0], 40), source, [1, 0, 0]);
    const steps: RegistrationStep[] = [];
    let waiting = 0;
    await registerRigid(source, target, {
      backend,
      steps: 5,
      onStep: async (step) => {
        expect(waiting++).toBe(0);
        await Promise.resolve();
        waiting--;
        steps.push(step);
      },
    });
    expect(steps.filter(({ stage }) => stage === 'registering').map(({ share }) => share)).toEqual([
      0, 0.2, 0.4, 0.6, 0.8,
    ]);
    expect(steps.at(-1)?.stage).toBe('settling');
    const [first, last] = [steps[0], steps[steps.length - 1]];
    expect(distance(last.points, target.flat())).toBeLessThan(distance(first.points, target.flat()) / 10);
    const { matrix = [], translation = [] } = last.map ?? {};
    const [x, y, z] = source[7];
    for (const r of [0, 1, 2]) {
      const image = matrix[3 * r] * x + matrix[3 * r + 1] * y + matrix[3 * r + 2] * z + translation[r];
      expect(last.points[21 + r]).toBeCloseTo(image, 12);
    }
    expect(last.aims).toHaveLength(last.from.length);
  });

  it('tells where points of a free-form registration stand', async () => {
    const bent = shape(60).map(([x, y, z]) => [x, y + 0.2 * Math.sin(3 * x), z]);
    const left: number[] = [];
    await registerFreeForm(shape(60), bent, {
      backend,
      rigid: false,
      stiffness: 0.8,
      onStep: ({ points }) => void left.push(distance(points, bent.flat())),
    });
    expect(left).toHaveLength(12);
    expect(left[11]).toBeLessThan(left[0] / 2);
  });

  it('is a function', async () => {
    const options = { backend, onStep: 'draw' as unknown as () => void };
    await expect(registerRigid(shape(10), shape(10), options)).rejects.toThrow('onStep is draw: give a function');
  });
});
