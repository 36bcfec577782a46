import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteConfig } from 'vitepress';

/**
 * Lets every page of a build be seen before its scripts have come.
 *
 * The words are in the page already. Its styles go in beside them, so that no second answer has to be waited for, and its scripts are fetched
 * after what is seen: `pnpm docs:lighthouse` says how fast pages are.
 */
export async function paintBeforeScripts({ outDir, site }: SiteConfig): Promise<void> {
  const styles = new Map<string, string>();
  const files = await readdir(outDir, { recursive: true });
  for (const page of files.filter((name) => name.endsWith('.html')).map((name) => join(outDir, name))) {
    const html = await readFile(page, 'utf8');
    const links = [...html.matchAll(/<link rel="preload stylesheet" href="([^"]+)" as="style">/g)];
    let changed = html
      .replaceAll('<link rel="modulepreload" ', '<link rel="modulepreload" fetchpriority="low" ')
      .replaceAll('<script type="module" src=', '<script type="module" fetchpriority="low" src=');
    for (const [link, address] of links) {
      const style = styles.get(address) ?? (await styleOf(address));
      styles.set(address, style);
      changed = changed.replace(link, () => `<style>${style}</style>`);
    }
    await writeFile(page, changed);
  }

  async function styleOf(address: string): Promise<string> {
    const style = await readFile(join(outDir, address.slice(site.base.length)), 'utf8');
    // A style's relative addresses would mean something else in a page.
    const relative = /url\((?!["']?(data:|\/|#|https?:))[^)]{0,60}/.exec(style)?.[0];
    if (relative) throw new Error(`${address} has ${relative}: a page in a folder would look for it elsewhere`);
    return style;
  }
}
