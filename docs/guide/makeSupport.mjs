/**
 * Writes docs/guide/support-table.md: which loss, and which of its gradients, each backend computes right, by the results of
 * the conformance suite.
 *
 * node docs/guide/makeSupport.mjs                          runs the tests that say so
 * node docs/guide/makeSupport.mjs .reports/tests*.json     takes the results of a run of all tests, by vitest's json reporter
 * node docs/guide/makeSupport.mjs --check <reports>        fails where the table says something else, and writes nothing
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { markdownTable } from 'markdown-table';

/** What users ask for; the tests that hold its values to the truth, and those that hold its gradients. */
const ROWS = [
  {
    name: 'Sinkhorn divergence',
    values: ['reference/converged-p1-balanced', 'reference/converged-p2-balanced', 'property/11-gaussians'],
    gradients: ['property/09-gradients-sinkhorn'],
  },
  {
    name: 'Sinkhorn divergence with `reach`',
    values: [
      'reference/converged-p1-unbalanced',
      'reference/converged-p2-unbalanced',
      'property/12-unbalanced-gaussians',
    ],
    gradients: ['property/09-gradients-unbalanced'],
  },
  {
    name: 'Entropic transport',
    values: ['reference/exact-transport', 'property/14-duality-gap'],
    gradients: ['property/09-gradients-entropic'],
  },
  {
    name: 'Hausdorff divergence',
    values: ['reference/hausdorff', 'property/03-small-blur-hausdorff'],
    gradients: ['property/09-gradients-hausdorff'],
  },
  {
    name: 'Energy distance, Gaussian, Laplacian and own kernels',
    values: ['reference/kernels', 'property/01-mmd', 'property/10-energy-distance'],
    gradients: ['property/09-gradients-mmd'],
  },
  { name: 'Batches', values: ['losses/batches', 'reference/batches'] },
  { name: 'Plans and maps', values: ['losses/plan', 'property/14-marginals'] },
  { name: 'Without waiting, where the device allows it', values: ['losses/sync'] },
];

/** Each column, and what the suite calls the backend there. */
const COLUMNS = [
  { name: '`cpu`', suites: ['cpu'] },
  {
    name: '`wasm`',
    suites: ['wasm on one thread', 'wasm on two threads', 'wasm in a page', 'wasm in an isolated page'],
  },
  { name: '`wasm` in float64', suites: ['wasm in float64'] },
  { name: '`webgpu`', suites: ['webgpu in Node', 'webgpu in a page'] },
  { name: '`gpujs`', suites: ['gpujs in mode webgl2', 'gpujs in cpu mode'] },
];

const table = fileURLToPath(new URL('support-table.md', import.meta.url));
const args = process.argv.slice(2);
const files = args.filter((arg) => arg !== '--check');
const results = files.length > 0 ? await readReports(files) : await runTests();
const text = `${markdownTable([
  ['', ...COLUMNS.map(({ name }) => name)],
  ...ROWS.map(({ name, values, gradients }) => [
    name,
    ...COLUMNS.map((column) => {
      const cell = told(column, values);
      return gradients ? `${cell}, gradients ${told(column, gradients)}` : cell;
    }),
  ]),
])}\n`;

if (!args.includes('--check')) {
  await writeFile(table, text);
} else if ((await readFile(table, 'utf8')) !== text) {
  throw new Error(`${table} says something else than the tests, which give:\n${text}`);
}
process.stdout.write(text);

/**
 * What became of tests of a backend, wherever it ran: 'yes', or how many failed or were skipped.
 * @param {{ suites: readonly string[] }} column
 * @param {readonly string[]} ids
 */
function told({ suites }, ids) {
  const ran = suites.filter((suite) => ids.some((id) => results.has(`${suite}: ${id}`)));
  const statuses = ran.flatMap((suite) => ids.map((id) => results.get(`${suite}: ${id}`)));
  if (statuses.length === 0 || statuses.includes(undefined)) {
    throw new Error(`The reports lack some of ${ids.join(', ')} for ${suites.join(', ')}.`);
  }
  if (statuses.every((status) => status === 'passed')) return 'yes';
  const count = (/** @type {string} */ status) => statuses.filter((one) => one === status).length;
  return count('failed') > 0 ? '**no**' : `${count('passed')} of ${statuses.length} tests`;
}

/** @param {readonly string[]} reports */
async function readReports(reports) {
  /** @type {Map<string, string>} 'passed', 'failed' or another status, by '<backend>: <test>' */
  const found = new Map();
  for (const report of reports) {
    const { testResults } = JSON.parse(await readFile(report, 'utf8'));
    for (const { fullName, status } of testResults.flatMap((suite) => suite.assertionResults)) {
      const [, backend, id] = /conformance of (.+?) ([a-z]+\/[\w-]+):/.exec(fullName) ?? [];
      if (!id) continue;
      const key = `${backend}: ${id}`;
      // The suite of one backend may run in several places: the worst counts.
      if (found.get(key) !== 'failed') found.set(key, status);
    }
  }
  return found;
}

async function runTests() {
  const folder = await mkdtemp(join(tmpdir(), 'sinkhorn-support-'));
  const report = join(folder, 'report.json');
  const ids = ROWS.flatMap(({ values, gradients = [] }) => [...values, ...gradients]);
  const projects = ['node', 'webgpu', 'browser', 'isolated browser'].flatMap((name) => ['--project', name]);
  const paths = ['packages/conformance/test/cpu', 'packages/backend-wasm/test/conformance'];
  paths.push('packages/backend-webgpu/test/conformance', 'packages/backend-gpujs/test/conformance');
  const filter = ['--testNamePattern', `(${ids.join('|')}):`];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    await execa('vitest', ['run', ...projects, ...paths, ...filter, ...reporters], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      preferLocal: true,
      stdio: 'inherit',
      reject: false,
    });
    return await readReports([report]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
