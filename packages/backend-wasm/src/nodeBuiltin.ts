/**
 * A module of Node's own, or undefined outside of Node. Asked of the process and not imported: bundlers that make code for
 * pages refuse an import of `node:` anywhere, even where a page never comes.
 */
export function nodeBuiltin<Name extends 'node:os' | 'node:worker_threads'>(
  name: Name,
): ReturnType<typeof process.getBuiltinModule<Name>> | undefined {
  return globalThis.process?.getBuiltinModule?.(name);
}
