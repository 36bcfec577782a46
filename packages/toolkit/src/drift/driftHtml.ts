import { InvalidOptionError } from '@sinkhorn/core';
import { shownNumber } from '../shownNumber.js';
import type { ColumnDrift, Drift } from './driftResult.js';
import { changeText, effectText, methodText, verdictText } from './driftText.js';
import { escaped } from './escaped.js';
import { columnPicture } from './pictures.js';

/** What a report says beside its results. */
export interface DriftReportOptions {
  /** Default 'Drift report'. */
  readonly title?: string;
}

/**
 * One or more comparisons as a page of HTML that needs nothing else: no script, no font, no picture from elsewhere. It follows the
 * reader's light or dark theme, and prints dark on white. With several comparisons it begins with a table of columns against them.
 *
 * @throws InvalidOptionError where there is no comparison.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { drift, driftHtml } from 'sinkhorn/toolkit';
 *
 * const found = await drift({ load: [1, 2, 3, 4] }, { load: [11, 12, 13, 14] }, { backend: cpu() });
 * if (!driftHtml([found], { title: 'Servers' }).includes('<h1>Servers</h1>')) throw new Error('unexpected');
 * ```
 */
export function driftHtml(found: readonly Drift[], { title = 'Drift report' }: DriftReportOptions = {}): string {
  if (!Array.isArray(found) || found.length === 0) {
    throw new InvalidOptionError('found is empty: give a list of what drift returned');
  }
  const several = found.length > 1;
  const body = [
    `<h1>${escaped(title)}</h1>`,
    several ? overview(found) : '',
    ...(several
      ? found.filter(({ drifted }) => drifted).map((drift) => section(drift, several, ownRemarks(drift, found)))
      : [section(found[0], several, [...found[0].remarks, methodText(found[0])])]),
    several ? withoutDrift(found) : '',
    ...(several ? sharedNotes(found).map(note) : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body.filter(Boolean).join('\n')}
</main>
</body>
</html>
`;
}

/** Columns against comparisons: how much each column changed, a stronger colour for more, and a frame where it drifted. */
function overview(found: readonly Drift[]): string {
  const names = [...new Set(found.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  const drifted = found.filter((drift) => drift.drifted).length;
  const summary = `<p>${drifted === 0 ? 'No drift' : `Drift in ${drifted}`} of ${found.length} comparisons with the reference.</p>`;
  // Names of comparisons stand above their columns, upright: there may be a month of them.
  const head = found.map(({ name }) => `<th scope="col"><span>${escaped(name)}</span></th>`).join('');
  const whole = found.map((drift) => cell(drift.drifted, undefined, `p = ${shownNumber(drift.pValue, 3)}`)).join('');
  const rows = names.map((name) => {
    const cells = found.map(({ columns, absent }) => {
      const column = columns.find((each) => each.name === name);
      if (column)
        return cell(
          column.drifted,
          (column.drifted ? 1 : PALE) * Math.min(1, strength(column)),
          `${effectText(column)}; ${changeText(column)}`,
        );
      return absent.includes(name) ? cell(true, 1, 'absent') : '<td>·</td>';
    });
    return `<tr><th scope="row">${escaped(name)}</th>${cells.join('')}</tr>`;
  });
  return `${summary}
<div class="wide"><table class="overview"><thead><tr><td></td>${head}</tr></thead>
<tbody><tr class="whole"><th scope="row">all together</th>${whole}</tr>
${rows.join('\n')}</tbody></table></div>
<p class="note">✕ drifted. The stronger the colour, the larger the change: 1 deviation, or half of all rows, has all of it; so do columns that are absent. Where a change may be chance, as all of a single row are, it is pale.</p>`;
}

/** How strong a colour is where a change may be chance: of few rows all of them look large. */
const PALE = 0.25;

function cell(drifted: boolean, share: number | undefined, title: string): string {
  const tint = share === undefined ? '' : `<i style="opacity:${shownNumber(Math.min(1, share), 2)}"></i>`;
  // On a strong colour the mark is that of the page: white on it in light, dark on it in dark.
  const strong = share !== undefined && share > 0.5 ? ' class="full"' : '';
  return `<td title="${escaped(title)}"${strong}>${tint}<b>${drifted ? '✕' : ''}</b></td>`;
}

/** From 0 to 1: a deviation, or half of all rows, is 1; cells that became missing, or no longer are, count as rows. */
const strength = ({ kind, effect = 0, deviations, missing }: ColumnDrift): number =>
  Math.max(
    kind === 'category' || kind === 'boolean' ? 2 * effect : (deviations ?? (effect > 0 ? 1 : 0)),
    2 * Math.abs(missing.current - missing.reference),
  );

function section(drift: Drift, several: boolean, remarks: readonly string[]): string {
  const { name, rows, columns, joint } = drift;
  const sorted = [...columns].sort(
    (a, b) => Number(b.drifted) - Number(a.drifted) || a.adjustedPValue - b.adjustedPValue || strength(b) - strength(a),
  );
  // Of several comparisons only what drifted is shown in full.
  const shown = several ? sorted.filter((column) => column.drifted) : sorted;
  const others = several ? sorted.filter((column) => !column.drifted) : [];
  const verdict = verdictText(drift);
  return `<section>
<h2>${escaped(name)}</h2>
<p class="verdict ${drift.drifted ? 'bad' : 'good'}">${escaped(verdict.slice(name.length + 2).replace(/^./, (first) => first.toUpperCase()))}</p>
<p class="note">${count(rows.reference, 'row')} in the reference, ${count(rows.current, 'row')} here.</p>
${joint ? `<p>${escaped(jointText(drift))}</p>` : ''}
${shown.length > 0 ? columnsTable(shown) : ''}
${others.length > 0 ? `<p class="note">No drift found in ${others.map((column) => escaped(column.name)).join(', ')}.</p>` : ''}
${remarks.map(note).join('\n')}
</section>`;
}

function withoutDrift(found: readonly Drift[]): string {
  const quiet = found.filter((drift) => !drift.drifted);
  if (quiet.length === 0) return '';
  const names = quiet.map(({ name, pValue }) => `${escaped(name)} (p = ${shownNumber(pValue, 3)})`);
  return `<section><h2>No drift found</h2><p>${names.join(', ')}</p></section>`;
}

/** What is to be known of one of several comparisons, and not of all of them. */
const ownRemarks = ({ remarks }: Drift, found: readonly Drift[]): readonly string[] =>
  remarks.filter((text) => !found.every((other) => other.remarks.includes(text)));

/** What is to be known of several comparisons and stands in no section: each sentence once, with the names where it is not about all. */
function sharedNotes(found: readonly Drift[]): readonly string[] {
  const names = new Map<string, string[]>();
  for (const drift of found) {
    const shown = drift.drifted ? ownRemarks(drift, found) : [];
    for (const text of [...drift.remarks.filter((remark) => !shown.includes(remark)), methodText(drift)])
      names.set(text, [...(names.get(text) ?? []), drift.name]);
  }
  return [...names].map(([text, of]) => (of.length === found.length ? text : `${of.join(', ')}: ${text}`));
}

/** With numbers and their per cent signs on one line. */
const unbroken = (text: string): string => text.replaceAll(' %', '\u00a0%');

const note = (text: string): string => `<p class="note">${escaped(text)}</p>`;

function jointText({ joint, columns }: Drift): string {
  if (!joint) return '';
  const { pValue, effect, effectByChance, newRows } = joint;
  const unit = columns.length > 0 ? ' deviations' : '';
  const apart =
    effect === undefined || !effectByChance
      ? ''
      : `, ${shownNumber(effect, 3)}${unit} apart; by chance ${shownNumber(effectByChance.median, 3)} at the median`;
  const rows =
    newRows.length > 0
      ? ` Rows that the reference has least of: ${newRows.slice(0, 5).join(', ')} (counted from 0).`
      : '';
  return `${columns.length > 0 ? 'All columns together' : 'All coordinates together'}: p = ${shownNumber(pValue, 3)}${apart}.${rows}`;
}

function columnsTable(columns: readonly ColumnDrift[]): string {
  const rows = columns.map(
    (column) => `<tr class="${column.drifted ? 'drifted' : ''}">
<th scope="row">${escaped(column.name)}<small>${column.kind}${column.drifted ? ', drifted' : ''}</small></th>
<td>${columnPicture(column)}</td>
<td>${unbroken(escaped(changeText(column)))}</td>
<td class="number">${unbroken(escaped(effectText(column)))}</td>
<td class="number">${shownNumber(column.adjustedPValue, 3)}</td>
</tr>`,
  );
  return `<p class="legend"><svg viewBox="0 0 24 10" width="24" height="10" aria-hidden="true"><rect class="before" width="24" height="10"/></svg> reference
<svg viewBox="0 0 24 10" width="24" height="10" aria-hidden="true"><path class="now" d="M0 5H24"/></svg> current data${columns.some(({ categories }) => categories?.some(({ unseen }) => unseen)) ? ' &nbsp; ✱ a category that the reference lacks' : ''}</p>
<table class="columns"><thead><tr><th scope="col">Column</th><th scope="col">Values</th><th scope="col">Change</th><th scope="col">Changed by</th><th scope="col">p</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`;
}

const count = (amount: number, thing: string): string =>
  `${amount.toLocaleString('en')} ${thing}${amount === 1 ? '' : 's'}`;

const light =
  '--page:#fff;--text:#1c2330;--muted:#5a6579;--line:#d5dae3;--before:#aeb8c8;--now:#c2410c;--bad:#b42318;--good:#1a7f46';
const dark =
  '--page:#10151f;--text:#e7ebf3;--muted:#9aa6ba;--line:#2d3749;--before:#4b5a74;--now:#fb923c;--bad:#ff8a7a;--good:#5bd08d';
const style = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{color-scheme:light;${light}}}
*{box-sizing:border-box;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .25rem}
p{margin:.35rem 0}.note,.legend,small{color:var(--muted);font-size:.85rem}small{display:block;font-weight:400}
.verdict{font-weight:600}.bad{color:var(--bad)}.good{color:var(--good)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0}
.columns tr{border-top:1px solid var(--line);break-inside:avoid}.columns thead tr{border-top:0}
.columns thead th{font-size:.8rem;color:var(--muted);font-weight:500}.columns tbody th{font-weight:500;min-width:6.5rem;max-width:11rem;overflow-wrap:anywhere}
.drifted th{color:var(--bad)}.number{font-variant-numeric:tabular-nums}
svg{display:block;max-width:100%;height:auto}.columns td:nth-child(2){min-width:15.6rem}.columns td:nth-child(4){min-width:8rem}svg text{font-size:10.5px;fill:var(--muted)}
.legend{margin-top:.8rem}.legend svg{display:inline-block;vertical-align:-1px}
.before{fill:var(--before)}.now{fill:none;stroke:var(--now);stroke-width:1.75}.nowbar{fill:var(--now)}.axis{stroke:var(--line);fill:none}
.wide{overflow-x:auto}.overview{width:auto;font-size:.8rem}.overview td,.overview th{padding:0;border:1px solid var(--line);font-weight:400}
.overview thead td,.overview thead th{border:0;vertical-align:bottom}.overview thead span{writing-mode:vertical-rl;transform:rotate(180deg);padding:.2rem .1rem;white-space:nowrap}
.overview tbody th{padding:0 .5rem;border:0;text-align:right;white-space:nowrap;vertical-align:middle}
.overview td{position:relative;width:1.3rem;min-width:1.1rem;height:1.3rem;text-align:center;vertical-align:middle}
.overview i{position:absolute;inset:0;background:var(--now)}.overview b{position:relative;font-weight:700}.overview .full b{color:var(--page)}
section{break-inside:auto}section>p{break-inside:avoid}h2,section>p:has(~table){break-after:avoid}
@media print{@page{margin:14mm}body{font-size:10.5pt}main{max-width:none;padding:0}thead{display:table-header-group}.wide{overflow:visible}section .columns td:nth-child(2){min-width:12.5rem}.overview{font-size:.7rem}.overview td{width:.95rem;min-width:0}.overview thead th{max-width:.95rem}}
@media (max-width:640px){.columns thead{display:none}.columns tr{display:grid;grid-template-columns:1fr auto;padding:.4rem 0}
.columns tbody th,.columns td{max-width:none;padding:.15rem 0}.columns small{display:inline;margin-left:.5rem}.columns td:nth-child(2),.columns td:nth-child(3){grid-column:1/-1;grid-row:auto}
.columns td:nth-child(4){grid-column:1}.columns td:nth-child(5){grid-row:1;grid-column:2}.columns td:nth-child(5)::before{content:"p = "}.columns td:nth-child(4)::before{content:"changed by "}}
`;
