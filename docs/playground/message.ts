/** What the worker of an example says to the page. */
export type Message =
  | { readonly kind: 'printed'; readonly text: string; readonly isError: boolean }
  | { readonly kind: 'ended'; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly text: string; readonly line?: number };
