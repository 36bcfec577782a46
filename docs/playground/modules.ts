/** The modules that an example may import when it runs in the page. */
const modules: Record<string, () => Promise<unknown>> = {
  sinkhorn: () => import('sinkhorn'),
  'sinkhorn/toolkit': () => import('sinkhorn/toolkit'),
  'sinkhorn/tfjs': () => import('sinkhorn/tfjs'),
  '@sinkhorn/tfjs': () => import('@sinkhorn/tfjs'),
  // What these have is in sinkhorn too.
  '@sinkhorn/backend-cpu': () => import('sinkhorn'),
  '@sinkhorn/backend-wasm': () => import('sinkhorn'),
  '@sinkhorn/losses': () => import('sinkhorn'),
  '@sinkhorn/losses/extend': () => import('@sinkhorn/losses/extend'),
  '@sinkhorn/core': () => import('@sinkhorn/core'),
  '@sinkhorn/core/extend': () => import('@sinkhorn/core/extend'),
  '@tensorflow/tfjs': () => import('@tensorflow/tfjs'),
};

const has = (name: string) => Object.hasOwn(modules, name);

/** @throws if there is no such module here; what it gives throws where a name is read that the module does not export. */
export async function load(name: string): Promise<unknown> {
  if (!has(name))
    throw new Error(`There is no '${name}' in this page. Import from ${Object.keys(modules).join(', ')}.`);
  return checked(name, Object(await modules[name]()));
}

/** What code reads of a module by itself: whether it is one, its default, and whether it is a promise. */
const READ_BY_ITSELF = ['__esModule', 'default', 'then'];

function checked(name: string, exported: object): object {
  return new Proxy(exported, {
    get(target, key) {
      if (typeof key === 'string' && !(key in target) && !READ_BY_ITSELF.includes(key)) {
        throw new Error(`'${name}' exports no '${key}'${nearest(key, Object.keys(target))}`);
      }
      return Reflect.get(target, key);
    },
  });
}

/** The name that was meant, as far as its case or its beginning tells. */
function nearest(wanted: string, names: readonly string[]): string {
  const low = wanted.toLowerCase();
  const found =
    names.find((name) => name.toLowerCase() === low) ??
    names.find((name) => name.toLowerCase().startsWith(low) || low.startsWith(name.toLowerCase()));
  return found ? `: did you mean '${found}'?` : '.';
}

/** Whether an example can run in the page: all its imports are here, it prints something, and it wants neither Node nor a page. */
export function isRunnable(code: string): boolean {
  const imported = [...code.matchAll(/^import\b[^'"]*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm)].map(
    ([, statement, expression]) => statement ?? expression,
  );
  return code.includes('console.') && !/\b(process|document|window)\b/.test(code) && imported.every(has);
}
