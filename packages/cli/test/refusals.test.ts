import { mkdir, readdir, readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { useFolder } from './helpers.js';
import { cloudCsv, run } from './runCommand.js';

const folder = useFolder();

let a = '';
let b = '';
beforeEach(async () => {
  a = await folder.write('a.csv', cloudCsv(12, 0));
  b = await folder.write('b.csv', cloudCsv(12, 2));
});

interface BadCase {
  readonly what: string;
  /** The arguments, with A, B and @name for files in the folder. */
  readonly argv: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly message: string;
}

const bad: BadCase[] = [
  { what: 'no such file', argv: 'compare @none.csv B', message: 'none.csv: no such file' },
  { what: 'a folder', argv: 'compare @sub B', message: 'it is a folder' },
  { what: 'an empty file', argv: 'compare A @e.csv', files: { 'e.csv': '' }, message: 'e.csv: the file is empty' },
  { what: 'a header only', argv: 'compare A @e.csv', files: { 'e.csv': 'x,y\n' }, message: 'no rows' },
  {
    what: 'text in a column',
    argv: 'compare A @t.csv',
    files: { 't.csv': 'x,y\n1,2\n3,four\n' },
    message: 't.csv: line 3 (row 2), column "y": "four" is not a finite number',
  },
  {
    what: 'a missing column',
    argv: 'compare A B --columns x,z',
    message: 'there is no column "z"; its columns are x, y',
  },
  { what: 'a missing weights column', argv: 'compare A B --weights w', message: 'there is no column "w"' },
  {
    what: 'ragged rows',
    argv: 'compare A @r.csv',
    files: { 'r.csv': 'x,y\n1,2\n3\n' },
    message: 'line 3 has 1 values',
  },
  {
    what: 'NaN',
    argv: 'compare A @n.csv',
    files: { 'n.csv': 'x,y\n1,NaN\n' },
    message: '(row 1), column "y": the value is missing',
  },
  {
    what: 'differing dimensions',
    argv: 'compare A @d.csv',
    files: { 'd.csv': 'x,y,z\n1,2,3\n' },
    message: 'has 2 columns (x, y) and',
  },
  {
    what: 'coordinates whose distances no number can hold',
    argv: 'compare @huge.csv B --loss energy --backend cpu',
    files: { 'huge.csv': 'x,y\n1e200,0\n0,1e200\n' },
    message: 'their squared distances are beyond 64-bit numbers',
  },
  {
    what: 'the same in a test',
    argv: 'test @huge.csv B --backend cpu',
    files: { 'huge.csv': 'x,y\n1e200,0\n0,1e200\n' },
    message: 'their squared distances are beyond 64-bit numbers',
  },
  {
    what: 'coordinates whose squared distances are 0',
    argv: 'compare @tiny.csv @tiny.csv --backend cpu',
    files: { 'tiny.csv': 'x,y\n1e-200,2e-200\n3e-200,1e-200\n' },
    message: 'their squared distances are below 64-bit numbers',
  },
  {
    what: 'a column whose deviation is lost',
    argv: 'compare @tiny.csv B --standardize --backend cpu',
    files: { 'tiny.csv': 'x,y\n1e-200,2\n3e-200,1\n' },
    message: 'the deviation of x is beyond 64-bit numbers',
  },
  { what: 'standard input twice', argv: 'compare - -', message: 'standard input can be one of the clouds only' },
  { what: 'an unknown format', argv: 'compare A B --format xls', message: 'it must be one or two of csv, tsv' },
  {
    what: 'a size that is none',
    argv: 'compare A B --max-unzipped much',
    message: 'it must be a size, as 500MB or 8GB',
  },
  {
    what: 'a header rule that is none',
    argv: 'compare A B --header maybe',
    message: 'Allowed choices are auto, yes, no',
  },
  { what: 'an empty delimiter', argv: 'compare A B --delimiter=', message: 'it must not be empty' },
  {
    what: 'an unknown kind of file',
    argv: 'compare A @d.xlsx',
    files: { 'd.xlsx': '1' },
    message: 'unknown kind of file',
  },
  {
    what: 'weights of differing mass',
    argv: 'compare @v.csv @w.csv --weights w',
    files: { 'v.csv': 'x,w\n0,1\n', 'w.csv': 'x,w\n0,2\n' },
    message: 'x has mass 1 and y has mass 2: set --normalize to compare shares, or --reach to',
  },
  {
    what: 'weights of zero',
    argv: 'compare @v.csv @v2.csv --weights w',
    files: { 'v.csv': 'x,w\n0,0\n', 'v2.csv': 'x,w\n0,0\n' },
    message: 'weights',
  },
  {
    what: 'an output in no folder',
    argv: 'compare A B --gradient @none/g.csv',
    message: 'g.csv: cannot be written: its folder does not exist',
  },
  {
    what: 'a second output in no folder',
    argv: 'compare A B --gradient @g.csv --plot @none/p.svg',
    message: 'p.svg: cannot be written',
  },
  { what: 'a folder as output', argv: 'compare A B --plot @sub', message: 'cannot be written: it is a folder' },
  { what: 'an input as output', argv: 'compare A B --gradient A', message: 'it is the input' },
  {
    what: 'one file for two outputs',
    argv: 'compare A B --gradient @o --plot @o',
    message: 'two outputs have this name',
  },
  {
    what: 'an unknown loss',
    argv: 'compare A B --loss wasserstein',
    message: 'Allowed choices are sinkhorn, hausdorff, energy, gaussian, laplacian',
  },
  {
    what: 'an unknown backend',
    argv: 'compare A B --backend abacus',
    message: 'there is no backend "abacus"; choose among auto, webgpu, wasm, gpujs, cpu',
  },
  { what: 'blur below zero', argv: 'compare A B --blur -1', message: 'blur is -1' },
  { what: 'blur of zero', argv: 'compare A B --blur 0', message: 'blur is 0' },
  { what: 'blur that is no number', argv: 'compare A B --blur wide', message: 'it must be a number' },
  { what: 'p of 3', argv: 'compare A B --p 3', message: 'p is 3' },
  { what: 'reach of zero', argv: 'compare A B --reach 0', message: 'reach is 0' },
  { what: 'a tolerance of zero', argv: 'compare A B --tolerance 0', message: 'tolerance is 0' },
  {
    what: 'blur for the energy distance',
    argv: 'compare A B --loss energy --blur 1',
    message: '--blur: the energy distance has no blur',
  },
  {
    what: 'reach for a kernel',
    argv: 'compare A B --loss gaussian --reach 1',
    message: '--reach: the Gaussian MMD has no reach',
  },
  {
    what: 'annealing alone of a loss without it',
    argv: 'compare A B --loss hausdorff --tolerance none',
    message: '"none" is for the Sinkhorn divergence',
  },
  {
    what: 'transport of a loss without a plan',
    argv: 'compare A B --loss energy --transport @t.csv',
    message: 'losses sinkhorn, line and exact have a plan',
  },
  { what: 'no permutations', argv: 'compare A B --permutations 0', message: 'a whole number, at least 1' },
  { what: 'half a permutation', argv: 'compare A B --permutations 1.5', message: 'a whole number, at least 1' },
  {
    what: 'a plot of no permutations',
    argv: 'compare A B --permutation-plot @p.svg',
    message: 'it needs --permutations',
  },
  { what: 'an empty column name', argv: 'compare A B --columns x,,y', message: 'give names with commas between them' },
  {
    what: 'one file',
    argv: 'compare A',
    message: "missing required argument 'B': write sinkhorn compare <A> <B>\n(sinkhorn compare --help",
  },
  {
    what: 'no current table',
    argv: 'drift A',
    message: "argument 'current': write sinkhorn drift <reference> <current...>",
  },
  { what: 'three files', argv: 'compare A B A', message: 'got 3: write sinkhorn compare <A> <B>, with quotes around' },
  { what: 'a file too many', argv: 'doctor A', message: 'got 1: write sinkhorn doctor\n' },
  {
    what: 'no file to write',
    argv: 'transfer A B',
    message: 'not specified: add -o, --out <file>: the picture to write',
  },
  { what: 'an option without its value', argv: 'flow A B --rate', message: 'argument missing: write --rate <' },
  {
    what: 'no name of a command',
    argv: 'A B',
    message: ': a command comes first, as in sinkhorn compare A.csv B.csv\n',
  },
  { what: 'options alone', argv: '--blur 1', message: "'--blur': options come after a command, as in" },
  { what: 'a cost that cannot be written', argv: 'compare A B --p 3', message: 'p is 3: give 1 or 2\n' },
  { what: 'an unknown option', argv: 'compare A B --fast', message: "unknown option '--fast'" },
  { what: 'an unknown command', argv: 'measure A B', message: "unknown command 'measure'" },
  { what: 'no command', argv: '', message: 'Usage: sinkhorn' },
  { what: 'flow: no such file', argv: 'flow A @none.csv', message: 'no such file' },
  { what: 'flow: a file as the folder', argv: 'flow A B --out A', message: 'cannot be written into: it is a file' },
  { what: 'flow: a folder in no folder', argv: 'flow A B --out @none/out', message: 'its folder does not exist' },
  { what: 'flow: a rate below zero', argv: 'flow A B --rate -1', message: '--rate: it must be above 0' },
  { what: 'flow: no steps', argv: 'flow A B --steps 0', message: 'a whole number, at least 1' },
  { what: 'flow: an unknown backend', argv: 'flow A B --backend abacus', message: 'there is no backend' },
];

describe('sinkhorn refuses', () => {
  it.each(bad)('$what', async ({ argv, files = {}, message }) => {
    await mkdir(folder.at('sub'));
    for (const [name, contents] of Object.entries(files)) await folder.write(name, contents);
    const before = (await readdir(folder.path)).sort();
    const words = argv.split(' ').filter((word) => word !== '');
    const outcome = await run(
      ...words.map((word) =>
        word === 'A' ? a : word === 'B' ? b : word.startsWith('@') ? folder.at(word.slice(1)) : word,
      ),
    );
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('internal error');
    expect(outcome.stdout).toBe('');
    expect(outcome.status).toBe(2);
    expect((await readdir(folder.path)).sort()).toEqual(before);
    expect(await readFile(a, 'utf8')).toBe(cloudCsv(12, 0));
  });
});
