import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** A page's script with all that it imports, bundled and minified as a user would ship it. */
export async function bundle(url: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry: fileURLToPath(url), formats: ['iife'], name: 'page' },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  for (const output of outputs) {
    if ('output' in output) return output.output[0].code;
  }
  throw new Error('vite made no bundle');
}
