/**
 * The types of the packages as users meet them: a project of their own, the compilers of some years, every declaration checked, with
 * the types of a browser, without, and with those of Node, which the packages for Node alone need.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publicEntries } from './support/publicEntries.js';

const require = createRequire(import.meta.url);
/** The names of typescript among the dependencies, one for each version. */
const compilers = ['typescript56', 'typescript59', 'typescript'].map((name) => {
  const manifest = require.resolve(`${name}/package.json`);
  return { version: require(manifest).version as string, path: join(dirname(manifest), 'bin/tsc') };
});
/** A complaint about a file of ours, or of the project: TensorFlow.js and vitest, which two entries are for, have faults of their own. */
const OURS = /^(\S*\/packages\/|\w+\.ts\b|error)/;
const DOM = ['es2022', 'dom'];
const WITHOUT = ['es2022'];
/** Packages for Node alone. */
const IN_NODE = /^@sinkhorn\/(cli|fleet)\b/;

const USE = `
import { cpu, energyDistance, type Backend, type Loss, type Measure, selectBackend, webgpu } from 'sinkhorn';

const y: Measure = { points: [0, 1], dimension: 2 };
export async function use(): Promise<number> {
  const backend: Backend = cpu();
  const loss: Loss = energyDistance({ backend });
  const { value, x: gradient } = await loss.valueAndGradients([[0, 0], [1, 0]], y);
  const others = [selectBackend(), webgpu({ powerPreference: 'high-performance' })];
  return value + gradient.points[0] + others.length;
}
`;
/** What only a program with the types of a browser can say. */
const USE_IN_PAGE = `
import { energyDistance, cpu } from 'sinkhorn';

export const value = (signal: AbortSignal) => energyDistance({ backend: cpu() }).value([[0]], [[1]], { signal });
`;

// Inside the repository, for packages to be found from there.
const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
let folder: string;

beforeAll(async () => {
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'types-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(compilers)('TypeScript $version', ({ version, path }) => {
  test.each([
    { what: 'with the types of a browser', lib: DOM, types: [] },
    { what: 'without', lib: WITHOUT, types: [] },
    { what: 'with the types of Node', lib: WITHOUT, types: ['node'] },
  ])('finds nothing wrong, $what', async ({ what, lib, types }) => {
    const at = join(folder, `${version}-${what.replaceAll(' ', '-')}`);
    await mkdir(at);
    const names = publicEntries.map(({ name }) => name).filter((name) => types.includes('node') || !IN_NODE.test(name));
    const all = names.map((name, index) => `import * as entry${index} from '${name}';`);
    await writeFile(
      join(at, 'all.ts'),
      `${all.join('\n')}\nexport const entries = [${names.map((_, index) => `entry${index}`).join()}];\n`,
    );
    await writeFile(join(at, 'use.ts'), USE);
    if (lib === DOM) await writeFile(join(at, 'page.ts'), USE_IN_PAGE);
    await writeFile(join(at, 'package.json'), '{ "type": "module" }');
    await writeFile(
      join(at, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...{ target: 'es2022', lib, module: 'nodenext', moduleResolution: 'nodenext', types },
          ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false },
        },
        include: ['*.ts'],
      }),
    );
    const complaints = await promisify(execFile)(process.execPath, [path, '-p', at], { cwd: at }).then(
      () => [],
      ({ stdout }: { stdout: string }) => stdout.split('\n').filter((line) => OURS.test(line)),
    );
    expect(complaints).toEqual([]);
  });
});
