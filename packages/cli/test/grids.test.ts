import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PNG } from 'pngjs';
import { barycenter, cpu, sinkhornDivergence } from 'sinkhorn';
import { describe, expect, it } from 'vitest';
import { measureOf } from '../src/commands/gridInputs.js';
import { readGrid } from '../src/readers/readGrid.js';
import { gridContents } from '../src/writers/gridContents.js';
import { useFolder } from './helpers.js';
import { csvNumbers, run } from './runCommand.js';

const folder = useFolder();
const [WIDTH, HEIGHT] = [5, 4];

/** The brightness of a pixel, 0 to 255. */
const grey = (pixel: number): number => (pixel * 37) % 256;
const pixels = Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => pixel);

const write = (name: string, contents: Uint8Array | string): Promise<string> => folder.write(name, contents);

type Encoding = Parameters<typeof PNG.sync.write>[1];

function png(numbers: readonly number[], options: Encoding, bytes = 1): Uint8Array {
  const picture = new PNG({ width: WIDTH, height: HEIGHT });
  // 16-bit numbers are taken from the buffer's memory: it must be its own.
  picture.data = Buffer.from(bytes === 1 ? Uint8Array.from(numbers).buffer : Uint16Array.from(numbers).buffer);
  return PNG.sync.write(picture, options);
}

const GREY = { colorType: 0, inputColorType: 0, inputHasAlpha: false } as const;

describe('files with grids', () => {
  const spacing = [1];

  it('are PNGs of 8 and 16 bits, grey and in colours, from 0 to 255', async () => {
    const eight = await write('8.png', png(pixels.map(grey), { ...GREY, bitDepth: 8 }));
    expect(await readGrid(eight, { spacing })).toMatchObject({ shape: [HEIGHT, WIDTH], spacing: [1, 1] });
    expect(Array.from((await readGrid(eight, { spacing })).grid)).toEqual(
      pixels.map((pixel) => expect.closeTo(grey(pixel))),
    );
    const fine = pixels.map((pixel) => (pixel * 3001) % 65536);
    const sixteen = await write('16.png', png(fine, { ...GREY, bitDepth: 16 }, 2));
    const { grid } = await readGrid(sixteen, { spacing });
    expect(Array.from(grid)).toEqual(fine.map((value) => expect.closeTo((255 * value) / 65535, 9)));
    const colours = pixels.flatMap((pixel) => [grey(pixel), 255, 0, pixel === 3 ? 0 : 255]);
    const coloured = await write('rgba.png', png(colours, { colorType: 6 }));
    const found = await readGrid(coloured, { spacing });
    expect(found.grid[0]).toBeCloseTo(0.2126 * grey(0) + 0.7152 * 255, 9);
    expect(found.grid[3]).toBe(0);
  });

  it('are PGMs as text and binary, of 8 and 16 bits, with comments; dark pixels may be the mass', async () => {
    const text = await write(
      'a.pgm',
      `P2\n# a comment\n${WIDTH} ${HEIGHT}\n100\n${pixels.map((pixel) => 5 * pixel).join(' ')}\n`,
    );
    const { grid, shape } = await readGrid(text, { spacing });
    expect(shape).toEqual([HEIGHT, WIDTH]);
    expect(Array.from(grid)).toEqual(pixels.map((pixel) => expect.closeTo(12.75 * pixel, 9)));
    const head = Buffer.from(`P5 ${WIDTH} ${HEIGHT} 65535\n`);
    const wide = Buffer.alloc(2 * pixels.length);
    for (const pixel of pixels) wide.writeUInt16BE(1000 * pixel, 2 * pixel);
    const binary = await write('b.pgm', Buffer.concat([head, wide]));
    const dark = await readGrid(binary, { spacing, dark: true });
    expect(Array.from(dark.grid)).toEqual(pixels.map((pixel) => expect.closeTo(255 - (255000 * pixel) / 65535, 9)));
  });

  it('are arrays of any number of axes, in either order, and written ones read back', async () => {
    const volume = { values: Float64Array.from({ length: 24 }, (_, k) => k / 7), shape: [2, 3, 4], spacing: [1, 1, 1] };
    const file = await write('volume.npy', await gridContents('volume.npy', volume, 'mass'));
    const read = await readGrid(file, { spacing: [1, 2, 3] });
    expect(read).toMatchObject({ shape: [2, 3, 4], spacing: [1, 2, 3], grid: volume.values });
    const contents = Buffer.from((await gridContents('volume.npy', volume, 'mass')) as Uint8Array);
    contents.write('True, ', contents.indexOf('False,'), 'latin1');
    const turned = await readGrid(await write('turned.npy', contents), { spacing });
    // Entry (1, 2, 3) is the last of either order, (0, 0, 1) the seventh of this one.
    expect([turned.grid[23], turned.grid[1]]).toEqual([volume.values[23], volume.values[6]]);
  });

  it('are histograms, columns of tables', async () => {
    const file = await folder.write('histogram.csv', 'hour,count\n0,3\n1,4\n2,5\n');
    expect(await readGrid(file, { spacing, columns: ['count'] })).toMatchObject({ shape: [3], mass: 12 });
    await expect(readGrid(file, { spacing })).rejects.toThrow('it has 2 columns (hour, count); choose the one');
  });

  it('are refused with what is wrong', async () => {
    const short = await write('short.pgm', Buffer.from('P5 4 4 255\n123'));
    await expect(readGrid(short, { spacing })).rejects.toThrow('it promises 4 x 4 pixels; is it cut short?');
    await expect(readGrid(await write('no.pgm', 'P6 1 1 255\n'), { spacing })).rejects.toThrow('it is no PGM');
    await expect(readGrid(await write('no.png', 'text'), { spacing })).rejects.toThrow('it is damaged or no PNG');
    const vast = await write('vast.pgm', 'P2 100000 100000 255 1 2 3');
    await expect(readGrid(vast, { spacing })).rejects.toThrow('it promises 100000 x 100000 pixels; is it cut short?');
    const flat = await write('flat.pgm', 'P2 0 3 255 1 2 3');
    await expect(readGrid(flat, { spacing })).rejects.toThrow('its header says 0 x 3 pixels');
    const two = await write('two.pgm', 'P2 2 1 255 1 300');
    await expect(readGrid(two, { spacing })).rejects.toThrow('pixel 1, 0 is 300, of 255');
    const fine = await write('fine.pgm', 'P2 2 1 255 1 3');
    await expect(readGrid(fine, { spacing: [1, 2, 3] })).rejects.toThrow('--spacing: it has 3 lengths, and');
  });
});

/** A picture with a bright pixel. */
const spot = (row: number, column: number, value = 255): string =>
  `P2 ${WIDTH} ${HEIGHT} 255 ${pixels.map((pixel) => (pixel === row * WIDTH + column ? value : 0)).join(' ')}\n`;

describe('sinkhorn compare on grids', () => {
  it('has the value and the gradient of the losses', async () => {
    const [a, b] = [await write('a.pgm', spot(1, 1)), await write('b.pgm', spot(2, 3))];
    const out = path.join(folder.path, 'gradient.csv');
    const { status, stdout, stderr } = await run(
      ...['compare', a, b, '--spacing', '0.5', '--blur', '0.2', '--backend', 'cpu', '--gradient', out, '--json'],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const found = JSON.parse(stdout);
    // 255 go one pixel down and two to the right, half a unit each.
    expect(found.value).toBeCloseTo((255 * (0.5 ** 2 + 1 ** 2)) / 2, 6);
    expect(found.distance).toBeCloseTo(Math.sqrt(1.25), 6);
    expect(found.inputs.a).toMatchObject({ shape: [HEIGHT, WIDTH], spacing: [0.5, 0.5], mass: 255 });
    const { header, rows } = await csvNumbers(out);
    expect(header).toBe('position_1,position_2,gradient');
    const loss = sinkhornDivergence({ backend: cpu(), blur: 0.2 });
    const [x, y] = [await readGrid(a, { spacing: [0.5] }), await readGrid(b, { spacing: [0.5] })];
    const { x: gradient } = await loss.valueAndGradients(measureOf(x), measureOf(y));
    expect(rows[7].slice(0, 2)).toEqual([0.5, 1]);
    expect(rows[7][2]).toBeCloseTo(gradient.weights[7], 9);
  });

  it('prints a table, takes other losses, and compares shares', async () => {
    const [a, b] = [await write('a.pgm', spot(1, 1)), await write('b.pgm', spot(2, 3, 100))];
    const common = [a, b, '--spacing', '1', '--backend', 'cpu', '--loss', 'energy'];
    expect((await run('compare', ...common)).stderr).toMatch(/mass .*--normalize/);
    const { status, stdout } = await run('compare', ...common, '--normalize');
    expect(status).toBe(0);
    expect(stdout).toMatch(/A +.*a\.pgm: 4 x 5, mass 255/);
    expect(stdout).toMatch(new RegExp(`value +${Math.sqrt(5).toPrecision(7)}`));
  });

  it('has distances along the axes, and how far mass may travel', async () => {
    const [a, b] = [await write('a.pgm', spot(1, 1)), await write('b.pgm', spot(2, 3))];
    const common = [a, b, '--spacing', '1', '--backend', 'cpu', '--blur', '0.1', '--json'];
    const along = JSON.parse((await run('compare', ...common, '--p', '1', '--metric', 'manhattan')).stdout);
    expect(along).toMatchObject({ options: { p: 1, metric: 'manhattan' } });
    expect(along.value).toBeCloseTo(255 * 3, 6);
    const near = JSON.parse((await run('compare', ...common, '--reach', '0.5')).stdout);
    const [x, y] = [await readGrid(a, { spacing: [1] }), await readGrid(b, { spacing: [1] })];
    const direct = await sinkhornDivergence({ backend: cpu(), blur: 0.1, reach: 0.5 }).value(
      measureOf(x),
      measureOf(y),
    );
    expect(near.value).toBeCloseTo(Number(direct), 6);
    expect((await run('compare', ...common, '--metric', 'manhattan')).stderr).toMatch(/metric/);
    expect((await run('compare', ...common, '--metric', 'manhattan', '--loss', 'energy')).stderr).toMatch(
      /--metric: the energy distance has no metric/,
    );
  });

  it('refuses what goes with points alone, pictures without a spacing, and grids that do not go together', async () => {
    const [a, line] = [await write('a.pgm', spot(1, 1)), await folder.write('line.csv', 'n\n1\n2\n')];
    const on = ['--spacing', '1', '--backend', 'cpu'];
    expect((await run('compare', a, a)).stderr).toMatch(/say how far apart its pixels are with --spacing/);
    expect((await run('compare', a, a, ...on, '--plot', 'p.svg')).stderr).toMatch(/--plot: it is for clouds/);
    expect((await run('compare', a, a, ...on, '--weights', 'w')).stderr).toMatch(/--weights: the numbers of a grid/);
    expect((await run('compare', a, line, ...on)).stderr).toMatch(/give grids of one dimension/);
    expect((await run('compare', line, line, ...on, '--dark')).stderr).toMatch(/--dark: .* is no picture/);
    expect((await run('compare', a, a, '--spacing', '0')).stderr).toMatch(/lengths are above 0/);
    expect((await run('compare', a, a, ...on, '--gradient', 'g.txt')).stderr).toMatch(/must end in .npy, .csv or/);
    expect((await run('compare', a, a, ...on, '--gradient', 'g.png')).stderr).toMatch(/slopes may be below 0/);
  });
});

describe('sinkhorn barycenter', () => {
  it('of two bright pixels is the one at their mean, with the gap', async () => {
    const [a, b] = [await write('a.pgm', spot(1, 0)), await write('b.pgm', spot(1, 4))];
    const out = path.join(folder.path, 'mean.png');
    const { status, stdout } = await run(
      ...['barycenter', a, b, '--weights', '1,3', '--spacing', '1', '--out', out, '--backend', 'cpu', '--json'],
    );
    expect(status).toBe(0);
    const { value, diagnostics } = JSON.parse(stdout);
    expect(value).toBeCloseTo(1.5, 2);
    expect(diagnostics.gap).toBeLessThanOrEqual(2e-3);
    const { grid } = await readGrid(out, { spacing: [1] });
    expect(grid.indexOf(255)).toBe(WIDTH + 3);
    const again = await run(
      'barycenter',
      a,
      b,
      '--spacing',
      '1',
      '--out',
      path.join(folder.path, 'mean.npy'),
      '--backend',
      'cpu',
    );
    expect(again.stdout).toMatch(/gap +\S+: it is above the least by no more than this/);
    expect((await readFile(path.join(folder.path, 'mean.npy'))).length).toBe(128 + 8 * WIDTH * HEIGHT);
  });

  it('takes a reach, and leaves the blur in where that is asked for', async () => {
    const [a, b] = [await write('a.pgm', spot(1, 0)), await write('b.pgm', spot(1, 4))];
    const out = path.join(folder.path, 'mean.npy');
    const given = ['barycenter', a, b, '--spacing', '1', '--out', out, '--backend', 'cpu', '--json'];
    const grids = [await readGrid(a, { spacing: [1] }), await readGrid(b, { spacing: [1] })];
    for (const [options, mine] of [
      [['--reach', '1.5'], { reach: 1.5 }],
      [['--no-debias'], { debias: false }],
    ] as const) {
      const { status, stdout } = await run(...given, ...options);
      expect(status).toBe(0);
      const solver = barycenter({ backend: cpu(), blur: 1, normalize: true, ...mine });
      const { value, weights } = await solver.solve(grids.map(measureOf), { support: 'grid' });
      expect(JSON.parse(stdout).value).toBeCloseTo(value, 9);
      expect(JSON.parse(stdout).options).toMatchObject(mine);
      const written = await readGrid(out, { spacing: [1] });
      for (const [node, mass] of written.grid.entries()) expect(mass).toBeCloseTo(weights[node], 9);
    }
    expect((await run(...given, '--no-debias', '--reach', '1')).stderr).toMatch(/leave out reach, or debias/);
  });

  it('says where it did not converge, and refuses what does not fit', async () => {
    const [a, b] = [await write('a.pgm', spot(1, 0)), await write('b.pgm', spot(1, 4))];
    const out = path.join(folder.path, 'mean.npy');
    const common = ['barycenter', a, b, '--spacing', '1', '--out', out, '--backend', 'cpu'];
    const early = await run(...common, '--max-iterations', '1');
    expect(early).toMatchObject({ status: 1, stderr: expect.stringMatching(/not converged: the objective may be/) });
    expect((await run(...common, '--weights', '1,2,3')).stderr).toMatch(/there are 3 numbers for 2 files/);
    expect((await run(...common, '--weights', '1,0')).stderr).toMatch(/numbers are above 0/);
    expect((await run(...common, '--p', '3')).stderr).toMatch(/--p: 3 is neither 1 nor 2/);
    const wide = await write('wide.pgm', 'P2 2 1 255 1 3');
    expect((await run('barycenter', a, wide, '--spacing', '1', '--out', out)).stderr).toMatch(/give files of one size/);
    expect((await run('barycenter', a, b, '--out', out)).stderr).toMatch(/--spacing: say how far apart nodes are/);
  });
});
