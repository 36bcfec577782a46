import { readdir } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { useFolder } from './helpers.js';
import { cloudCsv, csvNumbers, run } from './runCommand.js';

const folder = useFolder();
let a = '';
let b = '';
beforeEach(async () => {
  a = await folder.write('a.csv', cloudCsv(12, 0));
  b = await folder.write('b.csv', cloudCsv(12, 2));
});

describe('sinkhorn flow', () => {
  it.each([{ loss: 'sinkhorn' }, { loss: 'energy' }, { loss: 'gaussian' }])(
    'moves A towards B down the $loss loss',
    async ({ loss }) => {
      const blur = loss === 'energy' ? [] : ['--blur', '1'];
      const { status, stdout } = await run(
        'flow',
        a,
        b,
        '--loss',
        loss,
        ...blur,
        '--steps',
        '10',
        '--frames',
        '3',
        '--out',
        folder.at('out'),
        '--json',
      );
      const result = JSON.parse(stdout);
      expect(status).toBe(0);
      expect(result.values).toHaveLength(11);
      expect(result.values[10]).toBeLessThan(0.7 * result.values[0]);
      expect((await readdir(folder.at('out'))).sort()).toEqual([
        'frame-00.svg',
        'frame-05.svg',
        'frame-10.svg',
        'loss.svg',
        'points.csv',
      ]);
      expect((await csvNumbers(folder.at('out/points.csv'))).rows).toHaveLength(12);
    },
  );

  it('takes counts for shares with --normalize, in its steps too', async () => {
    const counts = (factor: number, shift: number) =>
      `x,w\n${shift},${factor}\n${shift + 1},${2 * factor}\n${shift + 3},${factor}\n`;
    const moved = async (name: string, factor: number) => {
      const from = await folder.write(`${name}.csv`, counts(factor, 0));
      const onto = await folder.write('onto.csv', counts(0.25, 2));
      const args = ['flow', from, onto, '--weights', 'w', '--steps', '3', '--normalize', '--json'];
      const { stdout, status } = await run(...args, '--out', folder.at(name));
      expect(status).toBe(0);
      return JSON.parse(stdout).values as number[];
    };
    const [shares, many] = [await moved('shares', 0.25), await moved('many', 100)];
    expect(shares[3]).toBeLessThan(shares[0] / 2);
    many.forEach((value, step) => {
      expect(value).toBeCloseTo(shares[step], 9);
    });
  });

  it('reaches B: a shift is undone', async () => {
    const { stdout } = await run(
      'flow',
      a,
      b,
      '--rate',
      '1',
      '--steps',
      '2',
      '--blur',
      '0.5',
      '--out',
      folder.at('out'),
    );
    expect(stdout).toMatch(/^value after {2,}/m);
    const [start, end] = [await csvNumbers(folder.at('a.csv')), await csvNumbers(folder.at('out/points.csv'))];
    end.rows.forEach(([x, y], i) => {
      expect(x).toBeCloseTo(start.rows[i][0] + 2, 1);
      expect(y).toBeCloseTo(start.rows[i][1], 1);
    });
  });

  it('keeps weights in the final points', async () => {
    const weighted = await folder.write('w.csv', 'x,w\n0,0.5\n1,0.5\n2,0\n');
    const { status } = await run(
      'flow',
      weighted,
      weighted.replace('w.csv', 'w2.csv'),
      '--weights',
      'w',
      '--steps',
      '1',
      '--frames',
      '2',
      '--out',
      folder.at('out'),
    );
    expect(status).toBe(2);
    const other = await folder.write('w2.csv', 'x,w\n3,1\n');
    await run('flow', weighted, other, '--weights', 'w', '--steps', '1', '--frames', '2', '--out', folder.at('out'));
    const { header, rows } = await csvNumbers(folder.at('out/points.csv'));
    expect(header).toBe('x,weight');
    expect(rows.map(([, weight]) => weight)).toEqual([0.5, 0.5, 0]);
    expect(rows[2][0]).toBe(2);
  });
});
