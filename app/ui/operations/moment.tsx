/** A time of the database. In UTC, so that everybody sees the same time. */
export function Moment({ at }: { readonly at: string | null }) {
  if (at === null) return <span className="quiet">–</span>;
  return <time dateTime={at}>{`${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`}</time>;
}
