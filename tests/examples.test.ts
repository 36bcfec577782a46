/**
 * Every example for developers type checks and runs: the plain `ts` fences of CONTRIBUTING.md, and those under @example in the
 * docstrings of the packages. A fence that says more than `ts` is no example. Those of README.md and the guide run with the
 * packed packages, as a newcomer runs them: scripts/check/newcomer.mjs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromMarkdown } from 'mdast-util-from-markdown';
import ts from 'typescript';
import { visit } from 'unist-util-visit';
import { describe, expect, it } from 'vitest';

interface Example {
  /** The file it stands in, from the root of the repository. */
  file: string;
  /** The line of its first line of code there, counted from 1. */
  line: number;
  code: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
// In the repository, for the packages to be found from there.
const folder = join(root, '.examples');
const documents = ['CONTRIBUTING.md', 'packages/tfjs/README.md'];
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
  'sinkhorn',
  'cli',
].flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('packages', name, 'src', path))
    .sort(),
);

/** The plain `ts` fences of a Markdown text whose first line is line `firstLine` of `file`. */
function examplesInMarkdown(file: string, text: string, firstLine = 1): Example[] {
  const examples: Example[] = [];
  visit(fromMarkdown(text), 'code', ({ lang, meta, value, position }) => {
    if (lang === 'ts' && !meta && position) examples.push({ file, line: firstLine + position.start.line, code: value });
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
function writeModule({ file, line, code }: Example): string {
  const path = join(folder, `${file.replaceAll(/[\\/]/g, '-')}-line-${line}.ts`);
  writeFileSync(path, '\n'.repeat(line - 1) + code);
  return path;
}

const examples = [
  ...documents.flatMap((file) => examplesInMarkdown(file, readFileSync(join(root, file), 'utf8'))),
  ...sources.flatMap((file) => examplesInSource(file, readFileSync(join(root, file), 'utf8'))),
];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const modules = examples.map(writeModule);

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: modules }, ts.sys, root);
const program = ts.createProgram(modules, options);

examples.forEach(({ file, line }, index) => {
  const path = modules[index];
  describe(`${file}:${line}`, () => {
    it('type checks', () => {
      const messages = ts
        .getPreEmitDiagnostics(program, program.getSourceFile(path))
        .map((diagnostic) => ts.formatDiagnostic(diagnostic, ts.createCompilerHost(options)));
      expect(messages).toEqual([]);
    });

    it('runs', () => import(path));
  });
});

it.each(documents)('%s has examples', (document) => {
  expect(examples.some(({ file }) => file === document)).toBe(true);
});
