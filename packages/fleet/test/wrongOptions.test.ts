import {
  barycenter,
  cores,
  type Fleet,
  fleet,
  folderStore,
  httpStore,
  pairwise,
  perFeature,
  permutationTest,
  serve,
} from '@sinkhorn/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { cloud } from './clouds.js';

/** Nothing listens there. */
const connection = 'redis://127.0.0.1:1';
const clouds = [cloud(1, 10), cloud(2, 10)];

/** Calls that no compiler allows. */
const wrongly = (work: (anything: never) => unknown, options: unknown) =>
  Promise.resolve().then(() => work(options as never));

describe('a fleet that cannot be', () => {
  it.each([
    ['no options', undefined, /options is undefined/],
    ['no connection', {}, /connection is missing/],
    ['an address of another kind', { connection: 'localhost:6379' }, /connection is no redis:/],
    [
      'an address with a port that is none',
      { connection: 'redis://:secret@127.0.0.1:abc' },
      /connection is no address that can be read/,
    ],
    ['a port beyond the last one', { connection: 'redis://127.0.0.1:70000' }, /no address .* a port up to 65535/],
    ['a database that is no number', { connection: 'redis://here/abc' }, /names the database 'abc': give its number/],
    ['two databases', { connection: 'redis://here/1/2' }, /names the database '1\/2': give its number/],
    ['an option in an address', { connection: 'redis://here?keyPrefix=a' }, /\?keyPrefix .*give an object instead/],
    ['a client', { connection: { duplicate: () => {} } }, /connection is a client/],
    ['nothing kept', { connection, keepSeconds: 0 }, /keepSeconds is 0: give a whole number, 1 or more/],
    ['parts of seconds', { connection, keepSeconds: 1.5 }, /keepSeconds is 1\.5/],
    ['no prefix', { connection, prefix: '' }, /prefix is empty/],
    ['a store that is a path', { connection, store: '/mnt' }, /store has no get, put and has/],
  ])('says so for %s, and so does a worker', async (_, options, said) => {
    for (const work of [fleet, serve]) {
      const failure = (await wrongly(work, options).catch((error) => error)) as Error;
      expect(failure.message).toMatch(
        work === serve && options === undefined ? /options is undefined|undefined/ : said,
      );
      expect(failure.message).not.toContain('secret');
    }
  });

  it('says so where this process does not have the engine that is asked for', async () => {
    await expect(cores({ engine: '1.0 x64' })).rejects.toThrow(/engine is 1\.0 x64: this process computes by/);
    await expect(wrongly(serve, { connection, engine: '1.0 x64' })).rejects.toThrow(/engine is 1\.0 x64/);
  });

  it.each([
    ['port', 70_000, /give a whole number from 1 to 65535/],
    ['port', '6379', /give a whole number from 1 to 65535/],
    ['db', 'abc', /give the number of a database/],
    ['db', Number.NaN, /give the number of a database/],
    ['host', 5, /give a name/],
    ['path', 5, /give the path of a socket/],
    ['family', 7, /give 0, 4 or 6/],
    ['connectTimeout', -1, /give a whole number of milliseconds/],
    ['keyPrefix', 'a:', /leave it out, and give prefix beside connection/],
    ['enableOfflineQueue', false, /leave it out: commands wait/],
    ['commandTimeout', 100, /leave it out: workers wait/],
    ['stringNumbers', true, /leave it out: answers are read as numbers/],
    ['readOnly', true, /leave it out: results are written/],
  ] as const)('says so for the option %s of ioredis: %s', async (name, value, remedy) => {
    const options = { connection: { host: '127.0.0.1', port: 1, [name]: value } };
    for (const work of [fleet, serve, (results: object) => cores({ results } as never)]) {
      await expect(wrongly(work, options)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(new RegExp(`^connection\\.${name} is ${value}: ${remedy.source}`)),
      });
    }
  });

  it.each([0, 1.5, 1025, Number.NaN])('says so for %f threads', async (count) => {
    const said = new RegExp(`is ${count}: give a whole number from 1 to 1024`);
    await expect(cores({ threads: count })).rejects.toThrow(said);
    await expect(serve({ connection, concurrency: count })).rejects.toThrow(said);
  });

  it('says so where a worker was stopped before it began', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(serve({ connection, signal })).rejects.toThrow('enough');
  });

  it('says so for stores without a place', () => {
    for (const url of ['objects.example', 'http://', 'ftp://objects.example', undefined]) {
      expect(() => httpStore(url as string)).toThrow(/url is no http:\/\/ or https:\/\/ address/);
    }
    expect(() => folderStore('')).toThrow(/folder is no path/);
  });

  it.each(['http://here/clouds?key=abc', 'http://here/clouds#part', 'https://me:secret@here/clouds'])(
    'refuses what an address of a store would lose or show: %s',
    (url) => {
      expect(() => httpStore(url)).toThrow(/give the address of the folder alone, and what signs requests as headers/);
    },
  );
});

it('a store that does not answer, or is no folder, says which', async () => {
  await expect(httpStore(`http://127.0.0.1:1/`).has('0'.repeat(64))).rejects.toMatchObject({
    code: 'MISSING_BLOB',
    message: expect.stringMatching(/the store at 127\.0\.0\.1:1 does not answer/),
  });
  for (const work of ['has', 'get'] as const) {
    await expect(folderStore('/etc/passwd')[work]('0'.repeat(64))).rejects.toMatchObject({
      code: 'MISSING_BLOB',
      message: expect.stringMatching(/folder \/etc\/passwd of a store cannot be used \(ENOTDIR\)/),
    });
  }
  // Where there is no folder for it, and none can be made.
  for (const folder of ['/etc/passwd', '/etc/passwd/clouds', '/proc/nope', '/not/there']) {
    await expect(folderStore(folder).put('0'.repeat(64), new Uint8Array(1))).rejects.toThrow(/cannot be used/);
  }
});

describe('a loss that cannot be', () => {
  let on: Fleet;
  beforeAll(async () => {
    on = await cores({ threads: 1, thread: await fleetThread() });
  });
  afterAll(() => on.close());

  it.each([
    [
      'an option in the wrong place',
      { loss: 'sinkhornDivergence', blur: 0.1 },
      /a loss has no 'blur': sinkhornDivergence takes \{ loss, options \}/,
    ],
    [
      'options that are none',
      { loss: 'energyDistance', options: 'x' },
      /options of energyDistance is x: give an object/,
    ],
    ['an option out of range', { loss: 'sinkhornDivergence', options: { blur: -1 } }, /^blur is -1/],
    [
      'an option that is infinite',
      { loss: 'sinkhornDivergence', options: { blur: Number.POSITIVE_INFINITY } },
      /^blur is Infinity/,
    ],
    [
      'a cost that returns no formula',
      { loss: 'sinkhornDivergence', options: { cost: () => 3 } },
      /cost returned 3: return a formula/,
    ],
    ['no kernel', { loss: 'kernelMmd' }, /kernel is of type undefined/],
    [
      'a word beside features',
      { loss: 'perFeature', of: { loss: 'energyDistance' }, columns: [0], weights: [1] },
      /a loss has no 'weights'/,
    ],
  ])('is told of before anything is computed: %s', async (_, loss, said) => {
    const [x, y] = clouds;
    for (const work of [
      () => pairwise(loss as never, clouds, { on }),
      () => permutationTest(loss as never, x, y, { on }),
      () => perFeature(loss as never, [0, 1], x, y, { on }),
    ]) {
      const failure = await work().catch((error) => error);
      expect(failure.message).toMatch(said);
      expect(failure.code).not.toBe('TILES_FAILED');
    }
  });

  it('may leave mass where it is on one side alone', async () => {
    const found = async (reach: object) => {
      const loss = { loss: 'sinkhornDivergence', options: { blur: 0.2, reach } } as const;
      return pairwise(loss, clouds, { on });
    };
    const one = await found({ x: 1 });
    expect(await found({ x: 1, y: Number.POSITIVE_INFINITY })).toEqual(one);
    expect(one.values[1]).not.toBe(one.values[2]);
  });

  it('is no matter where the fleet was closed', async () => {
    const closed = await cores({ threads: 1, thread: await fleetThread() });
    await closed.close();
    await expect(pairwise({ loss: 'energyDistance' }, clouds, { on: closed })).rejects.toMatchObject({
      code: 'CLOSED',
    });
    await expect(wrongly((options) => barycenter(clouds, options), null)).rejects.toThrow(/options is null/);
  });
});
