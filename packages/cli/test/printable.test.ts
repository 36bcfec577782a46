import { readFile } from 'node:fs/promises';
import { printable, printableJson, printableLines } from '@sinkhorn/toolkit/printable';
import { expect, it } from 'vitest';
import { InputError } from '../src/inputError.js';
import { main } from '../src/main.js';
import { readPoints } from '../src/readers/readPoints.js';
import { useFolder } from './helpers.js';

const folder = useFolder();
const evil = 'a\u001b[31m\u0007\u009b2J\u202eb\u0000';

it('unprintable characters are written out', () => {
  expect(printable('a\u001b[31m\u0000\nb\u2028\u202e')).toBe('a\\u001b[31m\\u0000\\u000ab\\u2028\\u202e');
  expect(printable('größe 日本 é 🙂')).toBe('größe 日本 é 🙂');
  expect(printable('\ud800\u{e0001}')).toBe('\\ud800\\udb40\\udc01');
  expect(printableLines('a\n\tb\r')).toBe('a\n\tb\\u000d');
  expect(JSON.parse(printableJson({ name: evil }))).toEqual({ name: evil });
});

/** Whatever a terminal might take as a command; the ends of lines are the program's own. */
const unsafe = /[^\P{C}\n\t]/u;

it.each([
  ['a name and a cell', `${evil},y\n1,${evil}\n`, []],
  ['a name that is not there', `${evil},y\n1,2\n`, ['--columns', 'z']],
  ['an argument', 'x,y\n1,2\n', ['--columns', evil]],
  ['a choice', 'x,y\n1,2\n', ['--missing', evil]],
  ['a name in the table', `${evil},y\n1,2\n3,5\n`, []],
  ['a name in JSON', `${evil},y\n1,2\n3,5\n`, ['--json']],
])('nothing unprintable reaches the terminal: %s', async (_, contents, options) => {
  const file = await folder.write('a.csv', contents);
  let text = '';
  const write = (more: string): string => (text += more);
  const signal = new AbortController().signal;
  await main(['compare', file, file, '--backend', 'cpu', ...options], { stdout: { write }, stderr: { write }, signal });
  expect(text).not.toBe('');
  expect(text).not.toMatch(unsafe);
});

it('nor the message of an error, whoever prints it', async () => {
  const file = await folder.write('a.csv', `${evil},y\n1,${evil}\n`);
  for (const options of [{}, { columns: [evil, 'none'] }, { delimiter: evil }]) {
    const error: unknown = await readPoints(file, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).not.toMatch(unsafe);
  }
});

it('pictures are well-formed whatever the names', async () => {
  const file = await folder.write('a.csv', `"${evil}<&>",y\n1,2\n3,5\n`);
  const write = (): void => {};
  const signal = new AbortController().signal;
  const argv = ['compare', file, file, '--backend', 'cpu', '--plot', folder.at('a.svg')];
  expect(await main(argv, { stdout: { write }, stderr: { write }, signal })).toBe(0);
  const svg = await readFile(folder.at('a.svg'), 'utf8');
  expect(svg).toContain('a\\u001b[31m');
  expect(svg).toContain('&lt;&amp;&gt;');
  expect(svg).not.toMatch(unsafe);
});
