import type { NotificationDetail } from "../../../outbox/reader.ts";
import { Moment } from "./moment.tsx";

export function Facts({ found: n }: { readonly found: NotificationDetail }) {
  const facts = [
    ["Tenant", n.enterpriseId],
    ["Workflow", n.workflow],
    ["Channels", n.channels?.join(", ") ?? "all of the workflow"],
    ["Priority", n.priority],
    ["Tags", n.tags.join(", ") || "–"],
    ["Attempts", `${n.attempts} of ${n.maxAttempts}`],
    ["Transaction", <code key="transaction">{n.transactionId}</code>],
    ["Created", <Moment key="created" at={n.createdAt} />],
    ["Scheduled for", <Moment key="scheduled" at={n.scheduledFor} />],
    ["Next attempt", <Moment key="next" at={n.nextAttemptAt} />],
    ["Sent", <Moment key="sent" at={n.sentAt} />],
  ] as const;
  return (
    <>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Content name="Payload" value={n.payload} />
      {Object.keys(n.overrides).length > 0 && <Content name="Overrides" value={n.overrides} />}
    </>
  );
}

/** `pnpm xnovu show ID --json` prints longer contents. */
const mostCharacters = 20_000;

function Content({ name, value }: { readonly name: string; readonly value: unknown }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <figure className="example">
      <figcaption>{name}</figcaption>
      <pre>{text.length > mostCharacters ? `${text.slice(0, mostCharacters)}\n…` : text}</pre>
    </figure>
  );
}
