import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guideDependencies, writeGuide } from '../guide.mjs';
import { firstFleet } from './firstFleet.mjs';
import { root } from './folders.mjs';
import { packed } from './packages.mjs';

/**
 * Does what a newcomer does, with the packed packages and away from the repository: install, import, run; and then the
 * guide from one end to the other.
 * @param {import('./stages.mjs').Run} run
 */
export async function newcomer(run) {
  const folder = await mkdtemp(join(tmpdir(), 'sinkhorn-newcomer-'));
  const script = `import { selectBackend, sinkhornDivergence } from 'sinkhorn';
const backend = await selectBackend();
const loss = sinkhornDivergence({ backend, p: 2, blur: 0.05 });
const value = await loss.value([[0, 0]], [[3, 4]]);
if (Math.abs(value - 12.5) > 1e-3) throw new Error(\`Half the squared distance is 12.5, not \${value}.\`);
`;
  try {
    const options = { cwd: folder, preferLocal: false };
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
    await writeFile(join(folder, 'first.js'), script);
    const install = ['install', '--no-audit', '--no-fund'];
    await run('npm', [...install, ...(await packed())], options);
    await run('node', ['first.js'], options);
    const { stdout } = await run('npx', ['--no', '--', 'sinkhorn', '--version'], options);
    const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'));
    if (stdout !== version) throw new Error(`sinkhorn --version says ${stdout} and not ${version}`);
    await run('npm', [...install, ...guideDependencies], options);
    await writeGuide(folder);
    await run('npx', ['--no', '--', 'tsc'], options);
    await run('node', ['out/all.js'], options);
    await firstFleet(run, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
