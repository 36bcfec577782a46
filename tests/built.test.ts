/** The packages as they are built: the same names as in the sources, and a first use of each by Node itself, without vitest. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { vulkanEnvironment } from '../scripts/chromium.mjs';
import { publicEntries } from './support/publicEntries.js';

const packages = fileURLToPath(new URL('../packages', import.meta.url));

const run = async (script: string) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(packages, '..'),
    env: { ...process.env, ...vulkanEnvironment },
  });
  return stdout.trim();
};

describe('built packages', () => {
  let exported: Readonly<Record<string, readonly string[]>>;
  beforeAll(async () => {
    const names = JSON.stringify(publicEntries.map(({ name }) => name));
    const script = `
      const list = await Promise.all(${names}.map(async (name) => [name, Object.keys(await import(name)).sort()]));
      console.log(JSON.stringify(Object.fromEntries(list)));`;
    exported = JSON.parse(await run(script));
  });

  it.each(publicEntries)('$name exports what its source does', async ({ name, source }) => {
    expect(exported[name]).toEqual(Object.keys(await import(source)).sort());
    expect(exported[name].length).toBeGreaterThan(0);
  });

  it('are what the names of packages lead to', async () => {
    const url = await run(`console.log(import.meta.resolve('@sinkhorn/losses'))`);
    expect(url).toMatch(/packages\/losses\/dist\/node\.js$/);
  });

  it('have the solvers of Sync methods in Node from the first call', async () => {
    const script = `
      import { cpu } from '@sinkhorn/backend-cpu';
      import { hausdorffDivergence, sinkhornDivergence } from '@sinkhorn/losses';
      const { diagnostics } = sinkhornDivergence({ backend: cpu() }).solveSync([[0], [1]], [[0.2], [0.9]]);
      console.log(hausdorffDivergence({ backend: cpu(), p: 1 }).valueSync([[0, 0]], [[3, 4]]), diagnostics.method);`;
    expect(await run(script)).toBe('5 newton');
  });

  it.each([
    ['cpu', 'cpu()'],
    ['wasm', 'await wasm({ threads: 2 })'],
    ['webgpu', 'await webgpu()'],
    ['gpujs', `await gpujs({ mode: 'cpu' })`],
  ])('%s computes a divergence with its gradient', async (name, make) => {
    const script = `
      import { ${name} } from '@sinkhorn/backend-${name}';
      import { sinkhornDivergence } from '@sinkhorn/losses';
      const backend = ${make};
      const loss = sinkhornDivergence({ backend, p: 2, blur: 0.05 });
      const { value, x } = await loss.valueAndGradients([[0, 0], [1, 0]], [[0, 1], [1, 1]]);
      console.log(value.toFixed(4), backend.threads ?? 1, Array.from(x.points, (entry) => Math.round(1000 * entry) / 1000 || 0).join());
      backend.dispose();
      process.exit();`;
    const threads = name === 'wasm' ? 2 : 1;
    expect(await run(script)).toBe(`0.5000 ${threads} 0,-0.5,0,-0.5`);
  });

  it('share slices among threads, which no process waits for', async () => {
    const script = `
      import { slicedWasserstein } from '@sinkhorn/losses/sliced';
      const cloud = (shift) => ({ points: Float64Array.from({ length: 3000 }, (_, k) => ((k * 0.618) % 1) + shift), dimension: 3 });
      const found = await slicedWasserstein({ threads: 2 }).solve(cloud(0), cloud(0.5));
      console.log(found.threads, found.value === slicedWasserstein().valueSync(cloud(0), cloud(0.5)));`;
    expect(await run(script)).toBe('2 true');
  });

  it('say why there is no WebGPU, and the device library says nothing beside', async () => {
    const script = `
      import { webgpu } from '@sinkhorn/backend-webgpu';
      await webgpu().catch((error) => console.log(error.name, error.message));`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: join(packages, '..'),
      env: { ...process.env, ...vulkanEnvironment, VK_DRIVER_FILES: '/no/such/driver.json' },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^BackendUnavailableError webgpu: .*needs Vulkan here.*\/no\/such\/driver/);
  });

  it('load cells when there are many points', async () => {
    const script = `
      import { sinkhornDivergence, energyDistance, wasm } from 'sinkhorn';
      const backend = await wasm();
      const cloud = (shift) => ({ points: Float64Array.from({ length: 4000 }, (_, k) => ((k * 0.618) % 1) + shift), dimension: 2 });
      const options = { backend, strategy: 'multiscale' };
      const { diagnostics } = await sinkhornDivergence(options).solve(cloud(0), cloud(0.5));
      const norm = await energyDistance(options).solve(cloud(0), cloud(0.5));
      console.log(diagnostics.strategy, norm.diagnostics.strategy);`;
    expect(await run(script)).toBe('multiscale multiscale');
  });
});
