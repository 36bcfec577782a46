import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npyContents } from '@sinkhorn/cli/files';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { main } from '../src/main.js';

/** Nothing listens there. */
const NOBODY = 'redis://127.0.0.1:1';

let folder: string;

async function run(...args: string[]): Promise<{ readonly status: number; readonly stderr: string }> {
  let stderr = '';
  const status = await main(args, {
    stdout: { write: () => {} },
    stderr: {
      write: (text) => {
        stderr += text;
      },
    },
    signal: new AbortController().signal,
    env: { SINKHORN_REDIS: NOBODY },
  });
  return { status, stderr };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clouds-'));
  for (const name of ['a', 'b']) await writeFile(join(folder, `${name}.csv`), '0,1\n1,2\n');
  await writeFile(join(folder, 'old.npy'), npyContents({ values: Float64Array.of(0, 1, 1, 0), shape: [2, 2] }));
  await mkdir(join(folder, 'folder.npy'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  [
    'a folder that is not there',
    () => ['pairwise', join(folder, 'no'), '--out', 'm.npy'],
    /cannot be read as a folder/,
  ],
  [
    'a matrix where there is no folder',
    () => ['pairwise', folder, '--out', join(folder, 'no', 'm.npy')],
    /m\.npy: cannot be written: its folder does not exist/,
  ],
  ['a matrix of another kind', () => ['pairwise', folder, '--out', 'm.txt'], /m\.txt must end in \.npy/],
  [
    'a matrix that would be a cloud next time',
    () => ['pairwise', folder, '--header', 'no', '--out', join(folder, 'old.npy')],
    /old\.npy: cannot be written: it is the input/,
  ],
  [
    'a matrix where a folder is',
    () => ['pairwise', folder, '--header', 'no', '--out', join(folder, 'folder.npy')],
    /folder\.npy: cannot be written: it is a folder/,
  ],
  ['a header that may be a point', () => ['pairwise', folder, '--out', 'm.npy'], /say --header yes or --header no/],
  [
    'a blur of a loss without',
    () => ['pairwise', folder, '--out', 'm.npy', '--loss', 'energy', '--blur', '1'],
    /--blur/,
  ],
  [
    'a server that does not answer',
    () => ['pairwise', folder, '--header', 'no', '--out', 'm.npy'],
    /Redis does not answer/,
  ],
  ['a worker without a server', () => ['worker'], /Redis does not answer .*say where it is with --redis/],
  ['a connection of another kind', () => ['worker', '--redis', 'http://here'], /no redis:\/\/ or rediss:\/\/ address/],
  ['no tile at a time', () => ['worker', '--concurrency', '0'], /concurrency is 0/],
])('ends with 2 and says what to do for %s', async (_, args, said) => {
  const { status, stderr } = await run(...args());
  expect(stderr).toMatch(said);
  expect(status).toBe(2);
});

it('has every flag that the guide names', async () => {
  const page = await readFile(new URL('../../../docs/guide/fleets.md', import.meta.url), 'utf8');
  let help = '';
  const io = {
    stdout: { write: (text: string) => (help += text) },
    stderr: { write: () => {} },
    signal: new AbortController().signal,
    env: {},
  };
  for (const command of ['worker', 'pairwise']) await main([command, '--help'], io);
  // A line of a YAML text that goes on in the next one.
  const whole = page.replace(/\n\s+(?=--|worker )/g, ' ');
  const lines = whole.match(/sinkhorn-fleet (worker|pairwise)\b.*/g) ?? [];
  const flags = new Set(lines.flatMap((line) => line.match(/--[a-z]+/g) ?? []));
  expect([...flags].sort()).toEqual(expect.arrayContaining(['--blur', '--index', '--of', '--out', '--redis']));
  for (const flag of flags) expect(help).toContain(`${flag} `);
});
