/**
 * The guide, followed line by line in a project of somebody else's: every plain `ts` example of the README and the guide, with
 * the packages as they are published.
 */
import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { visit } from 'unist-util-visit';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {Record<string, string>} */
const versions = createRequire(import.meta.url)('../package.json').devDependencies;

/** What the guide says to install beside our packages, and what its reader has: in the versions of this repository. */
export const guideDependencies = ['typescript', '@tensorflow/tfjs', '@types/node', 'vega-datasets'].map(
  (name) => `${name}@${versions[name]}`,
);

const configuration = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: 'guide',
    outDir: 'out',
  },
  include: ['guide'],
};

/**
 * Writes the examples into a folder, and what checks and runs them there: `tsc`, then `node out/all.js`.
 * @param {string} folder
 */
export async function writeGuide(folder) {
  await mkdir(join(folder, 'guide'), { recursive: true });
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  const guide = readdirSync(join(root, 'docs/guide'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/guide/${file}`);
  /** @type {string[]} */
  const names = [];
  for (const file of ['README.md', ...guide.sort()]) {
    /** @type {{ line: number, code: string }[]} */
    const examples = [];
    visit(fromMarkdown(await readFile(join(root, file), 'utf8')), 'code', ({ lang, meta, value, position }) => {
      if (lang === 'ts' && !meta && position) examples.push({ line: position.start.line + 1, code: value });
    });
    for (const { line, code } of examples) {
      const name = `${file.replaceAll(/[\\/]/g, '-')}-line-${line}`;
      // With the line numbers of the file it stands in, as a module even where it imports nothing.
      await writeFile(join(folder, 'guide', `${name}.ts`), `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
      names.push(name);
    }
  }
  const run = names.map((name) => `await import('./${name}.js').catch(fail('${name}'));`).join('\n');
  const fail = `const fail = (name: string) => (error: unknown) => {
  console.error(name, error);
  process.exitCode = 1;
};
`;
  // Devices that examples leave open would keep the process.
  await writeFile(join(folder, 'guide/all.ts'), `${fail}${run}\nprocess.exit();\n`);
  return names.length;
}
