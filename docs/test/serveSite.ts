import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const dist = fileURLToPath(new URL('../.vitepress/dist', import.meta.url));

/** The built site, served as a static host would: under the sub-path it was built for. */
export interface ServedSite {
  /** Ends with a slash. */
  readonly url: string;
  close(): void;
}

/** Every page of the site, from its start. */
export const pages: readonly string[] = existsSync(dist)
  ? readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.html') && path !== '404.html')
      .map((path) => path.split(sep).join('/'))
      .sort()
  : [];

export async function serveSite(): Promise<ServedSite> {
  const start = join(dist, 'index.html');
  if (!existsSync(start)) throw new Error('There is no site in docs/.vitepress/dist: run `pnpm docs:build` first.');
  const base = /href="([^"]*)icon\.svg"/.exec(readFileSync(start, 'utf8'))?.[1];
  if (!base) throw new Error(`${start} does not say under which path the site was built.`);
  const files = sirv(dist, {
    etag: true,
    // As public/_headers asks of hosts: workers may share memory then.
    setHeaders(response) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    },
  });
  const server = createServer((request, response) => {
    const notFound = () => {
      response.writeHead(404).end(`Not found: ${request.url}`);
    };
    if (!request.url?.startsWith(base)) {
      notFound();
      return;
    }
    request.url = `/${request.url.slice(base.length)}`;
    files(request, response, notFound);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
