import type { Status } from "../../../core/notification.ts";

/** A state, told by its word; the colour only helps. */
export const Badge = ({ status }: { readonly status: Status }) => (
  <span className={`badge ${status.toLowerCase()}`}>{status}</span>
);
