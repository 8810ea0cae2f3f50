import type { Status } from "../../../core/notification.ts";
import { runtimeEnv } from "../../lib/env.ts";
import { formToken } from "../../lib/operations/access.ts";
import type { Change } from "../../lib/operations/change.ts";
import type { Search } from "../../lib/operations/query.ts";

const offered: readonly {
  readonly change: Change;
  readonly name: string;
  readonly about: string;
  readonly from: readonly Status[];
}[] = [
  { change: "retry", name: "Send again", about: "to the recipients that did not get it", from: ["DEAD", "FAILED"] },
  { change: "retract", name: "Take back", about: "it is not sent any more", from: ["PENDING", "FAILED", "DEAD"] },
];

/** What a person can do with a notification in this state. */
export function Actions({ id, status }: { readonly id: string; readonly status: Status }) {
  const possible = offered.filter(({ from }) => from.includes(status));
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
  retry: { done: "It is sent again.", late: "It was not sent again: it is neither failed nor a dead letter any more." },
  retract: {
    done: "It is taken back.",
    late: "It was not taken back: it is with Novu already, or was taken back before.",
  },
};

/** What came of the button that was pressed. */
export function Told({ search }: { readonly search: Search }) {
  const told = (["retry", "retract"] as const).flatMap((change) => {
    const outcome = search[change];
    return typeof outcome === "string" ? (words[change][outcome] ?? []) : [];
  });
  return told.map((text) => (
    <p key={text} className="told" role="status">
      {text}
    </p>
  ));
}
