import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright';
import sirv from 'sirv';
import { launchOptions, prepare } from '../../scripts/chromium.mjs';

await prepare();
const [outDir, mode, ...pages] = process.argv.slice(2);
const files = sirv(new URL('../.vitepress/dist', import.meta.url).pathname, {
  etag: true,
  setHeaders(r) {
    r.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    r.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  },
});
const server = createServer((q, r) => {
  q.url = '/' + q.url.slice('/sinkhorn/'.length);
  files(q, r, () => r.writeHead(404).end());
});
await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
const url = `http://127.0.0.1:${server.address().port}/sinkhorn/`;
const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, '--disable-gpu-compositing'] });
const phone = mode === 'phone';
const context = await browser.newContext({
  viewport: phone ? { width: 390, height: 844 } : { width: 1400, height: 900 },
  colorScheme: phone ? 'dark' : 'light',
  isMobile: phone,
  hasTouch: phone,
});
context.setDefaultTimeout(120000);
mkdirSync(outDir, { recursive: true });
for (const name of pages) {
  const page = await context.newPage();
  const faults = [];
  page.on('console', (m) => m.type() === 'error' && faults.push(m.text()));
  page.on('pageerror', (e) => faults.push(e.message));
  await page.goto(url + name + '.html', { waitUntil: 'load' });
  await page.waitForTimeout(name.startsWith('demos/') || name === 'index' ? 5000 : 700);
  const wide = await page.evaluate(() => ({
    s: document.documentElement.scrollWidth,
    w: innerWidth,
    pres: [...document.querySelectorAll('pre')]
      .filter((p) => p.scrollWidth > p.clientWidth + 1)
      .map((p) =>
        p.innerText
          .split('\n')
          .sort((a, b) => b.length - a.length)[0]
          .slice(0, 100),
      ),
  }));
  const base = `${outDir}/${name.replaceAll('/', '_')}-${phone ? 'p' : 'd'}`;
  // lazy images
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 800) {
      scrollTo(0, y);
      await new Promise((r) => setTimeout(r, 30));
    }
    scrollTo(0, 0);
  });
  await page.waitForTimeout(300);
  const box = await page.evaluate(() => {
    const d = document.querySelector('.VPDoc .content-container') ?? document.body;
    const r = d.getBoundingClientRect();
    return { x: r.x, w: r.width, h: document.documentElement.scrollHeight };
  });
  const x = phone ? 0 : Math.max(0, Math.floor(box.x) - 20),
    w = phone ? 390 : name === 'index' ? 1400 : Math.min(1400, Math.ceil(box.w) + 40);
  const file = `${base}.png`;
  await page.screenshot({ path: file, fullPage: true, clip: { x, y: 0, width: w, height: box.h } });
  const piece = phone ? 1500 : 1500,
    columns = phone ? 4 : name === 'index' ? 1 : 2;
  execFileSync('/usr/bin/convert', [file, '-crop', `${w}x${piece}`, '+repage', `${base}-cut-%02d.png`]);
  execFileSync('bash', [
    '-c',
    `montage $(ls ${base}-cut-*.png) -tile ${columns}x1 -geometry +4+0 -gravity north -background '#f0f' ${base}-m-%02d.png; rm ${base}-cut-*.png ${file}`,
  ]);
  console.log(name, box.h, wide.s > wide.w ? `OVERFLOW ${wide.s}` : '', JSON.stringify(wide.pres), faults.join(' | '));
  await page.close();
}
await browser.close();
server.close();
