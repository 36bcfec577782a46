/** Puts what follows the first paragraph of each section behind a line to be opened: a page of fifty tables is no page to be read. */
import type { MarkdownRenderer } from 'vitepress';

type Tokens = Parameters<Parameters<MarkdownRenderer['core']['ruler']['push']>[1]>[0]['tokens'];

export function tablesBehind(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('tables-behind', (state) => {
    if (state.env.relativePath !== 'benchmarks.md') return;
    const kept: Tokens = [];
    const html = (content: string) => {
      const token = new state.Token('html_block', '', 0);
      token.content = content;
      kept.push(token);
    };
    let isOpen = false;
    const close = () => {
      if (isOpen) html('</details>\n');
      isOpen = false;
    };
    const { tokens } = state;
    for (const [index, token] of tokens.entries()) {
      if (isHeading(token, 'h2')) close();
      else if (!isOpen && isHeading(token, 'h3')) {
        const end = tokens.findIndex((next, k) => k > index && isHeading(next, 'h2'));
        const section = tokens.slice(index, end < 0 ? undefined : end);
        const count = section.filter(({ type }) => type === 'table_open').length;
        html(`<details><summary>${count === 1 ? 'The table' : `The ${count} tables`}</summary>\n`);
        isOpen = true;
      }
      kept.push(token);
    }
    close();
    state.tokens = kept;
    // The outline leads to nothing that is closed.
    state.env.frontmatter = { ...state.env.frontmatter, outline: 2 };
  });
}

const isHeading = ({ type, tag }: Tokens[number], wanted: string): boolean => type === 'heading_open' && tag === wanted;
