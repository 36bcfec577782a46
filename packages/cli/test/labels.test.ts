import { readFile } from 'node:fs/promises';
import { cpu, labelledDivergence } from 'sinkhorn';
import { beforeEach, describe, expect, it } from 'vitest';
import { useFolder } from './helpers.js';
import { run } from './runCommand.js';

const folder = useFolder();

const A = 'x,y,kind\n0,0,cat\n1,0.2,"dog, big"\n0.1,1,cat\n0.9,1.1,"dog, big"\n';
const B = 'kind,y,x\n"dog, big",0.1,0.2\ncat,0.1,1.1\ncat,1.2,0.8\n';
const x = { points: [0, 0, 1, 0.2, 0.1, 1, 0.9, 1.1], dimension: 2, labels: [0, 1, 0, 1] };
const y = { points: [0.2, 0.1, 1.1, 0.1, 0.8, 1.2], dimension: 2, labels: [1, 0, 0] };

let a = '';
let b = '';
beforeEach(async () => {
  a = await folder.write('a.csv', A);
  b = await folder.write('b.csv', B);
});

const common = ['--labels', 'kind', '--blur', '0.3', '--tolerance', '1e-9', '--backend', 'cpu'];
const options = { backend: cpu(), blur: 0.3, tolerance: 1e-9 };

describe('sinkhorn compare --labels', () => {
  it.each([
    ['a number', ['--label-cost', '0.7'], { labelCost: [0, 0.7, 0.7, 0] }],
    [
      'the Gaussians of classes',
      ['--label-cost', 'bures', '--label-weight', '2'],
      { labelCost: 'bures', labelWeight: 2 },
    ],
    ['nothing', [], { labelCost: 'hilbert' }],
  ] as const)('has the value and the gradient of the loss with %s', async (_, given, mine) => {
    const gradient = folder.at('gradient.csv');
    const { status, stdout } = await run('compare', a, b, ...common, ...given, '--gradient', gradient, '--json');
    expect(status).toBe(0);
    const found = JSON.parse(stdout);
    const expected = await labelledDivergence({ ...options, ...mine }).valueAndGradients(x, y);
    expect(found.value).toBeCloseTo(expected.value, 12);
    expect(found.distance).toBeUndefined();
    const lines = (await readFile(gradient, 'utf8')).trim().split('\n').slice(1);
    const points = lines.flatMap((line) => line.split(',').map(Number).slice(0, 2));
    for (const [k, value] of points.entries()) expect(value).toBeCloseTo(expected.x.points[k], 12);
  });

  it.each(['--label-weight', '--label-cost'])('refuses a %s of 0, which would leave labels out', async (option) => {
    const { status, stdout, stderr } = await run('compare', a, b, ...common, option, '0');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('to compare without labels leave out --labels');
  });

  it('takes costs from a table that names the labels, in its own order', async () => {
    const costs = await folder.write('costs.csv', '"dog, big",fish,cat\n0,9,0.4\n9,0,9\n0.4,9,0\n');
    const { status, stdout } = await run('compare', a, b, ...common, '--label-cost', costs, '--json');
    expect(status).toBe(0);
    const value = await labelledDivergence({ ...options, labelCost: [0, 0.4, 0.4, 0] }).value(x, y);
    expect(JSON.parse(stdout).value).toBeCloseTo(value, 12);
  });

  it('writes what labels the plan brings, with those that have commas in quotes', async () => {
    const plan = folder.at('plan.csv');
    const { status } = await run('compare', a, b, ...common, '--label-cost', '50', '--transport', plan);
    expect(status).toBe(0);
    const [header, ...rows] = (await readFile(plan, 'utf8')).trim().split('\n');
    expect(header).toBe('source_x,source_y,target_x,target_y,source_label,target_label');
    expect(rows[0]).toMatch(/,cat,cat$/);
    expect(rows[1]).toMatch(/,"dog, big","dog, big"$/);
  });

  it('reads labels that are numbers, in other kinds of files too', async () => {
    const rows = (points: readonly number[], labels: readonly number[]) =>
      JSON.stringify(labels.map((kind, i) => ({ x: points[2 * i], y: points[2 * i + 1], kind })));
    const [one, two] = [
      await folder.write('a.json', rows(x.points, x.labels)),
      await folder.write('b.json', rows(y.points, y.labels)),
    ];
    const { status, stdout } = await run('compare', one, two, ...common, '--label-cost', '0.7', '--json');
    expect(status).toBe(0);
    const value = await labelledDivergence({ ...options, labelCost: [0, 0.7, 0.7, 0] }).value(x, y);
    expect(JSON.parse(stdout)).toMatchObject({ inputs: { a: { columns: ['x', 'y'] } } });
    expect(JSON.parse(stdout).value).toBeCloseTo(value, 12);
  });

  it('says when no label is in both files', async () => {
    const other = await folder.write('other.csv', 'x,y,kind\n0,1,Cat\n1,0,Dog\n');
    const { stderr } = await run('compare', a, other, ...common);
    expect(stderr).toContain('no label of');
  });

  it('says when costs between labels are no kernel', async () => {
    const costs = await folder.write('costs.csv', 'cat,"dog, big",fish\n0,0.01,3\n0.01,0,0.01\n3,0.01,0\n');
    const { stderr } = await run('compare', a, b, ...common, '--label-cost', costs);
    expect(stderr).toContain('no kernel at this blur');
  });

  it.each([
    ['an empty cell', 'x,y,kind\n0,0,cat\n1,1,\n', [], 'line 3 (row 2), column "kind": the label is missing'],
    ['no such column', 'x,y,sort\n0,0,cat\n', [], 'there is no column "kind"'],
    [
      'a label without a row of costs',
      'x,y,kind\n0,0,bird\n',
      ['--label-cost', 'COSTS'],
      'no column for the label "bird" of row 1',
    ],
    ['costs that are not square', A, ['--label-cost', 'WIDE'], 'names 2 labels and has 1 row;'],
    ['costs that are not symmetric', A, ['--label-cost', 'SKEW'], 'labelCost'],
    ['a test', A, ['--permutations', '9'], '--labels: a test of labelled points is not there'],
    ['another loss', A, ['--loss', 'energy'], '--labels: they are for the loss sinkhorn'],
    ['a cost below 0', A, ['--label-cost', '-1'], 'it must be above 0'],
    ['no file', A, ['--label-cost', 'bure'], 'bure'],
  ])('refuses %s', async (_, text, given, message) => {
    await folder.write('COSTS.csv', 'cat,"dog, big"\n0,1\n1,0\n');
    await folder.write('WIDE.csv', 'cat,"dog, big"\n0,1\n');
    await folder.write('SKEW.csv', 'cat,"dog, big"\n0,1\n2,0\n');
    const file = await folder.write('wrong.csv', text);
    const args = given.map((word) => (/^[A-Z]+$/.test(word) ? folder.at(`${word}.csv`) : word));
    const { status, stderr } = await run('compare', file, b, ...common, ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it('refuses costs of labels without labels', async () => {
    const { status, stderr } = await run('compare', a, b, '--columns', 'x,y', '--label-cost', '1');
    expect(status).toBe(2);
    expect(stderr).toContain('say which column holds labels');
  });
});
