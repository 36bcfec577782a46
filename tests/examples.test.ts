/**
 * Every example for developers type checks and runs: the plain `ts` fences of CONTRIBUTING.md, and those under @example in the
 * docstrings of the packages. A fence that says more than `ts` does not run; the `ts no-run` fences of CONTRIBUTING.md type check all the
 * same, and an interface in them is the public one of its name. Those of README.md and the guide run with the
 * packed packages, as a newcomer runs them: scripts/check/newcomer.mjs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromMarkdown } from 'mdast-util-from-markdown';
import ts from 'typescript';
import { visit } from 'unist-util-visit';
import { describe, expect, it } from 'vitest';
import { threadModule } from '../packages/fleet/src/threadModule.js';
import { fleetThread } from './support/fleetThread.js';

// Node itself starts a fleet's threads, and reads no TypeScript.
threadModule.url = await fleetThread();

interface Example {
  /** The file it stands in, from the root of the repository. */
  file: string;
  /** The line of its first line of code there, counted from 1. */
  line: number;
  code: string;
  runs: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
// In the repository, for the packages to be found from there.
const folder = join(root, '.examples');
const documents = ['CONTRIBUTING.md', 'packages/tfjs/README.md'];
/** The document whose fences that do not run are code that compiles. */
const sketched = 'CONTRIBUTING.md';
/** What examples import from beside themselves: files of the example packages. */
const beside = {
  toy: 'toy-backend/src/toy',
  meanDistance: 'extend/src/meanDistance',
  costMatrix: 'extend/src/costMatrix',
  totalVariation: 'extend/src/totalVariation',
};
/** Where the interfaces that the document shows are published. */
const entries = ['@sinkhorn/core', '@sinkhorn/core/extend', '@sinkhorn/losses', '@sinkhorn/losses/extend'];
const sources = [
  'core',
  'losses',
  'backend-cpu',
  'backend-wasm',
  'backend-webgpu',
  'backend-gpujs',
  'conformance',
  'tfjs',
  'toolkit',
  'fleet',
  'sinkhorn',
  'cli',
].flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('packages', name, 'src', path))
    .sort(),
);

/** The plain `ts` fences of a Markdown text whose first line is line `firstLine` of `file`, and those that do not run but compile. */
function examplesInMarkdown(file: string, text: string, firstLine = 1): Example[] {
  const examples: Example[] = [];
  visit(fromMarkdown(text), 'code', ({ lang, meta, value, position }) => {
    const compiles = !meta || (meta === 'no-run' && file === sketched);
    if (lang !== 'ts' || !compiles || !position) return;
    examples.push({ file, line: firstLine + position.start.line, code: value, runs: !meta });
  });
  return examples;
}

/** The plain `ts` fences under the @example tags of a TypeScript source; a tag without one is a mistake. */
function examplesInSource(file: string, text: string): Example[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const examplesUnder = (node: ts.Node): Example[] => {
    if (ts.isJSDoc(node)) {
      return (node.tags ?? [])
        .filter((tag) => tag.tagName.text === 'example')
        .flatMap((tag) => {
          const { line } = source.getLineAndCharacterOfPosition(tag.getStart());
          const markdown = tag
            .getText()
            .replace(/^@example/, '')
            .replace(/^[ \t]*\* ?/gm, '');
          const fences = examplesInMarkdown(file, markdown, line + 1);
          if (fences.length === 0) throw new Error(`${file}:${line + 1}: this @example has no ts fence`);
          return fences;
        });
    }
    return node.getChildren().flatMap(examplesUnder);
  };
  return examplesUnder(source);
}

/** The module of an example, with the line numbers of the file it stands in. */
function writeModule({ file, line, code, runs }: Example): string {
  const path = join(folder, `${file.replaceAll(/[\\/]/g, '-')}-line-${line}.ts`);
  // A module even where it imports nothing.
  const comparisons = runs ? '' : `\nexport {};\n${interfacesOf(code).map(comparison).join('\n')}`;
  writeFileSync(path, '\n'.repeat(line - 1) + code + comparisons);
  return path;
}

interface Sketch {
  readonly name: string;
  /** As they are declared, and as they are passed on. */
  readonly parameters: string;
  readonly given: string;
}

function interfacesOf(code: string): Sketch[] {
  const list = (items: readonly string[]) => (items.length > 0 ? `<${items.join(', ')}>` : '');
  return ts
    .createSourceFile('sketch.ts', code, ts.ScriptTarget.Latest, true)
    .statements.filter(ts.isInterfaceDeclaration)
    .map(({ name, typeParameters = [] as readonly ts.TypeParameterDeclaration[] }) => ({
      name: name.text,
      parameters: list(typeParameters.map((parameter) => parameter.getText())),
      given: list(typeParameters.map((parameter) => parameter.name.text)),
    }));
}

/** Two functions that compile where an interface and the public one of its name can replace each other. */
function comparison({ name, parameters, given }: Sketch): string {
  const entry = entries.find((each) => publicNames.get(each)?.has(name));
  if (!entry) throw new Error(`${sketched} has an interface ${name} that no package has`);
  const [shown, real] = [`${name}${given}`, `import('${entry}').${name}${given}`];
  return `export const isPublic${name} = ${parameters}(shown: ${shown}): ${real} => shown;
export const isShown${name} = ${parameters}(real: ${real}): ${shown} => real;`;
}

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);

/** The names that each entry exports, types among them. */
function namesOfEntries(): Map<string, Set<string>> {
  const importer = join(root, 'tests', 'any.ts');
  const paths = entries.map((entry) => {
    const { resolvedModule } = ts.resolveModuleName(entry, importer, options, ts.sys);
    if (!resolvedModule) throw new Error(`${entry} is not built`);
    return resolvedModule.resolvedFileName;
  });
  const program = ts.createProgram(paths, options);
  const checker = program.getTypeChecker();
  const namesIn = (path: string) => {
    const source = program.getSourceFile(path);
    const symbol = source && checker.getSymbolAtLocation(source);
    return symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
  };
  return new Map(entries.map((entry, index) => [entry, new Set(namesIn(paths[index]))]));
}

const publicNames = namesOfEntries();
const examples = [
  ...documents.flatMap((file) => examplesInMarkdown(file, readFileSync(join(root, file), 'utf8'))),
  ...sources.flatMap((file) => examplesInSource(file, readFileSync(join(root, file), 'utf8'))),
];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, path] of Object.entries(beside)) {
  writeFileSync(join(folder, `${name}.ts`), `export * from '../examples/${path}.js';\n`);
}
const modules = examples.map(writeModule);

const program = ts.createProgram(modules, options);

examples.forEach(({ file, line, runs }, index) => {
  const path = modules[index];
  describe(`${file}:${line}`, () => {
    it('type checks', () => {
      const messages = ts
        .getPreEmitDiagnostics(program, program.getSourceFile(path))
        .map((diagnostic) => ts.formatDiagnostic(diagnostic, ts.createCompilerHost(options)));
      expect(messages).toEqual([]);
    });

    if (runs) it('runs', () => import(path));
  });
});

const copies = examples.flatMap(({ file, line, code }) => {
  const [, path] = /^\/\/ (examples\/\S+)\n/.exec(code) ?? [];
  return path ? [{ path, where: `${file}:${line}`, code: code.slice(code.indexOf('\n') + 1) }] : [];
});
it.each(copies)('$where is $path', ({ path, code }) => {
  expect(`${code}\n`).toBe(readFileSync(join(root, path), 'utf8'));
});
it('the loss, the geometry and the penalty stand in the document', () => {
  expect(copies.map(({ path }) => path)).toEqual(
    ['meanDistance', 'costMatrix', 'totalVariation'].map((name) => `examples/extend/src/${name}.ts`),
  );
});

it.each(documents)('%s has examples', (document) => {
  expect(examples.some(({ file }) => file === document)).toBe(true);
});
