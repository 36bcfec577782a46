import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import sirv from 'sirv';
import { launchOptions } from '../../scripts/chromium.mjs';

const browser = await chromium.launch(launchOptions);
const files = sirv('/tmp/w2/app/html');
let bytes = 0;
const seen = [];
const server = createServer((q, r) => files(q, r, () => r.writeHead(404).end()));
await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
const page = await browser.newPage();
page.on('pageerror', (e) => console.log('error', e.message));
page.on('console', (m) => console.log('console', m.text()));
page.on('response', async (r) => {
  if (!r.url().endsWith('.js')) return;
  const p = '/tmp/w2/app/html' + new URL(r.url()).pathname;
  const n = gzipSync(readFileSync(p), { level: 9 }).length;
  bytes += n;
  seen.push(p.split('/').at(-1) + ':' + n);
});
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForFunction(() => document.querySelector('#result').value !== 'computing', null, { timeout: 60000 });
console.log(
  'html:',
  await page.inputValue('#result').catch(() => page.evaluate(() => document.querySelector('#result').value)),
  bytes,
  seen.join(' '),
);
server.close();
for (const mode of ['preview']) {
  const port = mode === 'dev' ? 5311 : 5312;
  const child = spawn(
    'npx',
    [
      'vite',
      mode === 'dev' ? '--port' : 'preview',
      ...(mode === 'dev' ? [String(port)] : ['--port', String(port)]),
      '--strictPort',
    ],
    { cwd: '/tmp/w2/app/react', detached: true },
  );
  child.stdout.on('data', (d) => String(d).match(/error/i) && console.log(String(d)));
  child.stderr.on('data', (d) => console.log('err', String(d)));
  await new Promise((ok) => setTimeout(ok, 9000));
  const p = await browser.newPage();
  p.on('pageerror', (e) => console.log('error', e.message));
  p.on('console', (m) => m.type() === 'error' && console.log('console', m.text()));
  try {
    await p.goto(`http://localhost:${port}/`);
    await p.waitForSelector('progress', { timeout: 60000 }).catch(() => console.log('no progress seen'));
    await p.waitForSelector('output, [role=alert]', { timeout: 90000 });
    console.log('react', mode, await p.textContent('#root'));
  } catch (e) {
    console.log(mode, e.message, await p.content());
  }
  process.kill(-child.pid);
}
await browser.close();
process.exit();
