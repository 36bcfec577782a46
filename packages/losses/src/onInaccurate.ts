/** What `value` and `valueSync`, which give no diagnostics, do with a value that is not accurate. */
export type OnInaccurate = 'warn' | 'throw' | 'ignore';
