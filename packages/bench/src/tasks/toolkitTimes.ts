import { readFile } from 'node:fs/promises';
import type { Backend } from '@sinkhorn/core';
import { drawsFrom } from '@sinkhorn/core/random';
import { energyDistance } from '@sinkhorn/losses';
import { transferColours } from '@sinkhorn/toolkit/colours';
import { drift, driftFrom, driftHtml } from '@sinkhorn/toolkit/drift';
import { registerRigid } from '@sinkhorn/toolkit/registration';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { median } from '../measuring/median.js';
import { timedLater } from '../measuring/timedLater.js';

/** Something that people do with the toolkit, made of so many rows, rows or pixels. */
export interface ToolkitTimes {
  readonly job: keyof typeof jobs;
  readonly size: number;
  readonly backend: BackendChoice;
}

export interface ToolkitTime {
  readonly seconds: number;
  /** What all threads worked together, which hangs on nothing else that the machine does. */
  readonly processor: number;
  /** Of one value of the energy distance of 5,000 against 5,000 points in space, the median of three: what this machine gives now. */
  readonly unit: number;
  /** What came out, which tells whether it is right. */
  readonly found: string;
}

interface Job {
  readonly work: () => Promise<string>;
}

const jobs = {
  drift: driftJob,
  embeddings: embeddingsJob,
  colours: coloursJob,
  registration: registrationJob,
} as const;

/** Times one job, data made and kernels compiled before. */
export async function toolkitTimes({ job, size, backend }: ToolkitTimes): Promise<ToolkitTime> {
  return onBackend(backend, async (opened) => {
    const loss = energyDistance({ backend: opened, strategy: 'dense' });
    const draw = uniformFrom(1);
    const cloud = () => ({ points: Float32Array.from({ length: 15_000 }, draw), dimension: 3 });
    const [x, y] = [cloud(), cloud()];
    await loss.value(x, y);
    const units: number[] = [];
    for (let round = 0; round < 3; round++) units.push((await timedLater(() => loss.value(x, y))).seconds);
    const { work } = await jobs[job](opened, size);
    const before = process.cpuUsage();
    const { result, seconds } = await timedLater(work);
    const { user, system } = process.cpuUsage(before);
    return { seconds, processor: (user + system) / 1e6, unit: median(units), found: result };
  });
}

/** Numbers from 0 to 1. */
function uniformFrom(seed: number): () => number {
  const draw = drawsFrom(seed);
  return () => draw() / 2 ** 32;
}

/** Normal draws by pairs (Box and Muller 1958). */
const normalFrom = (draw: () => number) => () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());

/** Twenty columns of numbers, whole numbers, truth, categories and dates, of which one moved. */
async function driftJob(backend: Backend, rows: number): Promise<Job> {
  const draw = uniformFrom(2);
  const normal = normalFrom(draw);
  const column = (cell: () => unknown) => Array.from({ length: rows }, cell);
  const table = (by: number) => ({
    moved: column(() => normal() + by),
    ...Object.fromEntries(Array.from({ length: 7 }, (_, k) => [`number${k}`, column(() => Math.exp(0.5 * normal()))])),
    ...Object.fromEntries(Array.from({ length: 4 }, (_, k) => [`whole${k}`, column(() => Math.floor(10 * draw()))])),
    ...Object.fromEntries(
      Array.from({ length: 3 }, (_, k) => [`truth${k}`, column(() => (draw() < 0.1 ? null : draw() < 0.5))]),
    ),
    ...Object.fromEntries(
      Array.from({ length: 4 }, (_, k) => [`category${k}`, column(() => `c${Math.floor(40 * draw() ** 2)}`)]),
    ),
    date: column(() => new Date(864e5 * (20_000 + Math.floor(365 * draw())))),
  });
  const [before, after] = [table(0), table(0.1)];
  return {
    async work() {
      const found = await driftFrom(before, { backend })(after);
      const page = driftHtml([found]);
      if (page.length < 1000) throw new Error('the report is empty');
      return found.columns
        .filter(({ drifted }) => drifted)
        .map(({ name }) => name)
        .join(', ');
    },
  };
}

async function embeddingsJob(backend: Backend, count: number): Promise<Job> {
  const normal = normalFrom(uniformFrom(3));
  const vectors = (by: number) => ({
    points: Float32Array.from({ length: 384 * count }, (_, k) => normal() + (k % 384 < 4 ? by : 0)),
    dimension: 384,
  });
  const [before, after] = [vectors(0), vectors(0.2)];
  return {
    work: async () => `p = ${(await drift(before, after, { backend, normalize: 'unit', permutations: 999 })).pValue}`,
  };
}

/** A picture of a sky, and one of sand: smooth, with grain. */
async function coloursJob(backend: Backend, pixels: number): Promise<Job> {
  const draw = uniformFrom(4);
  const [width, height] = [4000, Math.round(pixels / 4000)];
  const picture = (colour: (u: number, v: number) => readonly number[]) => {
    const data = new Uint8ClampedArray(4 * width * height).fill(255);
    for (let k = 0; k < width * height; k++) {
      const grain = 20 * (draw() - 0.5);
      colour((k % width) / width, Math.floor(k / width) / height).forEach((value, channel) => {
        data[4 * k + channel] = value + grain;
      });
    }
    return { data, width, height };
  };
  const sky = picture((u, v) => [90 + 60 * u, 120 + 90 * v, 220 - 60 * v]);
  const sand = picture((u, v) => [180 + 60 * v, 140 + 50 * u, 60 + 40 * u]);
  return {
    async work() {
      const { data } = await transferColours(sky, sand, { backend });
      const mean = (channel: number) => {
        let sum = 0;
        for (let k = channel; k < data.length; k += 4) sum += data[k];
        return Math.round((4 * sum) / data.length);
      };
      return `mean ${mean(0)} ${mean(1)} ${mean(2)}, of sand 210 165 80`;
    },
  };
}

/** One scan of a bunny, turned by 45 degrees, onto another one. */
async function registrationJob(backend: Backend, count: number): Promise<Job> {
  const scan = async (name: string) => {
    const { buffer, byteOffset, byteLength } = await readFile(
      new URL(`../../../../docs/public/scans/${name}.bin`, import.meta.url),
    );
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)).subarray(0, 3 * count);
  };
  const [c, s] = [Math.SQRT1_2, Math.SQRT1_2];
  const target = { points: await scan('bunny-again'), dimension: 3 };
  const points = (await scan('bunny')).map((value, k, all) => {
    const [x, z] = [all[k - (k % 3)], all[k - (k % 3) + 2]];
    return k % 3 === 1 ? value : k % 3 === 0 ? c * x + s * z : c * z - s * x;
  });
  return {
    async work() {
      const { degrees = Number.NaN, doubts } = await registerRigid({ points, dimension: 3 }, target, { backend });
      return `${Math.abs(degrees - 45).toFixed(2)} degrees off${doubts.length > 0 ? ', doubted' : ''}`;
    },
  };
}
