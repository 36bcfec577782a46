import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { stretched } from '../../scripts/check/slowness.mjs';
import { launchOptions } from '../../scripts/chromium.mjs';

/** How long a page may take for one thing, in milliseconds: several times what it takes where other work goes on beside it. */
const PATIENCE = 120_000;

/** A browser whose pages are put together without the GPU, which is emulated here: that is left to the demos. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ ...launchOptions, args: [...launchOptions.args, '--disable-gpu-compositing'] });

/** Opens a page and keeps what its console and its requests complain of. */
export async function visit(context: BrowserContext, url: string): Promise<{ page: Page; faults: string[] }> {
  context.setDefaultTimeout(stretched(PATIENCE));
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(url, { waitUntil: 'load' });
  return { page, faults };
}

/** What axe looks at, and for: absent, at the whole page and for all that it knows. */
export interface Audit {
  /** A selector. */
  readonly include?: string;
  readonly exclude?: readonly string[];
  readonly rules?: string[];
  /** What is not looked for. */
  readonly without?: string[];
}

/** What axe finds serious or critical, with the elements it is about. */
export async function accessibilityFaults(
  page: Page,
  { include, exclude = [], rules, without }: Audit = {},
): Promise<string[]> {
  // In the middle of a fade colours are in between, and their contrast means nothing.
  await page.addStyleTag({
    content: '*, *::before, *::after { transition: none !important; animation: none !important; }',
  });
  // Without frames there is nothing to put together on a page of axe's own, which the legacy mode does without.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (include) axe.include(include);
  for (const selector of exclude) axe.exclude(selector);
  if (rules) axe.withRules(rules);
  if (without) axe.disableRules(without);
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
