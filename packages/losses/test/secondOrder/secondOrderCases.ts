import { readFileSync } from 'node:fs';

interface Clouds<Numbers> {
  readonly x: Numbers;
  readonly y: Numbers;
}

/** What a cotangent gives back: gradients of its product with an output. */
interface PulledBack<Cotangent> extends Clouds<number[][]> {
  readonly cotangent: Cotangent;
  readonly a: number[];
  readonly b: number[];
  readonly blur: number;
  readonly reach: readonly [number, number] | null;
}

/** A case of the reference, in which potentials are implicit functions of everything else. */
export interface SecondOrderCase extends Clouds<number[][]> {
  readonly name: string;
  readonly p: 1 | 2;
  readonly blur: number;
  readonly reach: readonly [number, number] | null;
  readonly a: number[];
  readonly b: number[];
  readonly barycentricMap: number[][];
  readonly hvp: {
    readonly direction: { readonly points: number[][]; readonly weights: number[] };
    readonly points: number[][];
    readonly weights: number[];
  };
  readonly vjpBarycentric: PulledBack<number[][]>;
  readonly vjpPotentials: PulledBack<{ readonly f: number[]; readonly g: number[] }>;
}

/** The cases of the reference. */
export const secondOrderCases: readonly SecondOrderCase[] = JSON.parse(
  readFileSync(new URL('../reference/second-order.json', import.meta.url), 'utf8'),
).cases;

/** The options and clouds of a case. */
export function problemOf({ p, blur, reach, x, a, y, b }: SecondOrderCase) {
  const cloud = (points: number[][], weights: number[]) => ({
    points: Float64Array.from(points.flat()),
    dimension: points[0].length,
    weights: Float64Array.from(weights),
  });
  return {
    options: { p, blur, ...(reach && { reach: { x: reach[0], y: reach[1] } }) },
    x: cloud(x, a),
    y: cloud(y, b),
  };
}

/** Numbers without their mean, where they are known up to that. */
export function centred(values: ArrayLike<number>, { reach }: Pick<SecondOrderCase, 'reach'>): number[] {
  const list = Array.from(values);
  const mean = reach ? 0 : list.reduce((sum, value) => sum + value, 0) / list.length;
  return list.map((value) => value - mean);
}
