import type { Recipient } from "../../../core/notification.ts";
import type { NotificationDetail } from "../../../outbox/reader.ts";
import { Badge } from "./badge.tsx";
import { Moment } from "./moment.tsx";
import { TableHead } from "./table-head.tsx";

const columns = ["Subscriber or topic", "Outcome", "Time", "Error", "Novu transaction"];

/** Maximum number of recipients on the page, to keep it readable. */
const most = 200;

export function Outcomes({ found }: { readonly found: NotificationDetail }) {
  const outcomes = new Map(found.outcomes.map((outcome) => [outcome.ordinal, outcome]));
  const refused = found.outcomes.filter(({ status }) => status === "DEAD").length;
  return (
    <>
      <p className="quiet">
        {found.recipients.length.toLocaleString("en-US")} in all, {outcomes.size.toLocaleString("en-US")} settled
        {refused > 0 && `, ${refused.toLocaleString("en-US")} of them refused`}.
        {found.recipients.length > most && ` The first ${most} are shown.`}
      </p>
      <div className="wide">
        <table>
          <TableHead columns={columns} />
          <tbody>
            {found.recipients.slice(0, most).map((recipient, ordinal) => {
              const outcome = outcomes.get(ordinal);
              const name = nameOf(recipient);
              return (
                <tr key={name}>
                  <td>{name}</td>
                  <td>
                    {outcome === undefined ? <span className="quiet">open</span> : <Badge status={outcome.status} />}
                  </td>
                  <td>
                    <Moment at={outcome?.at ?? null} />
                  </td>
                  <td className="error">{outcome?.error}</td>
                  <td>
                    <code>{outcome?.transactionId}</code>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}

function nameOf(recipient: Recipient): string {
  if (typeof recipient === "string") return recipient;
  return "topicKey" in recipient ? `topic ${String(recipient.topicKey)}` : String(recipient.subscriberId);
}
