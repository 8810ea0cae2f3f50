import type { NotificationSummary } from "../../../outbox/reader.ts";
import { Badge } from "./badge.tsx";
import { Moment } from "./moment.tsx";
import { TableHead } from "./table-head.tsx";

const columns = ["Id", "Status", "Workflow", "Tenant", "Recipients", "Attempts", "Created", "Error"];

export function Notifications({
  rows,
  filtered,
}: {
  readonly rows: readonly NotificationSummary[];
  readonly filtered: boolean;
}) {
  if (rows.length === 0)
    return (
      <p className="empty">
        {filtered
          ? "No notification matches."
          : "There are no notifications yet. The start page shows how to send one."}
      </p>
    );
  return (
    <div className="wide">
      <table>
        <TableHead columns={columns} />
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <a href={`/operations/${row.id}`}>{row.id}</a>
              </td>
              <td>
                <Badge status={row.status} />
              </td>
              <td>{row.workflow}</td>
              <td>{row.enterpriseId}</td>
              <td className="count">{row.recipients}</td>
              <td className="count">
                {row.attempts}/{row.maxAttempts}
              </td>
              <td>
                <Moment at={row.createdAt} />
              </td>
              <td className="error">{row.error}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
