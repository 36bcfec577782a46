/** The modules that an example may import when it runs in the page. */
const modules: Record<string, () => Promise<unknown>> = {
  sinkhorn: () => import('sinkhorn'),
  'sinkhorn/toolkit': () => import('sinkhorn/toolkit'),
  'sinkhorn/tfjs': () => import('sinkhorn/tfjs'),
  '@sinkhorn/tfjs': () => import('@sinkhorn/tfjs'),
  // What these have is in sinkhorn too.
  '@sinkhorn/backend-cpu': () => import('sinkhorn'),
  '@sinkhorn/backend-wasm': () => import('sinkhorn'),
  '@tensorflow/tfjs': () => import('@tensorflow/tfjs'),
};

const has = (name: string) => Object.hasOwn(modules, name);

/** @throws if there is no such module here */
export function load(name: string): Promise<unknown> {
  if (has(name)) return modules[name]();
  return Promise.reject(
    new Error(`There is no '${name}' in this page. Import from ${Object.keys(modules).join(', ')}.`),
  );
}

/** Whether an example can run in the page: all its imports are here, it prints something, and it wants neither Node nor a page. */
export function isRunnable(code: string): boolean {
  const imported = [...code.matchAll(/^import\b[^'"]*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm)].map(
    ([, statement, expression]) => statement ?? expression,
  );
  return code.includes('console.') && !/\b(process|document|window)\b/.test(code) && imported.every(has);
}
