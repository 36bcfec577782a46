import { differences } from '../measuring/differences.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import type { ContenderName, Solve } from './contenders.js';
import type { WebgpuPeerName } from './peers.js';
import { onWebgpuPage, type WebgpuPage } from './webgpuPage.js';

export interface WebgpuDivergenceTimes extends Repetition {
  readonly dimension: number;
  readonly n: number;
  /** In the order they run in. */
  readonly contenders: readonly ContenderName[];
  /** The seconds that one of them has for its start, and for a divergence. */
  readonly patience: number;
}

/** What came of one of those that are compared. */
export interface ContenderTime {
  /** The seconds from its start to its first result, over few points. */
  readonly first?: number;
  /** The median, in seconds. */
  readonly seconds?: number;
  readonly value?: number;
  /** The most bytes of buffers that its device held. */
  readonly mostHeld?: number;
  /** Why there is nothing, or only so much. */
  readonly failure?: string;
}

export interface LibraryTime extends ContenderTime {
  /** Kernels that a solve starts, and the median of the milliseconds that the page's thread is busy with it. */
  readonly dispatches?: number;
  readonly hostMilliseconds?: number;
  /** The milliseconds of the submissions of a solve. */
  readonly submissions?: Submissions;
}

export interface Submissions {
  readonly count: number;
  readonly median: number;
  /** Nine in ten take less. */
  readonly nineTenths: number;
  readonly longest: number;
}

export interface PeerTime extends ContenderTime {
  /** The median, over rounds, of its time over the library's in the same round. */
  readonly timesFaster?: number;
  /** Relative differences from the library's results. */
  readonly valueDifference?: number;
  readonly gradientDifference?: number;
}

export interface WebgpuDivergenceTime {
  readonly browser: string;
  readonly adapter: string;
  readonly runs: number;
  readonly library: LibraryTime;
  readonly peers: Readonly<Partial<Record<WebgpuPeerName, PeerTime>>>;
}

interface Contender {
  readonly name: ContenderName;
  first?: number;
  readonly solves: Solve[];
  readonly busy: number[];
  failure?: string;
}

/** The most points of a first result: so few that it takes what starting takes. */
const FEW = 256;
/** What a difference in rounding may come to; more is a difference in what is computed. */
const AGREEMENT = 1e-3;

/** Times the divergence, by the library and by peers, in turn in one page. */
export async function divergenceTimes(argument: WebgpuDivergenceTimes): Promise<WebgpuDivergenceTime> {
  const time = await contestTimes(argument);
  if (time.library.failure !== undefined) return time;
  return { ...time, library: { ...time.library, submissions: await submissions(argument) } };
}

/** Of a page's first divergence of some size, alone in its browser. */
const submissions = ({ dimension, n }: WebgpuDivergenceTimes): Promise<Submissions> =>
  onWebgpuPage(async (page) => {
    await page.call('start', 'library', dimension, Math.min(n, FEW));
    return submissionsOf(await page.call('submissions', 'library', dimension, n));
  });

const contestTimes = (argument: WebgpuDivergenceTimes): Promise<WebgpuDivergenceTime> =>
  onWebgpuPage(async (page) => {
    const adapter = await page.call('adapter');
    const all = await contest(page, argument);
    const library = all.find(({ name }) => name === 'library');
    if (!library) throw new TypeError('the library is no contender');
    const others = all.filter((each) => each !== library);
    return {
      browser: `Chromium ${page.browser.version()}`,
      adapter,
      runs: Math.max(...all.map(({ solves }) => solves.length)),
      library: {
        ...timeOf(library),
        dispatches: library.solves[0]?.dispatches,
        hostMilliseconds: library.busy.length > 0 ? 1000 * median(library.busy) : undefined,
      },
      peers: Object.fromEntries(others.map((other) => [other.name, against(library, other)])),
    };
  });

/** Starts the contenders, and lets them run round after round: in the first one they compile, so that it does not count if there are others. */
async function contest(
  page: WebgpuPage,
  { dimension, n, contenders, patience, ...repetition }: WebgpuDivergenceTimes,
): Promise<Contender[]> {
  const all = contenders.map((name): Contender => ({ name, solves: [], busy: [] }));
  // Work that was not waited for goes on in the page, which is then of no use to the others.
  let spoilt: Contender | undefined;
  const each = async (act: (contender: Contender) => Promise<void>) => {
    for (const contender of all) {
      if (contender.failure !== undefined) continue;
      if (spoilt) {
        if (contender.solves.length === 0) contender.failure = `not run after ${spoilt.name}`;
        continue;
      }
      try {
        if (!(await within(patience, act(contender)))) {
          contender.failure = `no result in ${patience} s`;
          spoilt = contender;
        }
      } catch (error) {
        contender.failure = reasonOf(error);
      }
    }
  };
  await each(async (contender) => {
    contender.first = await page.call('start', contender.name, dimension, Math.min(n, FEW));
  });
  const spent = () => all.flatMap(({ solves }) => solves).reduce((sum, { seconds }) => sum + seconds, 0);
  for (let round = 0; round < repetition.rounds && (round === 0 || spent() <= repetition.limit); round++) {
    await each(async (contender) => {
      const busyBefore = await page.busySeconds();
      const solve = await page.call('solve', contender.name, dimension, n);
      contender.solves.push(solve);
      contender.busy.push((await page.busySeconds()) - busyBefore);
    });
  }
  const ran = all.filter(({ solves }) => solves.length > 0);
  if (ran.every(({ solves }) => solves.length > 1)) {
    for (const { solves, busy } of ran) {
      solves.shift();
      busy.shift();
    }
  }
  return all;
}

function timeOf({ first, solves, failure }: Contender): ContenderTime {
  if (solves.length === 0) return { first, failure };
  return {
    first,
    seconds: median(solves.map(({ seconds }) => seconds)),
    value: solves[0].value,
    mostHeld: solves[solves.length - 1].mostHeld,
    failure,
  };
}

function submissionsOf(milliseconds: readonly number[]): Submissions {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    median: median(sorted),
    nineTenths: sorted[Math.floor(0.9 * (sorted.length - 1))],
    longest: sorted[sorted.length - 1],
  };
}

function against(library: Contender, peer: Contender): PeerTime {
  const time = timeOf(peer);
  const rounds = Math.min(library.solves.length, peer.solves.length);
  if (rounds === 0) return time;
  const [ours, theirs] = [library.solves, peer.solves];
  const valueDifference = Math.abs(theirs[0].value / ours[0].value - 1);
  if (!(valueDifference < AGREEMENT)) return { first: time.first, failure: `gives ${theirs[0].value}` };
  return {
    ...time,
    timesFaster: median(Array.from({ length: rounds }, (_, round) => theirs[round].seconds / ours[round].seconds)),
    valueDifference,
    gradientDifference: differences(ours[0].gradient, theirs[0].gradient).relative,
  };
}

/** Whether work is done in some seconds. */
async function within(seconds: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, 1000 * seconds, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first line of a message, without what the driver of the browser puts before it. */
function reasonOf(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/^page\.evaluate: (Error: )?/, '').replaceAll('|', '/');
}
