import { cpu } from '@sinkhorn/backend-cpu';
import {
  type Backend,
  combine,
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  InvalidOptionError,
  kernelMmd,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

const backend = cpu();
/** An option as someone without a type checker may give it. */
const wrong = <T>(value: unknown): T => value as T;

const cases: [string, () => unknown, RegExp][] = [
  ['no options', () => sinkhornDivergence(wrong(undefined)), /needs options/],
  ['no backend', () => sinkhornDivergence(wrong({})), /needs a backend/],
  ['a factory for a backend', () => sinkhornDivergence({ backend: wrong<Backend>(cpu) }), /call the factory/],
  ['an unknown option', () => sinkhornDivergence(wrong({ backend, bluur: 1 })), /no option 'bluur'.*blur/],
  ['p = 3', () => sinkhornDivergence({ backend, p: 3 }), /p is 3.*1 or 2/],
  ['blur = 0', () => sinkhornDivergence({ backend, blur: 0 }), /blur is 0.*above 0/],
  ['blur < 0', () => gaussianMmd({ backend, blur: -1 }), /blur is -1.*above 0/],
  ['blur NaN', () => hausdorffDivergence({ backend, blur: Number.NaN }), /blur is NaN/],
  ['blur as text', () => sinkhornDivergence({ backend, blur: wrong('0.1') }), /blur is 0.1.*number/],
  ['blur whose square vanishes', () => sinkhornDivergence({ backend, blur: 1e-200 }), /blur.*range.*rescale/],
  ['reach = 0', () => sinkhornDivergence({ backend, reach: 0 }), /reach is 0/],
  ['reach.y < 0', () => sinkhornDivergence({ backend, reach: { y: -1 } }), /reach\.y is -1/],
  ['reach.z', () => sinkhornDivergence({ backend, reach: wrong({ z: 1 }) }), /side 'z'.*x and y/],
  ['reach without a side', () => sinkhornDivergence({ backend, reach: wrong({}) }), /reach has no side.*\{ x, y \}/],
  ['two reaches for Hausdorff', () => hausdorffDivergence({ backend, reach: wrong({ x: 1 }) }), /reach has two sides/],
  [
    'onInaccurate as text',
    () => sinkhornDivergence({ backend, onInaccurate: wrong('shout') }),
    /onInaccurate is 'shout'.*ignore/,
  ],
  ['accuracy = 0 for Hausdorff', () => hausdorffDivergence({ backend, accuracy: 0 }), /accuracy is 0/],
  ['scaling = 1', () => sinkhornDivergence({ backend, scaling: 1 }), /scaling is 1.*between 0 and 1/],
  ['diameter = 0', () => sinkhornDivergence({ backend, diameter: 0 }), /diameter is 0/],
  ['debias as text', () => sinkhornDivergence({ backend, debias: wrong('no') }), /debias is no/],
  ['tolerance = 0', () => sinkhornDivergence({ backend, tolerance: 0 }), /tolerance is 0/],
  ['tolerance null for Hausdorff', () => hausdorffDivergence({ backend, tolerance: wrong(null) }), /tolerance is null/],
  ['maxIterations = 1.5', () => sinkhornDivergence({ backend, maxIterations: 1.5 }), /maxIterations is 1.5/],
  ['a cost that is no function', () => sinkhornDivergence({ backend, cost: wrong('l2') }), /cost is of type string/],
  ['a cost that is a matrix', () => sinkhornDivergence({ backend, cost: wrong([[0]]) }), /cost is of type object/],
  ['a kernel that is no function', () => kernelMmd({ backend, kernel: wrong(1) }), /kernel is of type number/],
  ['nothing to combine', () => combine([]), /list of losses/],
  ['nothing among what is combined', () => combine([wrong(null)]), /loss of term 0 is no loss/],
  ['a combined thing that is no loss', () => combine([{ loss: wrong({}) }]), /loss of term 0 is no loss/],
  [
    'a combined weight of NaN',
    () => combine([{ loss: energyDistance({ backend }), weight: Number.NaN }]),
    /weight of term 0 is NaN/,
  ],
  ['no features', () => perFeature(energyDistance({ backend }), []), /columns is empty/],
  ['a feature of -1', () => perFeature(energyDistance({ backend }), [0, -1]), /columns\[1\] is -1/],
];

describe('an option that cannot be is refused, by name and with the remedy', () => {
  test.each(cases)('%s', (_name, make, message) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});

describe('a call whose options cannot be is refused', () => {
  const loss = sinkhornDivergence({ backend, blur: 0.1 });
  const target = loss.target([[1, 1]]);
  const [x, y] = [[[0, 0]], [[1, 1]]];
  test.each<[unknown, string]>([
    [null, 'options is null: give an object'],
    [5, 'options is 5: give an object'],
    [{ signal: {} }, 'signal is no AbortSignal'],
    [{ onProgress: 3 }, 'onProgress is 3: give a function'],
  ])('%o', async (options, message) => {
    const given = wrong<undefined>(options);
    const calls: (() => unknown)[] = [
      () => loss.value(x, y, given),
      () => loss.valueAndGradients(x, y, given),
      () => loss.solve(x, y, given),
      () => loss.valueSync(x, y, given),
      () => loss.valueAndGradientsSync(x, y, given),
      () => loss.solveSync(x, y, given),
      () => target.value(x, given),
      () => target.solve(x, given),
    ];
    for (const call of calls) {
      const result = Promise.resolve().then(call);
      await expect(result).rejects.toThrow(InvalidOptionError);
      await expect(result).rejects.toThrow(message);
    }
  });
});

describe('an option that cannot be together with the data is refused', () => {
  const x = [
    [0, 0],
    [1, 2],
  ];
  const y = [
    [3, 1],
    [0.5, 4],
  ];

  test('a cost that is not symmetric, when debiased', () => {
    const loss = sinkhornDivergence({ backend, cost: (u, v) => wrong({ ...squareOfFirst(u), v }) });
    expect(() => loss.valueSync(x, y)).toThrow(InvalidOptionError);
    expect(() => loss.valueSync(x, y)).toThrow(/cost is not symmetric.*debias: false/);
  });

  test('a kernel that is not symmetric', () => {
    const loss = kernelMmd({ backend, kernel: squareOfFirst });
    expect(() => loss.valueSync(x, y)).toThrow(/kernel is not symmetric/);
  });

  test('an option of a call that there is none of', () => {
    const loss = energyDistance({ backend });
    expect(() => loss.valueSync(x, y, wrong({ onProgres: () => {} }))).toThrow(
      /has no option 'onProgres': its options are wrt, start, parameters, signal, onProgress/,
    );
    expect(() => loss.target(y).valueAndGradientsSync(x, wrong({ wrtt: 'x' }))).toThrow(/has no option 'wrtt'/);
  });

  test('wrt of another name', () => {
    const loss = energyDistance({ backend });
    expect(() => loss.valueAndGradientsSync(x, y, { wrt: wrong('z') })).toThrow(/wrt is 'z'.*x, y, both/);
  });

  test('a start of another loss, of other sizes, or without a tolerance', () => {
    const loss = sinkhornDivergence({ backend });
    const start = loss.solveSync(x, y);
    expect(() => loss.solveSync([...x, [1, 1]], y, { start })).toThrow(/start was solved with 2 points in x.*3/);
    expect(() => hausdorffDivergence({ backend }).solveSync(x, y, { start })).toThrow(/no solution of a hausdorff/);
    const schedule = sinkhornDivergence({ backend, tolerance: null });
    expect(() => schedule.solveSync(x, y, { start: schedule.solveSync(x, y) })).toThrow(/start needs a tolerance/);
  });

  test('a feature the clouds do not have', () => {
    expect(() => perFeature(energyDistance({ backend }), [2]).valueSync(x, y)).toThrow(/x has 2 columns.*names 2/);
  });
});

function squareOfFirst(u: Parameters<NonNullable<Parameters<typeof kernelMmd>[0]['kernel']>>[0]) {
  return { type: 'sum', argument: { type: 'unary', operator: 'square', argument: u, size: u.size }, size: 1 } as const;
}
