/**
 * Plain English: words that this project's readers should not meet, and how easily its documents read.
 *
 *     node scripts/prose.mjs            checks; part of the lint stage
 *     node scripts/prose.mjs --scores   lists the reading ease of every document
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { flesch } from 'flesch';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { syllable } from 'syllable';
import { SKIP, visit } from 'unist-util-visit';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What not to write, and what to write in its place.
 * @type {readonly (readonly [RegExp, string])[]}
 */
const WORDS = [
  [/\bst(ands?|ood) for\b/i, 'represents, means, is short for'],
  [/\bpass(ed|ing) over\b/i, 'skipped, ignored'],
  [/\bgone through\b/i, 'visited'],
  [/\bgiv(e|es|ing) way\b/i, 'yield to the event loop'],
  [/\b(comes?|came|coming) up\b/i, 'works, starts, is available'],
  [
    /\b(plays?|played) (the|a|by a) (gpu|program)\b|\bprogram (that )?plays\b|\bplayed by a program\b/i,
    'software emulation',
  ],
  [/\bplain loops?\b/i, 'loops without ..., or say what they do'],
  [/\bone'?s own\b|\bof one's own\b/i, 'your own'],
  [/\bin the place of\b/i, 'instead of'],
  [/\bputs? to the test\b/i, 'tests'],
  [/\bis through with\b|\bare through with\b/i, 'finishes'],
  [/\bhardly anything\b/i, 'almost nothing'],
  [/\bbec(a|o)mes? of\b/i, 'what happens to'],
  [/\bbe had\b/i, 'available, possible'],
  [/\bheed(s|ed)?\b/i, 'notices, stops on'],
  [/\bheld against\b|\b(is|are) held to\b/i, 'compared with, checked against'],
  [/\b(signal|abort|interrupt|stop)s? (is|are|be) heard\b|\bhears? (of|an)\b/i, 'noticed, is told of'],
  [/\b(simply|obviously|of course|needless to say)\b/i, 'nothing: leave it out'],
  [/\b(utili[sz]e|leverage)[sd]?\b/i, 'use'],
];

/**
 * Flesch reading ease: 60 to 70 is plain English, 30 to 50 that of papers. Names of methods have many syllables, and are prose
 * here all the same. Raising a floor asks for shorter words and sentences.
 */
const FLOORS = { 'README.md': 70, guide: 60 };
/** Fewer words than this say nothing about how a text reads. */
const FEWEST_WORDS = 60;

/** Columns of code: what a phone held sideways and half a laptop show without scrolling. */
const WIDEST_CODE = 80;
/** Columns of the diagrams of ARCHITECTURE.md, whose page has the width of the screen for them. */
const WIDEST_DIAGRAM = 140;
/** What need not fit: the page breaks the lines that a program printed. */
const BROKEN_BY_THE_PAGE = 'text';

/** Folders whose documents and sources are ours to read. */
const FOLDERS = ['docs', 'packages', 'examples', 'scripts', 'tests'];
const SKIPPED = /(^|\/)(node_modules|dist|\.vitepress|api|results|reference|fixtures|figures|CHANGELOG\.md)(\/|$)/;
/** It has to name what it looks for. */
const ITSELF = 'scripts/prose.mjs';

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.(md|ts|mjs|vue)$/.test(name) && !SKIPPED.test(name) && name !== ITSELF),
);
const documents = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', ...files.filter((name) => name.endsWith('.md'))];
const sources = files.filter((name) => !name.endsWith('.md') && !name.includes('/test'));

/** @type {string[]} */
const faults = [];
for (const file of [...documents, ...sources]) {
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      for (const [word, better] of WORDS) {
        const [found] = word.exec(line) ?? [];
        if (found) faults.push(`${file}:${index + 1}: '${found}': ${better}`);
      }
    });
}
const onTheSite = documents.filter((name) => !name.includes('/') || name.startsWith('docs/'));
for (const file of onTheSite) {
  visit(fromMarkdown(readFileSync(join(root, file), 'utf8')), 'code', ({ lang, value, position }) => {
    if (lang === BROKEN_BY_THE_PAGE) return;
    const widest = file === 'ARCHITECTURE.md' && !lang ? WIDEST_DIAGRAM : WIDEST_CODE;
    for (const [index, line] of value.split('\n').entries()) {
      if (line.length <= widest) continue;
      const place = `${file}:${(position?.start.line ?? 0) + 1 + index}`;
      faults.push(`${place}: ${line.length} columns of code, at most ${widest}: break the line`);
    }
  });
}
for (const file of documents.filter((name) => name === 'README.md' || name.startsWith('docs/guide/'))) {
  const markdown = readFileSync(join(root, file), 'utf8');
  const text = proseOf(markdown);
  const words = text.flatMap((sentence) => sentence.match(/[\p{L}\p{N}'’-]+/gu) ?? []);
  if (words.length < FEWEST_WORDS) continue;
  const syllables = words.reduce((sum, word) => sum + Math.max(1, syllable(word)), 0);
  const ease = flesch({ sentence: text.length, word: words.length, syllable: syllables });
  const floor = file === 'README.md' ? FLOORS['README.md'] : FLOORS.guide;
  if (argv.includes('--scores')) console.log(ease.toFixed(0).padStart(4), file);
  if (ease < floor)
    faults.push(`${file}: reading ease ${ease.toFixed(0)}, at least ${floor}: shorter sentences and words`);
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

/**
 * The sentences of a document, without code, tables, formulas and markup.
 * @param {string} markdown
 */
function proseOf(markdown) {
  /** @type {string[]} */
  const sentences = [];
  const text = markdown.replaceAll(/\$\$[^$]*\$\$/g, '').replaceAll(/<script[\s\S]*?<\/script>/g, '');
  visit(fromMarkdown(text), ['heading', 'paragraph'], (node) => {
    if (node.type === 'heading') return SKIP;
    /** @type {string[]} */
    const parts = [];
    // A name in code is a word, whatever its letters.
    visit(node, (child) => {
      if (child.type === 'text') parts.push(child.value);
      if (child.type === 'inlineCode') parts.push('it');
    });
    const paragraph = parts.join('').trim();
    // Without the syntax of tables the parser takes them for paragraphs.
    if (!paragraph.startsWith('|')) {
      sentences.push(...paragraph.split(/(?<=[.?!])\s+/).filter((sentence) => /\p{L}/u.test(sentence)));
    }
    return SKIP;
  });
  return sentences;
}
