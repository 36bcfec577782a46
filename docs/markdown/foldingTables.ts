/** Gives each cell the heading of its column, with which `style.css` folds a wide table into one block a row on a phone. */
import type { MarkdownRenderer } from 'vitepress';

/** A list of one column fits a phone as it is. */
const FEWEST_COLUMNS = 2;
/** Of so many columns a table may be wider than the page. */
const MANY_COLUMNS = 8;

export function foldingTables(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('folding-tables', ({ tokens, env }) => {
    if (!/^(guide|experiments)\/|^benchmarks\.md$/.test(env.relativePath ?? '')) return;
    let headings: string[] = [];
    let column = 0;
    let table: (typeof tokens)[number] | undefined;
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'table_open') {
        table = token;
        headings = [];
      } else if (token.type === 'th_open') {
        headings.push(textOf(tokens[index + 1]));
        // What scrolls is reached by the keyboard.
        if (headings.length === MANY_COLUMNS) table?.attrSet('tabindex', '0');
      } else if (token.type === 'tr_open') column = 0;
      else if (token.type === 'td_open') {
        if (headings.length >= FEWEST_COLUMNS) token.attrSet('data-heading', headings[column++] ?? '');
        // Numbers stand at the right of a column, which a folded row has not: the style sheet decides.
        if (token.attrGet('style') === 'text-align:right') {
          token.attrs = token.attrs?.filter(([name]) => name !== 'style') ?? null;
          token.attrJoin('class', 'number');
        }
      }
    }
  });
}

/** A heading's words, without its marks. */
const textOf = ({ children }: { children: readonly { content: string }[] | null }): string =>
  (children ?? []).map(({ content }) => content).join('');
