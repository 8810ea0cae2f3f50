export interface StubCounts {
  /** Events that came, repeated ones too. */
  events: number;
  duplicates: number;
  /** Calls. */
  single: number;
  bulk: number;
}

export type StubCommand =
  /** Forget everything, and report when so many different events have come. */
  { readonly kind: "expect"; readonly events: number } | { readonly kind: "counts" } | { readonly kind: "times" };

/** Times are milliseconds of the monotonic clock, which all processes of a machine share. */
export type StubReport =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "expecting" }
  | { readonly kind: "reached"; readonly at: number }
  | { readonly kind: "counts"; readonly counts: StubCounts }
  | { readonly kind: "times"; readonly times: readonly (readonly [transactionId: string, at: number])[] };
