/** The check itself: that it finds out what hangs, and counts what it should. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../scripts/check/folders.mjs';
import { follow } from '../scripts/check/results.mjs';
import { hangDetector } from '../scripts/check/runWatched.mjs';
import { slowness } from '../scripts/check/slowness.mjs';

describe('a hang', () => {
  /** Looks once a second at a command that takes so much of the processor and makes so much progress each second. */
  function firstAlarm(seconds: number, { processor, progress }: { processor: number | undefined; progress: number }) {
    let time = 0;
    const look = hangDetector(undefined, () => time);
    for (; time <= seconds; time++) {
      const why = look(Math.floor(time * progress), processor === undefined ? undefined : time * processor);
      if (why) return { time, why };
    }
    return undefined;
  }

  test('is no slow command that makes progress', () => {
    expect(firstAlarm(10_000, { processor: 2, progress: 1 / 60 })).toBeUndefined();
    expect(firstAlarm(10_000, { processor: 0, progress: 1 / 60 })).toBeUndefined();
    expect(firstAlarm(10_000, { processor: undefined, progress: 1 / 60 })).toBeUndefined();
  });

  test('is processor time without progress', () => {
    const alarm = firstAlarm(10_000, { processor: 1, progress: 0 });
    expect(alarm?.why).toMatch(/^\d+ s of processor time without a sign of progress$/);
    expect(alarm?.time).toBeCloseTo(240 * slowness(), -1);
  });

  test('on a busy machine takes as much processor time to be found', () => {
    expect(firstAlarm(10_000, { processor: 0.25, progress: 0 })?.time).toBeCloseTo(960 * slowness(), -1);
  });

  test('is a command that does not run at all', () => {
    expect(firstAlarm(10_000, { processor: 0.005, progress: 0 })?.why).toBe('nothing of it has run for 180 s');
  });
});

test('every mutant has its place in the sources', () => {
  const script = join(root, 'scripts/mutants/run.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--list'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe('the results of tests', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sinkhorn-results-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('tell which files nothing was heard of', () => {
    const file = join(folder, 'files.jsonl');
    const look = follow(file);
    const events = [
      { event: 'planned', file: 'node one.test.ts' },
      { event: 'planned', file: 'isolated browser two.test.ts' },
      { event: 'collected', file: 'node one.test.ts', count: 1 },
    ];
    appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    expect(look().unheard).toEqual(['isolated browser two.test.ts']);
    appendFileSync(file, `${JSON.stringify({ ...events[1], event: 'collected' })}\n`);
    expect(look().unheard).toEqual([]);
  });

  test('are there up to where a stage was ended, with the test that was running', () => {
    const file = join(folder, 'events.jsonl');
    const look = follow(file);
    expect(look().count).toBe(0);
    const write = (...events: object[]) =>
      appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    write({ event: 'collected', file: 'a.test.ts', count: 4 });
    write(
      { event: 'started', id: '1', name: 'one', pid: 7 },
      { event: 'ended', id: '1', name: 'one', state: 'passed' },
    );
    write(
      { event: 'started', id: '2', name: 'two', pid: 7 },
      { event: 'ended', id: '2', name: 'two', state: 'failed' },
    );
    write(
      { event: 'ended', id: '3', name: 'three', state: 'skipped' },
      { event: 'started', id: '4', name: 'four', pid: 7 },
    );
    appendFileSync(file, '{"event":"ended","id"');
    const { passed, failed, skipped, running, found, last } = look();
    expect([passed, failed, skipped, running].map((list) => list.map(({ name }) => name))).toEqual([
      ['one'],
      ['two'],
      ['three'],
      ['four'],
    ]);
    expect(found).toBe(4);
    expect(last?.name).toBe('four');
    appendFileSync(file, ':"4","name":"four","state":"passed"}\n');
    expect(look().passed.map(({ name }) => name)).toEqual(['one', 'four']);
  });
});
