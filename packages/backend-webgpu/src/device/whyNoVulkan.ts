/** Long enough for any driver to start. */
const PATIENCE = 20_000;

/** Says whether there is an adapter, in a process whose complaints nobody sees. */
const PROBE = `import(process.argv[1])
  .then(({ create }) => create([]).requestAdapter())
  .then((adapter) => process.stdout.write(adapter ? 'found' : 'none', () => process.exit()));`;

/**
 * Why WebGPU finds no adapter in Node on Linux, where it needs Vulkan; undefined where it finds one, and where that cannot be told.
 *
 * The package webgpu prints to the terminal what it thinks of a machine without Vulkan, past whatever this process can do about
 * it. Most machines without a screen are of that kind, and being skipped is no fault: so it is tried in another process first,
 * and what that one says becomes the reason.
 */
export async function whyNoVulkan(): Promise<string | undefined> {
  // A program that carries its own Node would start itself.
  if (process.platform !== 'linux' || !/\bnode(js)?[\d.]*$/.test(process.execPath)) return undefined;
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    const { pathToFileURL } = process.getBuiltinModule('node:url');
    const { execFile } = process.getBuiltinModule('node:child_process');
    const url = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;
    return await new Promise((resolve) => {
      const options = { timeout: PATIENCE, env: { ...process.env, NODE_OPTIONS: '' } };
      const child = execFile(
        process.execPath,
        ['--input-type=module', '--eval', PROBE, url],
        options,
        (_, out, complaints) =>
          resolve(out === 'none' ? (/Warning: (.*)/.exec(complaints)?.[1] ?? 'no adapter was found') : undefined),
      );
      child.on('error', () => resolve(undefined));
    });
  } catch {
    return undefined; // The package is not there, or this is a runtime that starts no processes: what comes next says so.
  }
}
