/**
 * Writes docs/guide/support-table.md: which loss, and which of its gradients, each backend computes right, by the results of
 * the conformance suite.
 *
 * node docs/guide/makeSupport.mjs                          runs the tests that say so
 * node docs/guide/makeSupport.mjs .reports/*.jsonl         takes the results of a run of all tests, as the check leaves them
 * node docs/guide/makeSupport.mjs --check <reports>        fails where the table says something else, and writes nothing
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { markdownTable } from 'markdown-table';

/**
 * What users ask for, and the tests that say that a backend does it right: `solver` those that hold values, and gradients, to
 * the truth, `results` those that hold both to what another place gave, `backend` those of the backend itself.
 * @type {readonly { name: string, solver?: { values: string[], gradients?: string[] }, results: string[], backend?: string[] }[]}
 */
const ROWS = [
  {
    name: 'Sinkhorn divergence',
    solver: {
      values: ['reference/converged-p1-balanced', 'reference/converged-p2-balanced', 'property/11-gaussians'],
      gradients: ['property/09-gradients-sinkhorn'],
    },
    results: ['results/balanced-p1', 'results/balanced-p2', 'results/schedule-p1', 'results/schedule-p2'],
  },
  {
    name: 'Sinkhorn divergence with `reach`',
    solver: {
      values: [
        'reference/converged-p1-unbalanced',
        'reference/converged-p2-unbalanced',
        'property/12-unbalanced-gaussians',
      ],
      gradients: ['property/09-gradients-unbalanced'],
    },
    results: ['results/unbalanced-p1', 'results/unbalanced-p2', 'results/unbalanced-each'],
  },
  {
    name: 'Entropic transport',
    solver: {
      values: ['reference/exact-transport', 'property/14-duality-gap'],
      gradients: ['property/09-gradients-entropic'],
    },
    results: ['results/entropic-p1', 'results/entropic-p2', 'results/entropic-unbalanced'],
  },
  {
    name: 'Hausdorff divergence',
    solver: {
      values: ['reference/hausdorff', 'property/03-small-blur-hausdorff'],
      gradients: ['property/09-gradients-hausdorff'],
    },
    results: ['results/hausdorff-p1', 'results/hausdorff-p2', 'results/hausdorff-unbalanced'],
  },
  {
    name: 'Energy distance, Gaussian, Laplacian and own kernels',
    solver: {
      values: ['reference/kernels', 'property/01-mmd', 'property/10-energy-distance'],
      gradients: ['property/09-gradients-mmd'],
    },
    results: ['results/gaussian-13x2', 'results/laplacian-13x2', 'results/energy-13x2'],
  },
  {
    name: 'Second derivatives',
    solver: {
      values: ['property/16-hessian', 'property/17-transposes'].flatMap((id) =>
        ['p1', 'p2', 'reach'].map((problem) => `${id}-${problem}`),
      ),
    },
    results: ['results/hessian-p1', 'results/hessian-p2', 'results/hessian-reach'],
  },
  { name: 'Batches', results: [], backend: ['losses/batches'] },
  { name: 'Plans and maps', results: [], backend: ['losses/plan'] },
  // The test passes too where a backend refuses: that is told here.
  { name: 'Methods that end in `Sync`', results: [], backend: ['losses/sync'], refused: ['`webgpu`'] },
];

/** Each column, and what the suites call the backend there. Solvers run in full in some places, and are compared in others. */
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
  ...ROWS.map((row) => [
    row.name,
    ...COLUMNS.map(({ name, suites }) => {
      const { solver, results: compared, backend = [], refused = [] } = row;
      const passed = told(suites, [solver?.values ?? [], compared], backend);
      const cell = passed === 'yes' && refused.includes(name) ? 'an error says no' : passed;
      return solver?.gradients ? `${cell}, gradients ${told(suites, [solver.gradients, compared])}` : cell;
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
 * What happened to tests of a backend, wherever it ran: 'yes', or how many failed or were skipped.
 * @param {readonly string[]} suites
 * @param {readonly (readonly string[])[]} either one of these lists of tests ran in each suite, as a whole
 * @param {readonly string[]} [always] and these
 */
function told(suites, either, always = []) {
  const statuses = suites.flatMap((suite) => {
    const status = (/** @type {string} */ id) => results.get(`${suite}: ${id}`);
    const lists = either.filter((ids) => ids.length > 0);
    const ran = lists.find((ids) => ids.every(status)) ?? [];
    const found = [...ran, ...always].map(status);
    if ((lists.length > 0 && ran.length === 0) || found.includes(undefined)) {
      throw new Error(`The reports lack some of ${[...lists.flat(), ...always].join(', ')} for ${suite}.`);
    }
    return found;
  });
  if (statuses.every((status) => status === 'passed')) return 'yes';
  const count = (/** @type {string} */ status) => statuses.filter((one) => one === status).length;
  return count('failed') > 0 ? '**no**' : `${count('passed')} of ${statuses.length} tests`;
}

/** @param {readonly string[]} reports */
async function readReports(reports) {
  /** @type {Map<string, string>} 'passed', 'failed' or another status, by '<backend>: <test>' */
  const found = new Map();
  for (const report of reports) {
    const events = (await readFile(report, 'utf8')).split('\n').filter(Boolean);
    for (const { event, name, state } of events.map((line) => JSON.parse(line))) {
      const [, backend, id] =
        /(?:conformance of|solvers on|results of) (.+?) > ([a-z]+\/[\w-]+)/.exec(name ?? '') ?? [];
      if (event !== 'ended' || !id) continue;
      const key = `${backend}: ${id}`;
      // The suite of one backend may run in several places: the worst counts.
      if (found.get(key) !== 'failed') found.set(key, state);
    }
  }
  return found;
}

async function runTests() {
  const folder = await mkdtemp(join(tmpdir(), 'sinkhorn-support-'));
  const report = join(folder, 'report.jsonl');
  const projects = ['node', 'webgpu', 'browser', 'isolated browser'].flatMap((name) => ['--project', name]);
  const paths = ['packages/conformance/test/cpu', 'packages/backend-wasm/test/conformance'];
  paths.push('packages/backend-webgpu/test/conformance', 'packages/backend-gpujs/test/conformance');
  const reporters = ['--reporter=default', '--reporter=./scripts/check/reporter.mjs'];
  try {
    await execa('vitest', ['run', ...projects, ...paths, ...reporters], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      preferLocal: true,
      stdio: 'inherit',
      reject: false,
      env: { SINKHORN_TEST_EVENTS: report },
    });
    return await readReports([report]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
