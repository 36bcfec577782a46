import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { column, exp, neg, row, squaredDistance } from '@sinkhorn/core';
import {
  assemble,
  type FleetError,
  folderStore,
  memoryStore,
  numericsOf,
  openBackend,
  plainLoss,
  planTiles,
  runTile,
  tileId,
} from '@sinkhorn/fleet';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, it } from 'vitest';
import { arrived } from '../src/blobStore.js';
import { sha256 } from '../src/canonical.js';
import { type Cloud, cloudBytes, cloudOf } from '../src/cloudBytes.js';
import { errorFrom, errorText } from '../src/errors.js';
import { formulasOf, nodesOf } from '../src/formulaNodes.js';
import { checkShardJob } from '../src/shardJob.js';
import { checkTile } from '../src/tile.js';
import { resultBytes, resultOf } from '../src/tileResult.js';
import { cloud } from './clouds.js';

const numerics = numericsOf();
const loss = plainLoss({ loss: 'sinkhornDivergence', options: { blur: 0.2 } }, 3);
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as FleetError).code;
  }
  return 'none';
};

describe('tiles', () => {
  const hashes = Array.from({ length: 7 }, (_, k) => sha256(String(k)));

  it('cut a matrix once, by the input alone', () => {
    const plan = planTiles({ numerics, loss, clouds: hashes, symmetric: true, side: 3 });
    const again = planTiles({ numerics, loss, clouds: hashes, symmetric: true, side: 3 });
    expect([...again.tiles.keys()]).toEqual([...plan.tiles.keys()]);
    const places = [...plan.places.values()].flat(2).sort((a, b) => a - b);
    const upper = Array.from({ length: 49 }, (_, k) => k).filter((k) => Math.floor(k / 7) <= k % 7);
    expect(places).toEqual(upper);
    const whole = planTiles({ numerics, loss, clouds: hashes, symmetric: false, side: 3 });
    expect([...whole.places.values()].flat(2)).toHaveLength(49);
  });

  it('have keys by all that decides their numbers', () => {
    const [tile] = planTiles({ numerics, loss, clouds: hashes, symmetric: true }).tiles.values();
    const others = [
      { ...tile, numerics: { ...numerics, version: '0.0.0' } },
      { ...tile, numerics: { ...numerics, precision: 'float64' as const } },
      { ...tile, numerics: { ...numerics, relaxedSimd: true } },
      { ...tile, numerics: { ...numerics, engine: '1.0 x64' } },
      { ...tile, loss: plainLoss({ loss: 'sinkhornDivergence', options: { blur: 0.3 } }, 3) },
      { ...tile, pairs: tile.pairs.slice(1) },
      tile,
    ];
    expect(new Set(others.map(tileId)).size).toBe(others.length);
  });

  it('give what the loss gives, and are put together with each value once', async () => {
    const clouds = [cloud(1, 20), cloud(2, 25), cloud(3, 20), cloud(1, 20)];
    const store = memoryStore();
    const names: string[] = [];
    for (const each of clouds) {
      const bytes = cloudBytes('cloud', each);
      names.push(sha256(bytes));
      await store.put(sha256(bytes), bytes);
    }
    const backend = await openBackend(numerics);
    const plan = planTiles({ numerics, loss, clouds: names, symmetric: true, side: 2 });
    const results = new Map();
    for (const [id, tile] of plan.tiles) {
      const result = await runTile(checkTile(JSON.parse(JSON.stringify(tile)), id, numerics), backend, (hash) =>
        arrived(store, hash),
      );
      results.set(id, resultOf(resultBytes(result)));
    }
    const { values, inaccurate } = assemble(plan, results);
    const own = sinkhornDivergence({ backend, blur: 0.2 });
    for (const [i, x] of clouds.entries()) {
      for (const [j, y] of clouds.entries()) {
        if (i <= j) expect(values[i * 4 + j]).toBeCloseTo((await own.target(y).value(x)) as number, 6);
        expect(values[i * 4 + j]).toBe(values[j * 4 + i]);
      }
    }
    expect(inaccurate).toEqual([]);
    results.delete([...plan.tiles.keys()][0]);
    expect(codeOf(() => assemble(plan, results))).toBe('MISSING_BLOB');
    backend.dispose();
  });

  it('have pairs of the same sizes as batches, and one by one where a batch is not accurate', async () => {
    const backend = await openBackend(numerics);
    const weighted = (seed: number): Cloud => ({
      ...cloud(seed, 20),
      weights: Float32Array.from({ length: 20 }, (_, k) => (k + 1) / 210),
    });
    const clouds: Cloud[] = [cloud(1, 20), cloud(2, 20), cloud(3, 25), weighted(4), weighted(5)];
    const bytes = clouds.map((each) => cloudBytes('cloud', each));
    const pairs = clouds.flatMap((_, j) => clouds.map((_, i) => [i, j] as const));
    const run = (options: object) =>
      runTile(
        {
          kind: 'pairs',
          numerics,
          loss: plainLoss({ loss: 'sinkhornDivergence', options }, 3),
          clouds: bytes.map((each) => sha256(each)),
          pairs,
        },
        backend,
        async (hash) => bytes.find((each) => sha256(each) === hash) as Uint8Array,
      );
    const stack = (k: readonly number[]) => {
      const lists = k.map((index) => clouds[index]);
      const weights = lists.flatMap((each) => [...(each.weights ?? [])]);
      return {
        data: Float32Array.from(lists.flatMap((each) => [...each.points])),
        shape: [k.length, lists[0].points.length / 3, 3],
        ...(weights.length > 0 && { weights: Float32Array.from(weights) }),
      };
    };
    const good = { blur: 0.2 };
    const loss = sinkhornDivergence({ backend, ...good });
    const found = await run(good);
    expect(found.accurate).not.toContain(false);
    const valueAt = (i: number, j: number, { values }: typeof found) => values[j * 5 + i];
    for (const [x, y] of [
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0, 1],
        [2, 2],
      ],
      [
        [3, 4, 3, 4],
        [0, 0, 1, 1],
      ],
      [
        [4, 3],
        [3, 4],
      ],
    ]) {
      const batch = (await loss.target(stack(y)).value(stack(x))) as unknown as Float64Array;
      x.forEach((i, k) => {
        expect(valueAt(i, y[k], found)).toBe(batch[k]);
      });
    }
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 5; j++) {
        const alone = await loss.value(clouds[i], clouds[j]);
        expect(valueAt(i, j, found)).toBeCloseTo(alone, 5);
        if (i === j) expect(valueAt(i, j, found)).toBe(0);
      }
    }
    // Two sweeps are not enough for some.
    const hasty = { blur: 0.02, method: 'alternating', maxIterations: 2 } as const;
    const cut = await run(hasty);
    const own = sinkhornDivergence({ backend, ...hasty, onInaccurate: 'ignore' });
    const missed = [...pairs.keys()].filter((place) => !cut.accurate[place]);
    expect(missed.length).toBeGreaterThan(0);
    for (const place of missed) {
      const [i, j] = pairs[place];
      const { value, diagnostics } = await own.target(clouds[j]).solve(clouds[i]);
      expect([cut.values[place], diagnostics.accurate]).toEqual([value, false]);
    }
    backend.dispose();
  });

  it('are refused where they are none, too large, of others or not what their key says', () => {
    const [tile] = planTiles({ numerics, loss, clouds: hashes, symmetric: true }).tiles.values();
    const id = tileId(tile);
    expect(checkTile(tile, id, numerics)).toBe(tile);
    const codeOfTile = (data: unknown, key = sha256('')) => codeOf(() => checkTile(data, key, numerics));
    expect(codeOfTile(tile)).toBe('INVALID_TILE');
    for (const data of [null, 3, 'tile', [], {}]) expect(codeOfTile(data)).toBe('INVALID_TILE');
    const changed = (change: object) => {
      const other = { ...tile, ...change } as typeof tile;
      return codeOfTile(other, tileId(other));
    };
    expect(changed({ numerics: { ...numerics, version: '0.0.0' } })).toBe('OTHER_NUMERICS');
    for (const kind of ['module', 'constructor', '__proto__']) expect(changed({ kind })).toBe('INVALID_TILE');
    expect(changed({ more: 1 })).toBe('INVALID_TILE');
    expect(changed({ seed: 1 })).toBe('INVALID_TILE');
    expect(changed({ clouds: ['/etc/passwd'] })).toBe('INVALID_TILE');
    expect(changed({ pairs: [[0, 99]] })).toBe('INVALID_TILE');
    expect(changed({ pairs: Array.from({ length: 5000 }, () => [0, 0]) })).toBe('TOO_LARGE');
    expect(changed({ more: 'x'.repeat(1_000_001) })).toBe('TOO_LARGE');
  });

  it('name losses of a closed table with plain options', async () => {
    const backend = await openBackend(numerics);
    const { lossOf } = await import('../src/lossDescription.js');
    for (const bad of [
      { loss: 'constructor' },
      { loss: '__proto__' },
      { loss: '../evil.js' },
      { loss: 'sinkhornDivergence', options: { backend: {} } },
      { loss: 'sinkhornDivergence', options: { blur: [1] } },
      { loss: 'sinkhornDivergence', options: { cost: 'x => x' } },
      { loss: 'sinkhornDivergence', module: 'fs' },
      { loss: 'perFeature', of: { loss: 'nothing' }, columns: [0] },
    ]) {
      expect(codeOf(() => lossOf(bad, backend))).toBe('INVALID_TILE');
    }
    backend.dispose();
  });
});

describe('formulas', () => {
  it('travel as nodes, each once, and come back the same', () => {
    const distance = squaredDistance(row('x', 3), column('y', 3));
    const formula = exp(neg(distance));
    const plain = nodesOf([formula, distance]);
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
    expect(formulasOf(JSON.parse(JSON.stringify(plain)))).toEqual([formula, distance]);
  });

  it('are refused where they are none', () => {
    const refused = (nodes: unknown, roots: unknown = [0]) => codeOf(() => formulasOf({ nodes, roots }));
    expect(refused([['require', 'fs']])).toBe('INVALID_TILE');
    expect(refused([['unary', 'constructor', 0]])).toBe('INVALID_TILE');
    expect(refused([['unary', 'exp', 0]])).toBe('INVALID_TILE');
    expect(refused([['row', 'not a name', 1]])).toBe('INVALID_TILE');
    expect(refused([['row', 'x', 1e9]])).toBe('TOO_LARGE');
    expect(refused(Array.from({ length: 5000 }, () => ['constant', 1]))).toBe('TOO_LARGE');
    expect(refused('nodes')).toBe('INVALID_TILE');
  });
});

describe('blobs', () => {
  it('are clouds, and are refused where they end too soon or begin otherwise', () => {
    const given = { ...cloud(1, 5), weights: new Float32Array(5).fill(0.2) };
    const bytes = cloudBytes('x', given);
    expect(cloudOf(bytes)).toEqual(given);
    expect(codeOf(() => cloudOf(bytes.subarray(0, 40)))).toBe('CORRUPT_BLOB');
    expect(codeOf(() => cloudOf(new Uint8Array(100)))).toBe('CORRUPT_BLOB');
  });

  it('are checked on arrival from a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    const store = folderStore(folder);
    const bytes = cloudBytes('x', cloud(1, 5));
    const hash = sha256(bytes);
    await expect(arrived(store, hash)).rejects.toMatchObject({ code: 'MISSING_BLOB' });
    await store.put(hash, bytes);
    expect(await store.has(hash)).toBe(true);
    expect(await arrived(store, hash)).toEqual(bytes);
    expect(await readdir(folder)).toEqual([hash]);
    await writeFile(join(folder, hash), bytes.slice(1));
    await expect(arrived(store, hash)).rejects.toMatchObject({ code: 'CORRUPT_BLOB' });
    await expect(store.get('../../etc/passwd')).rejects.toMatchObject({ code: 'INVALID_TILE' });
  });
});

it('errors keep their code as text', () => {
  const error = errorFrom(errorText(errorFrom('[TOO_LARGE] a job')));
  expect([error.code, error.message]).toEqual(['TOO_LARGE', 'a job']);
  expect(errorFrom('anything').code).toBe('COMPUTATION_FAILED');
});

it('parts of reductions are refused where they are none', () => {
  const code = (data: unknown) => codeOf(() => checkShardJob(data, numerics));
  const array = { shape: [4, 1], pieces: ['abcdefgh-1'], starts: [0, 4] };
  const job = {
    kind: 'shard',
    numerics,
    precision: 'float32',
    reduction: 'sum',
    formulas: nodesOf([row('x')]),
    has: ['value'],
    rows: { x: array },
    columns: {},
    parameters: {},
    from: 0,
    to: 2,
    out: ['abcdefgh-2'],
  };
  expect(code(job)).toBe('none');
  for (const wrong of [
    null,
    { ...job, out: ['../other:key'] },
    { ...job, reduction: 'eval' },
    { ...job, from: 3 },
    { ...job, rows: { x: { ...array, starts: [0, 5] } } },
    { ...job, has: ['source'] },
  ]) {
    expect(code(wrong)).toBe('INVALID_TILE');
  }
  expect(code({ ...job, numerics: { ...numerics, version: '0.0.0' } })).toBe('OTHER_NUMERICS');
  expect(code({ ...job, rows: { x: { ...array, shape: [1e6, 1e6] } } })).toBe('TOO_LARGE');
});
