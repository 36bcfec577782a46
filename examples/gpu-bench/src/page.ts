import { wasm } from '@sinkhorn/backend-wasm';
import { webgpu } from '@sinkhorn/backend-webgpu';
import { type BenchRow, benchBackend } from '@sinkhorn/cli/bench';
import type { Backend } from '@sinkhorn/core';

const element = <E extends Element>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
};

const form = element<HTMLFormElement>('form');
const run = element<HTMLButtonElement>('button[type=submit]');
const stop = element<HTMLButtonElement>('button[name=stop]');
const status = element<HTMLElement>('#status');
const body = element<HTMLTableSectionElement>('tbody');
let controller = new AbortController();

stop.addEventListener('click', () => controller.abort(new Error('stopped')));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void bench(new FormData(form));
});

async function bench(chosen: FormData): Promise<void> {
  controller = new AbortController();
  body.replaceChildren();
  run.disabled = true;
  stop.disabled = false;
  status.textContent = 'Opening the backend.';
  let backend: Backend | undefined;
  try {
    const options = {
      sizes: wholes(chosen, 'sizes'),
      dimensions: wholes(chosen, 'dimensions'),
      rounds: 5,
      limitMilliseconds: 5000,
      signal: controller.signal,
    };
    backend = await (chosen.get('backend') === 'wasm' ? wasm() : webgpu({ powerPreference: 'high-performance' }));
    const name = [backend.name, backend.precision, backend.description].filter(Boolean).join(', ');
    status.textContent = `Timing ${name}.`;
    for await (const row of benchBackend(backend, options)) body.append(lineOf(row));
    status.textContent = `Done: ${name}.`;
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    backend?.dispose();
    run.disabled = false;
    stop.disabled = true;
  }
}

function wholes(chosen: FormData, name: string): number[] {
  return String(chosen.get(name))
    .split(',')
    .map((part) => {
      const value = Number(part);
      if (Number.isSafeInteger(value) && value > 0) return value;
      throw new Error(`${name}: "${part}" is no whole number above 0; give a list such as 1000,5000`);
    });
}

function lineOf({ work, dimension, n, firstMilliseconds, milliseconds, pairsPerSecond }: BenchRow): HTMLElement {
  const line = document.createElement('tr');
  const numbers = [dimension, n, firstMilliseconds, milliseconds, pairsPerSecond && pairsPerSecond / 1e9];
  for (const cell of [
    work,
    ...numbers.map((value) => (value === undefined ? '-' : String(Number(value.toPrecision(3))))),
  ]) {
    line.append(Object.assign(document.createElement('td'), { textContent: cell }));
  }
  return line;
}
