export type { ColumnKind } from './cells.js';
export type { Standardization } from './columnScale.js';
export { drift, driftFrom } from './drift.js';
export { type DriftReportOptions, driftHtml } from './driftHtml.js';
export type { ColumnDrift, CompareWithReference, Drift, JointDrift } from './driftResult.js';
export { driftText } from './driftText.js';
export type { DriftOptions } from './options.js';
export type { Histogram, NumberSummary } from './summary.js';
export type { Table } from './table.js';
