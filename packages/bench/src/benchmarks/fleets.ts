import type { Runner } from '../measuring/runner.js';
import { type Cell, type Column, peakColumn, type Table } from '../report/table.js';
import { planMatrix, planSolve } from '../tasks/fleetPlan.js';
import type { FleetTime, FleetTimes } from '../tasks/fleetTimes.js';
import type { ShardTime, ShardTimes } from '../tasks/shardTimes.js';

export interface FleetsPlan {
  readonly matrices: readonly FleetTimes[];
  readonly passes: readonly ShardTimes[];
}

/** The fleet that is simulated. */
const FLEET = { machines: 64, coresEach: 8, clouds: 10_000, deathsAnHour: 10, takeover: 16, ahead: 8192, spread: 0.2 };
const SOLVE = { points: 1e7, passes: 60, parts: 4, bandwidth: 1.25e9 };

/** What the way by Redis adds to tiles, and to passes whose rows are shared out; and what both make of many machines. */
export async function fleets(run: Runner, plan: FleetsPlan): Promise<Table[]> {
  const matrices: Row[] = [];
  const plannedMatrices: Row[] = [];
  for (const argument of plan.matrices) {
    const { result, peak } = await run('fleetTimes', argument);
    const { module: _, ...sizes } = argument;
    matrices.push({ ...sizes, ...(result ?? lacking(matrixColumns)), peak });
    plannedMatrices.push({ side: argument.side, ...(result ? matrixOnFleet(argument, result) : lacking(planColumns)) });
  }
  const passes: Row[] = [];
  const plannedSolves: Row[] = [];
  for (const argument of plan.passes) {
    const { result, peak } = await run('shardTimes', argument);
    const { module: _, ...sizes } = argument;
    passes.push({ ...sizes, ...(result ?? lacking(passColumns)), peak });
    plannedSolves.push({
      dimension: argument.dimension,
      ...(result ? solveOnFleet(argument, result) : lacking(solveColumns)),
    });
  }
  const { machines, coresEach, clouds, deathsAnHour, takeover, ahead, spread } = FLEET;
  return [
    {
      title: 'Tiles by Redis',
      text: 'Matrices of Sinkhorn divergences, float32 on wasm: whole runs on a pool of one thread, on another such pool, and on one such pool behind Redis; in an order that changes, with other clouds each time, medians. It is the processor\'s time of all who take part, the server\'s too, which does not depend on who else is on the machine as much as the clock\'s. "more" is the run by Redis over the one on the thread in the same round, less 1; "noise" is the same of the other pool, which does just what the first one does: what Redis adds can be told from it only where it is larger. "the way" is what Redis adds to a tile of as many pairs of 2 points, in which there is next to nothing to compute; its share is that over a tile on a thread.',
      columns: [
        { key: 'clouds', title: 'clouds', format: 'count' },
        { key: 'side', title: 'a side of a tile', format: 'count' },
        { key: 'points', title: 'points', format: 'count' },
        { key: 'blur', title: 'blur', format: 'digits3' },
        ...matrixColumns,
        peakColumn,
      ],
      rows: matrices,
    },
    {
      title: 'Passes in shards',
      text: 'Softmins over all pairs, float32 on wasm, each from the potential that the last one gave: on one thread, and with the rows shared out by Redis to threads of one worker; in turn, medians. "added" is what sharding adds to the processor\'s time, the server\'s too. "the way" is the clock\'s time of a pass over a hundredth of the points, from the call to the numbers.',
      columns: [
        { key: 'n', title: 'N', format: 'count' },
        { key: 'dimension', title: 'D', format: 'count' },
        { key: 'shards', title: 'shards', format: 'count' },
        ...passColumns,
        peakColumn,
      ],
      rows: passes,
    },
    {
      title: `A matrix of ${clouds.toLocaleString('en')} clouds on ${machines} machines, by simulation`,
      text: `Tile by tile, from what the first table measured: ${machines} machines of ${coresEach} cores, ${ahead.toLocaleString('en')} tiles on their way at a time, tiles that take up to ${100 * spread} % more or less, ${deathsAnHour} cores that die in an hour and whose tile another one has ${takeover} s later. Redis does one thing at a time, and so does who asks, of whom all is taken to be that Redis does not do.`,
      columns: [{ key: 'side', title: 'a side of a tile', format: 'count' }, ...planColumns],
      rows: plannedMatrices,
    },
    {
      title: `A solve of ${SOLVE.points.toExponential().replace('e+', 'e')} points against as many on ${machines} machines, by simulation`,
      text: `Part by part, from what the second table measured: ${SOLVE.passes} passes, ${SOLVE.parts} parts for each core, ${SOLVE.bandwidth / 1.25e8} Gbit/s out of Redis for all machines together. It is on paper: a worker refuses arrays above 2 GiB of float64.`,
      columns: [{ key: 'dimension', title: 'D', format: 'count' }, ...solveColumns],
      rows: plannedSolves,
    },
  ];
}

type Row = Readonly<Record<string, Cell>>;

const matrixColumns: readonly Column[] = [
  { key: 'tiles', title: 'tiles', format: 'count' },
  { key: 'alone', title: 'a tile on a thread, ms', format: 'digits3' },
  { key: 'fleet', title: 'by Redis, ms', format: 'digits3' },
  { key: 'more', title: 'more', format: 'percent' },
  { key: 'noise', title: 'noise', format: 'percent' },
  { key: 'way', title: 'the way, ms', format: 'digits3' },
  { key: 'server', title: 'of that the server, ms', format: 'digits3' },
  { key: 'share', title: "the way's share", format: 'percent' },
  { key: 'different', title: 'other bits', format: 'count' },
];
const passColumns: readonly Column[] = [
  { key: 'alone', title: 'one thread, ms', format: 'digits3' },
  { key: 'aloneCpu', title: 'of the processor', format: 'digits3' },
  { key: 'sharded', title: 'in shards, ms', format: 'digits3' },
  { key: 'shardedCpu', title: 'of the processor', format: 'digits3' },
  { key: 'added', title: 'added, ms', format: 'digits3' },
  { key: 'way', title: 'the way, ms', format: 'digits3' },
  { key: 'different', title: 'other bits', format: 'count' },
];
const planColumns: readonly Column[] = [
  { key: 'tiles', title: 'tiles', format: 'count' },
  { key: 'minutes', title: 'minutes', format: 'digits3' },
  { key: 'busy', title: 'cores busy', format: 'percent' },
  { key: 'askerBusy', title: 'asker busy', format: 'percent' },
  { key: 'serverBusy', title: 'Redis busy', format: 'percent' },
  { key: 'deaths', title: 'tiles lost and done again', format: 'count' },
  { key: 'results', title: 'results, MB', format: 'digits3' },
];
const solveColumns: readonly Column[] = [
  { key: 'rate', title: 'pairs a second and core', format: 'power' },
  { key: 'days', title: 'days', format: 'digits3' },
  { key: 'clouds', title: 'sending clouds, minutes', format: 'digits3' },
  { key: 'sending', title: 'sending in a pass, s', format: 'digits3' },
  { key: 'computing', title: 'computing in a pass, s', format: 'digits3' },
  { key: 'memory', title: 'clouds on a machine, GB', format: 'digits3' },
];

const lacking = (columns: readonly Column[]): Row =>
  Object.fromEntries(columns.map(({ key }) => [key, 'needs redis-server']));

function matrixOnFleet({ side, clouds }: FleetTimes, { tiles, alone, way, server }: FleetTime): Row {
  const { machines, coresEach } = FLEET;
  const pairs = (clouds * (clouds + 1)) / 2;
  const { seconds, ...found } = planMatrix({
    ...FLEET,
    side,
    cores: machines * coresEach,
    pair: (alone * tiles) / pairs / 1e3,
    asking: Math.max(0, way - server) / 1e3,
    server: server / 1e3,
  });
  const results = (9 * (FLEET.clouds * (FLEET.clouds + 1))) / 2 / 1e6;
  return { ...found, minutes: seconds / 60, results };
}

function solveOnFleet({ n, dimension }: ShardTimes, { aloneCpu, way }: ShardTime): Row {
  const rate = n ** 2 / (aloneCpu / 1e3);
  const found = planSolve({ ...FLEET, ...SOLVE, dimension, rate, way: way / 1e3 });
  return {
    rate,
    days: found.seconds / 86_400,
    clouds: found.sendingClouds / 60,
    sending: found.sendingEachPass,
    computing: found.computingEachPass,
    memory: found.memory / 1e9,
  };
}
