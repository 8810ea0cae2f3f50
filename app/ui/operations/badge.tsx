import type { Status } from "../../../core/notification.ts";

/** A status as a word; the colour only repeats it. */
export const Badge = ({ status }: { readonly status: Status }) => (
  <span className={`badge ${status.toLowerCase()}`}>{status}</span>
);
