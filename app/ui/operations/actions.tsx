import type { Status } from "../../../core/notification.ts";
import { runtimeEnv } from "../../lib/env.ts";
import { formToken } from "../../lib/operations/access.ts";
import type { Change } from "../../lib/operations/change.ts";
import type { Search } from "../../lib/operations/query.ts";

const actions: readonly {
  readonly change: Change;
  readonly name: string;
  readonly about: string;
  readonly from: readonly Status[];
}[] = [
  { change: "retry", name: "Retry", about: "for the recipients that did not get it", from: ["DEAD", "FAILED"] },
  { change: "retract", name: "Retract", about: "so that nothing more is sent", from: ["PENDING", "FAILED", "DEAD"] },
];

/** The changes that this status allows. */
export function Actions({ id, status }: { readonly id: string; readonly status: Status }) {
  const possible = actions.filter(({ from }) => from.includes(status));
  if (possible.length === 0) return null;
  return (
    <div className="actions">
      {possible.map(({ change, name, about }) => (
        <form key={change} method="post" action={`/operations/${id}/${change}`}>
          <input type="hidden" name="token" value={formToken(runtimeEnv(), `${change} ${id}`)} />
          <button type="submit">{name}</button> <span className="quiet">{about}</span>
        </form>
      ))}
    </div>
  );
}

const words: Readonly<Record<Change, Readonly<Record<string, string>>>> = {
  retry: {
    done: "The notification will be retried.",
    refused: "The notification was not retried: it is no longer failed or a dead letter.",
  },
  retract: {
    done: "The notification is retracted.",
    refused: "The notification was not retracted: Novu already has it, or it was retracted before.",
  },
};

/** The result of the last action. */
export function ActionResult({ search }: { readonly search: Search }) {
  const results = (["retry", "retract"] as const).flatMap((change) => {
    const outcome = search[change];
    return typeof outcome === "string" ? (words[change][outcome] ?? []) : [];
  });
  return results.map((text) => (
    <p key={text} className="result" role="status">
      {text}
    </p>
  ));
}
