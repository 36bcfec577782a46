import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPoints } from '../src/readers/readPoints.js';
import { fixture } from './fixture.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

const ply = 'ply\nformat ascii 1.0\nelement vertex 1\nproperty double x\nproperty double y\nend_header\n1 2\n';

describe('standard input', () => {
  it.each<[string, string | Buffer]>([
    ['CSV', 'x,y\n1,2\n'],
    ['TSV', 'x\ty\n1\t2\n'],
    ['a table divided by spaces', 'x y\n1 2\n'],
    ['JSON', ' [[1,2]]'],
    ['zipped CSV', gzipSync('x,y\n1,2\n')],
    ['PLY', ply],
    [
      'PCD',
      '# .PCD v0.7\nVERSION 0.7\nFIELDS x y\nSIZE 4 4\nTYPE F F\nCOUNT 1 1\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n1 2\n',
    ],
  ])('is recognised: %s', async (_, contents) => {
    // In pieces of three bytes, as a pipe may give them.
    const bytes = Buffer.from(contents);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, k) => bytes.subarray(3 * k, 3 * k + 3));
    const cloud = await readPoints('-', { stdin: Readable.from(pieces) });
    expect([...cloud.points]).toEqual([1, 2]);
  });

  it.each<[string, string, number]>([
    ['OBJ', 'o a\nv 1 2 3\nv 4 5 6\n', 2],
    ['OFF', 'OFF\n1 0 0\n1 2 3\n', 1],
    [
      'STL',
      'solid a\nfacet normal 0 0 0\nouter loop\nvertex 1 2 3\nvertex 1 2 4\nvertex 1 2 3\nendloop\nendfacet\nendsolid\n',
      2,
    ],
    ['two JSON lines', '[1,2,3]\n[4,5,6]\n', 2],
    ['a table whose first name begins as an archive does', 'PK,y,z\n1,2,3\n', 1],
    ['one that begins as Parquet does', 'PAR1,y,z\n1,2,3\n', 1],
    ['one that begins as OFF does', 'OFF,y,z\n1,2,3\n', 1],
    ['one that begins as JSON does', '[x],[y],[z]\n1,2,3\n', 1],
  ])('is recognised: %s', async (_, contents, count) => {
    const cloud = await readPoints('-', { stdin: Readable.from([Buffer.from(contents)]) });
    expect([cloud.count, cloud.dimension]).toEqual([count, 3]);
    expect(cloud.file).toBe('standard input');
  });

  it.each(['bigEndian.npy', 'measure.npz'])('is recognised: %s', async (name) => {
    const cloud = await readPoints('-', { stdin: Readable.from([await readFile(fixture(name))]) });
    expect(cloud.dimension).toBe(2);
  });

  it('may be told its kind', async () => {
    const stdin = Readable.from([Buffer.from('1.5 2\n3 4\n')]);
    expect((await readPoints('-', { stdin, format: 'xyz' })).count).toBe(2);
  });

  it('may be empty, or of no kind', async () => {
    await expect(readPoints('-', { stdin: Readable.from([]) })).rejects.toThrow('standard input: the file is empty');
    const bytes = Readable.from([Buffer.from([1, 0, 2, 0, 3])]);
    await expect(readPoints('-', { stdin: bytes })).rejects.toThrow('say what it is with --format');
  });

  it('is given up when a signal says so, though nothing comes', async () => {
    const stop = new AbortController();
    const reading = readPoints('-', { stdin: new Readable({ read() {} }) }, stop.signal);
    setImmediate(() => stop.abort(new Error('no more')));
    await expect(reading).rejects.toThrow('no more');
  });
});

describe('a source', () => {
  it('refuses zipped contents that grow beyond the bound', async () => {
    const file = await folder.write('a.csv.gz', gzipSync(`x\n${'1\n'.repeat(100_000)}`));
    await expect(readPoints(file, { maxUnzipped: 100_000 })).rejects.toThrow(
      'unzipped it is larger than 0.1 MB; if that is no mistake, allow more with --max-unzipped',
    );
    expect((await readPoints(file, { maxUnzipped: 1e6 })).count).toBe(100_000);
  });

  it.each(['a.csv', 'a.csv.gz'])('tells the share that was read: %s', async (name) => {
    const text = `x\n${Array.from({ length: 50_000 }, (_, i) => i / 7).join('\n')}\n`;
    const bytes = name.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
    const shares: number[] = [];
    await readPoints(await folder.write(name, bytes), {
      onProgress: (done, total) => {
        expect(total).toBe(bytes.length);
        shares.push(done / total);
      },
    });
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((one, other) => one - other));
    expect(shares.at(-1)).toBe(1);
  });

  it('a name of another ending is read as it is told', async () => {
    expect((await readPoints(await folder.write('a.dat', 'x,y\n1,2\n'), { format: 'csv' })).count).toBe(1);
  });
});
