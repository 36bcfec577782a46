import { expect, it } from 'vitest';
import { readTable } from '../src/readers/readTable.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

it('decimal commas are read in numbers, and in text they stay', async () => {
  const file = await folder.write('a.csv', 'x;text;day;mark\n1,5;b, c;01.02.2024;v1.2.3\n2;d.e;02.02.2024;a,b\n');
  const { columns } = await readTable(file, { decimal: ',' });
  expect(columns).toEqual({
    x: ['1.5', '2'],
    text: ['b, c', 'd.e'],
    day: ['01.02.2024', '02.02.2024'],
    mark: ['v1.2.3', 'a,b'],
  });
});

it('points in numbers with decimal commas are refused in columns that are read', async () => {
  const file = await folder.write('a.csv', 'x;y\n1,5;2\n1,5;1.234\n');
  await expect(readTable(file, { decimal: ',' })).rejects.toThrow(
    'line 3 (row 2), column "y": "1.234" is not a finite number; remove its thousands separators',
  );
  const tenths = await folder.write('b.csv', 'x;y\n1,5;2.5\n');
  await expect(readTable(tenths, { decimal: ',' })).rejects.toThrow(
    'its decimal mark is a point; leave out --decimal ,',
  );
  expect((await readTable(file, { decimal: ',', columns: ['x'] })).columns).toEqual({ x: ['1.5', '1.5'] });
});

it('truth in a file of NumPy stays what it is', async () => {
  const header = `${"{'descr': '|b1', 'fortran_order': False, 'shape': (2, 1), }".padEnd(117)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  const file = await folder.write('a.npy', Buffer.concat([start, Buffer.from(header), Uint8Array.of(1, 0)]));
  expect((await readTable(file, {})).columns).toEqual({ 1: [true, false] });
});
