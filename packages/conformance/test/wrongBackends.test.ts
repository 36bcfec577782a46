import { readFileSync } from 'node:fs';
import { cpu } from '@sinkhorn/backend-cpu';
import { backendTests, conformanceTests, describeBackend, runConformanceTest } from '@sinkhorn/conformance';
import {
  add,
  type Backend,
  type DeviceArray,
  InvalidOptionError,
  mul,
  type Reduction,
  type ReductionKind,
  reduced,
} from '@sinkhorn/core';
import { describe, expect, it } from 'vitest';
import { quickTests } from '../src/quickTests.js';

/** The cpu backend with another `reduce`, which may use the right one. */
const withReduce = (change: (reduction: Reduction, backend: Backend) => readonly DeviceArray[]) => (): Backend => {
  const backend = cpu();
  return { ...backend, reduce: (reduction) => change(reduction, backend) };
};

/** One that makes something else of the reductions of a kind. */
const wrong = (kind: ReductionKind, change: (reduction: Reduction) => Reduction) =>
  withReduce((reduction, backend) => backend.reduce(reduction.kind === kind ? change(reduction) : reduction));

const sizeOf = ({ value }: Reduction) => value?.size ?? 1;

const noisy = withReduce((reduction, backend) => {
  const finish = add(reduction.finish ?? reduced(sizeOf(reduction)), 1e-13 * Math.random());
  return backend.reduce({ ...reduction, finish });
});

/** Columns in reverse: what is left of ties then is the last one. */
const lastOfTies = withReduce((reduction, backend) => {
  const results = backend.reduce(reduction);
  if (reduction.kind !== 'min' || reduction.blocks || !backend.readSync) return results;
  const { readSync } = backend;
  const columns = Object.fromEntries(
    Object.entries(reduction.columns).map(([name, array]) => {
      const [count, size] = array.shape.slice(-2);
      const values = readSync(array);
      const mirrored = (index: number) => {
        const column = Math.floor(index / size);
        const batchStart = column - (column % count);
        return (batchStart + count - 1 - (column % count)) * size + (index % size);
      };
      return [
        name,
        backend.array(
          values.map((_, index) => values[mirrored(index)]),
          array.shape,
        ),
      ];
    }),
  );
  const [main, index] = backend.reduce({ ...reduction, columns });
  const last = Math.max(1, ...Object.values(reduction.columns).map(({ shape }) => shape[shape.length - 2])) - 1;
  return [
    main,
    backend.array(
      readSync(index).map((at) => last - at),
      index.shape,
    ),
  ];
});

/** Of equal columns the one in the block that is listed first: each block listed is a reduction of its own. */
const firstVisited = withReduce((reduction, backend) => {
  const { blocks } = reduction;
  const { readSync } = backend;
  if (reduction.kind !== 'min' || !blocks || !readSync || blocks.rowStarts.length < 3) return backend.reduce(reduction);
  const [main, index] = backend.reduce(reduction);
  const most = Math.max(...blocks.rowStarts.slice(1).map((_, r) => blocks.offsets[r + 1] - blocks.offsets[r]));
  const found = readSync(index).fill(-1);
  const least = readSync(main);
  for (let k = 0; k < most; k++) {
    const lists = Array.from(blocks.offsets.slice(1), (end, r) =>
      [...blocks.columnBlocks.slice(blocks.offsets[r] + k, end)].slice(0, 1),
    );
    const offsets = Uint32Array.from([0, ...lists].map((_, r) => lists.slice(0, r).flat().length));
    const one = { ...blocks, offsets, columnBlocks: Uint32Array.from(lists.flat()) };
    const [values, places] = backend.reduce({ ...reduction, blocks: one }).map((array) => readSync(array));
    places.forEach((place, row) => {
      if (found[row] < 0 && values[row] === least[row]) found[row] = place;
    });
  }
  return [main, backend.array(found, index.shape)];
});

/** Every element of a batch gets what the first one gets. */
const firstOfBatch = withReduce((reduction, backend) =>
  backend.reduce(reduction).map((array) => {
    const values = backend.readSync?.(array) ?? new Float64Array();
    const length = values.length / (array.shape.length === 3 ? array.shape[0] : 1);
    return backend.array(
      values.map((_, index) => values[index % length]),
      array.shape,
    );
  }),
);

const changed = (change: Partial<Backend>) => (): Backend => ({ ...cpu(), ...change });

const WRONG: Readonly<Record<string, { make: () => Backend; fails: readonly string[] }>> = {
  'log-sum-exp off by 1e-3': {
    make: wrong('logSumExp', (reduction) => ({ ...reduction, finish: add(reduction.finish ?? reduced(), 1e-3) })),
    fails: [
      'reduce/logSumExp/sizes',
      'formula/random-logSumExp',
      'property/14-duality-gap',
      'reference/schedule-p2-balanced',
      'degenerate/single-point',
    ],
  },
  // The same number everywhere goes out of debiased values that have converged: cross and self potentials have it alike.
  'log-sum-exp off by 1e-3 of itself': {
    make: wrong('logSumExp', (reduction) => ({ ...reduction, finish: mul(reduction.finish ?? reduced(), 1 + 1e-3) })),
    fails: ['property/07-single-points', 'reference/converged-p2-balanced'],
  },
  'log-sum-exp off by one part in a million': {
    make: wrong('logSumExp', (reduction) => ({ ...reduction, finish: mul(reduction.finish ?? reduced(), 1 + 1e-6) })),
    fails: ['reduce/logSumExp/sizes', 'property/07-single-points', 'reference/converged-p1-balanced'],
  },
  'softmax means, and so gradients, of 0': {
    make: wrong('softmaxMean', (reduction) => ({ ...reduction, finish: mul(0, reduced(sizeOf(reduction))) })),
    fails: [
      'reduce/softmaxMean/sizes',
      'property/04-translation',
      'property/09-gradients-sinkhorn',
      'property/09-gradients-hausdorff',
      'reference/hausdorff',
      'losses/plan',
    ],
  },
  'no finish for sums': {
    make: wrong('sum', ({ finish, ...reduction }) => reduction),
    fails: ['reduce/sum/finish', 'property/09-gradients-mmd', 'reference/kernels'],
  },
  'the last of equal minima': { make: lastOfTies, fails: ['reduce/min/ties'] },
  'batches that repeat their first element': {
    make: firstOfBatch,
    fails: ['reduce/sum/batches', 'losses/batches', 'reference/batches', 'property/02-convex-in-each-argument'],
  },
  'blocks that are ignored': {
    make: withReduce(({ blocks, ...reduction }, backend) => backend.reduce(reduction)),
    fails: ['reduce/min/blocks', 'reduce/logSumExp/empty-rows', 'contract/formula-errors'],
  },
  'other bits every time': { make: noisy, fails: ['contract/same-bits', 'losses/same-bits'] },
  'rows left in the order they are in': {
    make: () => {
      const backend = cpu();
      return {
        ...backend,
        permute: (array, order) =>
          backend.array(backend.readSync?.(array).slice(0, order.length) ?? [], [order.length, 1]),
      };
    },
    fails: ['contract/permute', 'contract/permute-in-order'],
  },
  'arrays that outlive their release': { make: changed({ release: () => {} }), fails: ['contract/release'] },
  'a dispose that does nothing': {
    make: changed({ dispose: () => {} }),
    fails: ['contract/dispose', 'losses/lost-device'],
  },
  'uploads that are not copied': {
    make: () => {
      const backend = cpu();
      const sources = new Map<DeviceArray, ArrayLike<number>>();
      return {
        ...backend,
        array(values, shape) {
          const array = backend.array(values, shape);
          sources.set(array, values);
          return array;
        },
        read: async (array) => Float64Array.from(sources.get(array) ?? (await backend.read(array))),
      };
    },
    fails: ['contract/copies'],
  },
  'a backend that is not there': {
    make: () => {
      throw new Error('no such device');
    },
    fails: ['contract/available', 'property/10-energy-distance'],
  },
};

describe('a wrong backend is found out', () => {
  for (const [label, { make, fails }] of Object.entries(WRONG)) {
    it.each(fails)(`${label}: %s`, async (id) => {
      await expect(runConformanceTest(id, make)).rejects.toThrow();
    });
  }
});

describe('a failure says what is wrong', () => {
  const failureOf = async (id: string, make: () => Backend): Promise<string> => {
    const error = await runConformanceTest(id, make).catch((end: unknown) => end);
    return error instanceof Error ? error.message : 'it passes';
  };

  it('the first wrong entry, the kind, the sizes and the formulas of a reduction', async () => {
    const message = await failureOf('reduce/logSumExp/sizes', WRONG['log-sum-exp off by 1e-3'].make);
    expect(message).toMatch(/row 0 is \S+ instead of \S+: off by 0\.00\S+, allowed/);
    expect(message).toMatch(
      /a logSumExp with\n.*rows x \[1,\d+\], s \[1,1\]; columns y \[1,\d+\], w \[1,1\]; parameters {"inverse":/,
    );
    expect(message).toContain('score sub(column w, mul(parameter inverse, sum(square(sub(row x');
  });

  it('a finish that is ignored', async () => {
    expect(await failureOf('reduce/sum/finish', WRONG['no finish for sums'].make)).toMatch(
      /the finish is ignored.*\n.*a sum/,
    );
  });

  it('a tie that is wrong', async () => {
    expect(await failureOf('reduce/min/ties', lastOfTies)).toMatch(/^tie without blocks: .* is 640 instead of 0/);
    expect(await failureOf('reduce/min/ties', firstVisited)).toMatch(
      /^tie in blocks .*dimension 2\[0\] is \d+ instead of 0/,
    );
  });
});

describe('the suite itself', () => {
  it('has a quick part with every kind, every operator and the interface, and without what takes long', () => {
    const ids = quickTests(backendTests).map(({ id }) => id);
    for (const kind of ['logSumExp', 'softmaxMean', 'sum', 'min']) {
      expect(ids).toEqual(
        expect.arrayContaining([`reduce/${kind}/sizes`, `reduce/${kind}/finish`, `reduce/${kind}/empty-rows`]),
      );
      expect(ids).not.toContain(`reduce/${kind}/large-sizes`);
    }
    expect(ids).toEqual(expect.arrayContaining(['reduce/min/ties', 'contract/dispose', 'formula/exp', 'losses/plan']));
    expect(ids.length).toBeGreaterThan(60);
    expect(ids.length).toBeLessThan(backendTests.length);
  });

  it('has a name of its own for every test', () => {
    const ids = conformanceTests.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, title } of conformanceTests) {
      expect(id).toMatch(/^[a-z]+(\/[A-Za-z0-9-]+)+$/);
      expect(title).not.toBe('');
    }
  });

  it('is listed in README.md', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    for (const { id } of conformanceTests) {
      const ofEveryKind = id.replace(/(?<=[/-])(logSumExp|softmaxMean|sum|min)(?=\/|$)/, '<kind>');
      const names = [id, ofEveryKind, id.replace(/^formula\/[a-z]+$/, 'formula/<operator>')];
      expect(
        names.some((name) => readme.includes(`\`${name}\``)),
        id,
      ).toBe(true);
    }
  });

  it('knows no other tests', async () => {
    await expect(runConformanceTest('reduce/median', cpu)).rejects.toThrow(InvalidOptionError);
  });

  it('skips only tests that exist, each with a reason', () => {
    const skipping = (test: string, reason: string) => () => describeBackend('cpu', cpu, { skip: [{ test, reason }] });
    expect(skipping('reduce/median', 'there is no median')).toThrow(InvalidOptionError);
    expect(skipping('reduce/min/ties', ' ')).toThrow(InvalidOptionError);
  });

  it('holds a backend to a tolerance of its own', async () => {
    const rough = wrong('logSumExp', (reduction) => ({
      ...reduction,
      finish: mul(reduction.finish ?? reduced(), 1 + 1e-6),
    }));
    await runConformanceTest('reduce/logSumExp/sizes', rough, { tolerance: 1e-2 });
  });
});
