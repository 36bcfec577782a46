import type { Runner } from '../measuring/runner.js';
import type { Cell, Table } from '../report/table.js';
import type { RegistrationError, RegistrationErrors } from '../tasks/registrationErrors.js';

export interface RegistrationsPlan {
  readonly threads: number;
  readonly runs: readonly (Pick<RegistrationErrors, 'family' | 'count' | 'strengths'> & {
    readonly what: string;
    readonly samples: readonly RegistrationErrors['sample'][];
    /** Points off by less than this many spreads are right, and by more than the other are wrong. */
    readonly right: number;
    readonly wrong: number;
  })[];
}

/** How far off registrations of made shapes are, and whether their doubts say so. */
export async function registrations(run: Runner, { threads, runs }: RegistrationsPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const { what, samples, right, wrong, ...given } of runs) {
    for (const sample of samples) {
      const { result } = await run('registrationErrors', { ...given, sample, backend: { name: 'wasm', threads } });
      const among = (from: number, to: number) => result.filter(({ off }) => off >= from && off < to);
      const doubted = (some: readonly RegistrationError[]) => some.filter(({ doubts }) => doubts.length > 0).length;
      const [good, between, bad] = [among(0, right), among(right, wrong), among(wrong, Number.POSITIVE_INFINITY)];
      rows.push({
        what,
        sample,
        right: good.length,
        needless: doubted(good),
        between: between.length,
        betweenTold: doubted(between),
        wrong: bad.length,
        told: doubted(bad),
        untold:
          bad
            .filter(({ doubts }) => doubts.length === 0)
            .map(nameOf)
            .join('; ') || 'none',
      });
    }
  }
  return [
    {
      title: 'Doubts of registrations',
      text: `Eight made shapes in the plane and in space, of which three are nearly symmetric and two have no surface inside, moved by known maps and registered onto another sample. Points of rigid and affine maps are right when off by less than .05 spreads of the target and wrong above .1, those of bends .1 and .2; "told" counts results with a doubt. With wasm on ${threads} threads.`,
      columns: [
        { key: 'what', title: 'maps', format: 'text' },
        { key: 'sample', title: 'target', format: 'text' },
        { key: 'right', title: 'right', format: 'count' },
        { key: 'needless', title: 'of these doubted', format: 'count' },
        { key: 'between', title: 'between', format: 'count' },
        { key: 'betweenTold', title: 'of these doubted', format: 'count' },
        { key: 'wrong', title: 'wrong', format: 'count' },
        { key: 'told', title: 'of these told', format: 'count' },
        { key: 'untold', title: 'wrong and not told', format: 'text' },
      ],
      rows,
    },
  ];
}

const nameOf = ({ shape, strength, off }: RegistrationError) => `${shape} at ${strength}: ${off.toPrecision(2)}`;
