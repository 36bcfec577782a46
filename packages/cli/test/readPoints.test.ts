import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dump } from 'npyjs';
import { describe, expect, it } from 'vitest';
import { readPoints } from '../src/readers/readPoints.js';
import { type BadFile, describeFiles } from './describeFiles.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

const bad: BadFile[] = [
  {
    what: 'an unknown ending',
    name: 'a.xlsx',
    contents: 'x',
    message: 'the name must end in one of .csv, .tsv, .xyz, .json, .jsonl, .npy, .npz, .ply',
  },
  { what: 'an ending that every object has', name: 'a.constructor', contents: 'x', message: 'unknown kind of file' },
];

describeFiles('files of an unknown kind', [], bad);

describe('readPoints', () => {
  it('keeps the digits of 64-bit and int32 PLY coordinates', async () => {
    const ply = (type: string, values: string) =>
      `ply\nformat ascii 1.0\nelement vertex 1\nproperty ${type} x\nend_header\n${values}\n`;
    const double = await readPoints(await folder.write('a.ply', ply('double', '0.1234567890123')));
    expect([...double.points]).toEqual([0.1234567890123]);
    const int = await readPoints(await folder.write('b.ply', ply('int', '16777217')));
    expect([...int.points]).toEqual([16777217]);
  });

  it.each(['csv', 'json', 'npy', 'ply'])('stops at a signal in a .%s, and says its reason', async (ending) => {
    const rows = Array.from({ length: 100_000 }, (_, i) => [i, 2 * i]);
    const contents = {
      csv: rows.join('\n'),
      json: JSON.stringify(rows),
      npy: new Uint8Array(dump(Float64Array.from(rows.flat()), [rows.length, 2])),
      ply: `ply\nformat ascii 1.0\nelement vertex ${rows.length}\nproperty float x\nproperty float y\nend_header\n${rows.map((cells) => cells.join(' ')).join('\n')}\n`,
    }[ending];
    const file = await folder.write(`a.${ending}`, contents ?? '');
    const stop = new AbortController();
    const reading = readPoints(file, {}, stop.signal);
    setImmediate(() => stop.abort(new Error('no more')));
    await expect(reading).rejects.toThrow('no more');
    await expect(readPoints(file, {}, stop.signal)).rejects.toThrow('no more');
  });

  it('streams a million rows of CSV', async () => {
    const file = folder.at('million.csv');
    const out = createWriteStream(file);
    out.write('x,y,z\n');
    for (let block = 0; block < 1000; block++) {
      let text = '';
      for (let row = 0; row < 1000; row++) text += `${block},${row / 1000},${block * 1000 + row}\n`;
      if (!out.write(text)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
    const cloud = await readPoints(file);
    expect(cloud.count).toBe(1_000_000);
    expect([...cloud.points.slice(-3)]).toEqual([999, 0.999, 999_999]);
  });
});

describe('readPoints refuses', () => {
  it('a file that is not there', async () => {
    await expect(readPoints(folder.at('none.csv'))).rejects.toThrow(/none\.csv: no such file/);
  });

  it('a folder', async () => {
    await mkdir(folder.at('a.csv'));
    await expect(readPoints(folder.at('a.csv'))).rejects.toThrow(/it is a folder/);
  });
});
