import { spawnSync } from 'node:child_process';
import { cpu } from '@sinkhorn/backend-cpu';
import { gpujs } from '@sinkhorn/backend-gpujs';
import { wasm } from '@sinkhorn/backend-wasm';
import { webgpu } from '@sinkhorn/backend-webgpu';
import type { Backend } from '@sinkhorn/core';

type Precision = 'float32' | 'float64';

/** Backends by name, each with the precision it is asked for where it has a choice. */
export const backends: Readonly<Record<string, (precision: Precision) => Backend | Promise<Backend>>> = {
  cpu: () => cpu(),
  wasm: (precision) => wasm({ precision }),
  webgpu: () => webgpu().catch(onSoftware),
  // As JavaScript: WebGL needs a browser.
  gpujs: () => gpujs({ mode: 'cpu' }),
};

/** Without a GPU, the same command once more on the one in software that comes with the repository's Chromium, which a process has to start with. */
async function onSoftware(reason: unknown): Promise<never> {
  if (process.env.VK_DRIVER_FILES) throw reason;
  const url = new URL('../../../scripts/chromium.mjs', import.meta.url);
  const { prepare, vulkanEnvironment } = await import(url.href);
  await prepare();
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    env: { ...process.env, ...vulkanEnvironment },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
