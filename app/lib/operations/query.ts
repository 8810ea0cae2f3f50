import { isNotificationId, type Status, statuses } from "../../../core/notification.ts";

/** The filters of the list, from the URL's query. Unknown and invalid filters are ignored. */
export interface ListQuery {
  readonly status?: Status;
  readonly workflow?: string;
  readonly enterpriseId?: string;
  /** Only ids below this one. */
  readonly before?: string;
}

export type Search = Readonly<Record<string, string | readonly string[] | undefined>>;

export const pageSize = 50;

export function queryOf(search: Search): ListQuery {
  const one = (name: string): string | undefined => {
    const value = search[name];
    return (typeof value === "string" ? value : value?.[0])?.trim() || undefined;
  };
  const status = statuses.find((known) => known === one("status"));
  const [workflow, enterpriseId, before] = [one("workflow"), one("tenant"), one("before")];
  return {
    ...(status === undefined ? {} : { status }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(enterpriseId === undefined ? {} : { enterpriseId }),
    ...(before !== undefined && isNotificationId(before) ? { before } : {}),
  };
}

/** The URL of the list with these filters. */
export function addressOf({ status, workflow, enterpriseId, before }: ListQuery): string {
  const query = new URLSearchParams(
    Object.entries({ status, workflow, tenant: enterpriseId, before }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  ).toString();
  return query === "" ? "/operations" : `/operations?${query}`;
}
