/**
 * Writes docs/guide/support-table.md: which loss, and which of its gradients, each backend was seen to compute right, by
 * running the tests of the conformance suite that say so.
 *
 * Run it after `pnpm run build`: node docs/guide/makeSupport.mjs
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { conformanceTests, runConformanceTest } from '@sinkhorn/conformance';
import { execa } from 'execa';
import { markdownTable } from 'markdown-table';
import { cpu, wasm, webgpu } from 'sinkhorn';
import { prepare, vulkanEnvironment } from '../../scripts/chromium.mjs';

/** What users ask for, and the tests that show it. */
const ROWS = [
  [
    'Sinkhorn divergence',
    'balanced',
    ['reference/converged-p1-balanced', 'reference/converged-p2-balanced'],
    'property/09-gradients-sinkhorn',
  ],
  [
    'Sinkhorn divergence',
    'with `reach`',
    ['reference/converged-p1-unbalanced', 'reference/converged-p2-unbalanced'],
    'property/09-gradients-unbalanced',
  ],
  ['Entropic transport', 'balanced, with `reach`', ['property/14-duality-gap'], 'property/09-gradients-entropic'],
  ['Hausdorff divergence', 'balanced, with `reach`', ['reference/hausdorff'], 'property/09-gradients-hausdorff'],
  ['Energy, Gaussian, Laplacian, own kernel', '', ['reference/kernels'], 'property/09-gradients-mmd'],
  ['Batches', '', ['losses/batches', 'reference/batches'], undefined],
  ['Plans and maps', '', ['losses/plan', 'property/14-marginals'], undefined],
];
const BACKENDS = [
  ['cpu', cpu],
  ['wasm, float32', () => wasm()],
  ['wasm, float64', () => wasm({ precision: 'float64' })],
  ['webgpu', () => webgpu()],
];

if (process.env.VK_DRIVER_FILES === undefined) {
  // The driver of WebGPU in Node has to be named before a process starts.
  await prepare();
  await execa('node', [fileURLToPath(import.meta.url)], { env: vulkanEnvironment, stdio: 'inherit' });
} else {
  await run();
}

async function run() {
  const known = new Set(conformanceTests.map(({ id }) => id));
  const table = [];
  const failures = [];
  for (const [loss, how, valueTests, gradientTest] of ROWS) {
    const cells = [];
    for (const [name, make] of BACKENDS) {
      const value = await passes(valueTests, name, make);
      const gradient = gradientTest ? await passes([gradientTest], name, make) : undefined;
      cells.push(gradient === undefined ? told(value) : `${told(value)}, gradients ${told(gradient)}`);
      console.log(loss, name, cells.at(-1));
    }
    table.push([how ? `${loss}, ${how}` : loss, ...cells]);
  }
  const text = markdownTable([['', ...BACKENDS.map(([name]) => `\`${name}\``)], ...table]);
  await writeFile(new URL('support-table.md', import.meta.url), `${text}\n`);
  if (failures.length > 0) throw new Error(failures.join('\n'));

  async function passes(ids, name, make) {
    for (const id of ids) {
      if (!known.has(id)) throw new Error(`There is no conformance test '${id}'.`);
      try {
        await runConformanceTest(id, make);
      } catch (error) {
        failures.push(`${name}: ${id}: ${error.message}`);
        return false;
      }
    }
    return true;
  }
}

function told(passed) {
  return passed ? 'yes' : '**no**';
}
