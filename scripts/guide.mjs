/**
 * The guide, followed line by line in a project of somebody else's: every plain `ts` example of the README and the guide, with
 * the packages as they are published. A `text printed` fence after an example is what it prints: the run compares both.
 * A `ts goes-on` fence goes on from the last plain one before it. `ts compiles` and `tsx` type check and do not run.
 *
 *     node scripts/guide.mjs [NAME ...]          runs the examples of the documents whose paths have a NAME in them
 *     node scripts/guide.mjs --write [NAME ...]  and writes what they print below them
 *
 * Both want the packages built.
 */
import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { visit } from 'unist-util-visit';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {Record<string, string>} */
const versions = createRequire(import.meta.url)('../package.json').devDependencies;

/** What the guide says to install beside our packages, and what its reader has: in the versions of this repository. */
export const guideDependencies = ['typescript', '@tensorflow/tfjs', '@types/node', '@types/react', 'vega-datasets'].map(
  (name) => `${name}@${versions[name]}`,
);

const configuration = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    jsx: 'react-jsx',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: 'guide',
    outDir: 'out',
  },
  include: ['guide'],
};

/**
 * @typedef {object} Example
 * @property {string} name that of its module
 * @property {string} file the document, from the root
 * @property {number} line its first line of code there, counted from 1
 * @property {string} code
 * @property {'ts' | 'tsx'} lang
 * @property {boolean} runs
 * @property {string} [printed] what it prints, by the document
 * @property {{ start: number, end: number }} [place] of what it prints in the document
 */

/**
 * Writes the examples into a folder, and what checks and runs them there: `tsc`, then `node out/all.js`.
 * @param {string} folder
 * @param {readonly string[]} [names] parts of the paths of documents: all documents when there are none
 */
export async function writeGuide(folder, names = []) {
  await mkdir(join(folder, 'guide'), { recursive: true });
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  const guide = readdirSync(join(root, 'docs/guide'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/guide/${file.replaceAll('\\', '/')}`);
  const files = ['README.md', ...guide.sort()].filter(
    (file) => names.length === 0 || names.some((name) => file.includes(name)),
  );
  /** @type {Example[]} */
  const examples = [];
  for (const file of files) examples.push(...examplesOf(file, await readFile(join(root, file), 'utf8')));
  for (const { name, line, code, lang } of examples) {
    // With the line numbers of the file it stands in, as a module even where it imports nothing.
    await writeFile(join(folder, 'guide', `${name}.${lang}`), `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
  }
  await writeFile(join(folder, 'guide/all.ts'), runner(examples));
  return examples;
}

/**
 * @param {string} file
 * @param {string} text
 */
function examplesOf(file, text) {
  /** @type {Example[]} */
  const examples = [];
  /** @type {Example | undefined} */
  let plain;
  visit(fromMarkdown(text), 'code', ({ lang, meta, value, position }) => {
    if (!position) return;
    const last = examples.at(-1);
    if (lang === 'text' && meta === 'printed' && last) {
      last.printed = value;
      last.place = { start: position.start.offset ?? 0, end: position.end.offset ?? 0 };
    }
    if ((lang !== 'ts' && lang !== 'tsx') || (meta && meta !== 'goes-on' && meta !== 'compiles')) return;
    const line = position.start.line + 1;
    const name = `${file.replaceAll('/', '-')}-line-${line}`;
    const goesOn = meta === 'goes-on' && plain ? `${plain.code}\n${value}` : value;
    const runs = lang === 'ts' && meta !== 'compiles';
    examples.push({ name, file, line: meta === 'goes-on' ? 1 : line, code: goesOn, lang, runs });
    if (!meta) plain = examples.at(-1);
  });
  return examples;
}

/**
 * A module that runs all of them in turn, and leaves what they print in printed.json.
 * @param {readonly Example[]} examples
 */
function runner(examples) {
  const expected = Object.fromEntries(examples.flatMap(({ name, printed }) => (printed ? [[name, printed]] : [])));
  return `import { writeFileSync } from 'node:fs';
import { format } from 'node:util';

const expected: Record<string, string> = ${JSON.stringify(expected, undefined, 2)};
const printed: Record<string, string> = {};
const { log } = console;

async function run(name: string) {
  const lines: string[] = [];
  console.log = (...things: unknown[]) => void lines.push(format(...things));
  try {
    await import(\`./\${name}.js\`);
    printed[name] = lines.join('\\n');
    // One that goes on from another prints what that one does first.
    if (expected[name] !== undefined && !\`\\n\${printed[name]}\`.endsWith(\`\\n\${expected[name]}\`)) {
      throw new Error(\`The document says that it prints\\n\${expected[name]}\\nand it prints\\n\${printed[name]}\`);
    }
  } catch (error) {
    console.error(name, error);
    process.exitCode = 1;
  } finally {
    console.log = log;
  }
}

for (const name of ${JSON.stringify(examples.flatMap(({ name, runs }) => (runs ? [name] : [])))}) await run(name);
writeFileSync('printed.json', JSON.stringify(printed));
// Devices that examples leave open would keep the process.
process.exit();
`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const names = argv.slice(2).filter((argument) => argument !== '--write');
  // In the repository, for the packages to be found from there.
  const folder = join(root, '.examples/documents');
  await rm(folder, { recursive: true, force: true });
  const examples = await writeGuide(folder, names);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const options = { cwd: folder, preferLocal: true, localDir: root, stdio: /** @type {const} */ ('inherit') };
  await execa('tsc', [], options);
  const { exitCode } = await execa('node', ['out/all.js'], { ...options, reject: false });
  if (argv.includes('--write')) await writePrinted(examples, join(folder, 'printed.json'));
  else process.exitCode = exitCode;
}

/**
 * Writes what examples print into the documents, below those that have a `text printed` fence.
 * @param {readonly Example[]} examples
 * @param {string} file
 */
async function writePrinted(examples, file) {
  /** @type {Record<string, string>} */
  const printed = JSON.parse(await readFile(file, 'utf8'));
  for (const document of new Set(examples.map((example) => example.file))) {
    let text = await readFile(join(root, document), 'utf8');
    // From the end, so that places stay where they are.
    for (const { name, place, printed: old, code, file: at } of examples.toReversed()) {
      if (at !== document || !place || printed[name] === undefined) continue;
      const before = examples.filter((one) => one.file === at && one.name !== name && code.startsWith(`${one.code}\n`));
      const skipped = before.map((one) => printed[one.name]).find((all) => all && printed[name].startsWith(`${all}\n`));
      const own = skipped ? printed[name].slice(skipped.length + 1) : printed[name];
      if (own !== old) text = `${text.slice(0, place.start)}\`\`\`text printed\n${own}\n\`\`\`${text.slice(place.end)}`;
    }
    await writeFile(join(root, document), text);
  }
}
