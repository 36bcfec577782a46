/** Gives the examples of the guide that can run in the page a button that does it. */
import type { MarkdownRenderer } from 'vitepress';
import { isRunnable } from '../playground/modules';

const PLAYGROUND = 'guide/playground.md';

export function runnableExamples(markdown: MarkdownRenderer): void {
  const { fence } = markdown.renderer.rules;
  if (!fence) throw new Error('there is no rule for code to begin with');
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const html = fence(tokens, index, options, env, self);
    const code = codeOf(tokens, index);
    if (!env.relativePath?.startsWith('guide/') || code === undefined || !isRunnable(code)) return html;
    const component = env.relativePath === PLAYGROUND ? 'SharedPlayground' : 'RunnableExample';
    return `<${component} code="${encodeURIComponent(code.trimEnd()).replaceAll("'", '%27')}">${html}</${component}>`;
  };
}

/** What would run: an example that goes on from another has that one's lines above its own. */
function codeOf(tokens: readonly { type: string; info: string; content: string }[], index: number): string | undefined {
  const { info, content } = tokens[index];
  if (info.trim() === 'ts') return content;
  if (info.trim() !== 'ts goes-on') return undefined;
  const before = tokens.slice(0, index).findLast(({ type, info }) => type === 'fence' && info.trim() === 'ts');
  return before && `${before.content}\n${content}`;
}
