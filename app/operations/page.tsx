import { countByStatus } from "../../outbox/counts.ts";
import { list } from "../../outbox/reader.ts";
import { createSendingPause } from "../../outbox/sending-pause.ts";
import { enter } from "../lib/operations/enter.ts";
import { addressOf, pageSize, queryOf, type Search } from "../lib/operations/query.ts";
import { Backlog } from "../ui/operations/backlog.tsx";
import { Filters } from "../ui/operations/filters.tsx";
import { Notifications } from "../ui/operations/notifications.tsx";

export const dynamic = "force-dynamic";

/** The state of the queue, and its notifications, newest first. */
export default async function Page({ searchParams }: { readonly searchParams: Promise<Search> }) {
  const { pool } = await enter();
  const query = queryOf(await searchParams);
  const [counts, sendingPause, found] = await Promise.all([
    countByStatus(pool),
    createSendingPause(pool).read(),
    list(pool, { ...query, limit: pageSize + 1 }),
  ]);
  const shown = found.slice(0, pageSize);
  const last = found.length > pageSize ? shown.at(-1) : undefined;
  return (
    <>
      <header className="top">
        <h1>Operations</h1>
        <nav aria-label="Pages">
          <a href="/">Start page</a>
          <a href={addressOf(query)}>Refresh</a>
        </nav>
      </header>
      <section aria-labelledby="now">
        <h2 id="now">Now</h2>
        <Backlog counts={counts} sendingPause={sendingPause} />
      </section>
      <section aria-labelledby="notifications">
        <h2 id="notifications">Notifications</h2>
        <Filters query={query} />
        <Notifications rows={shown} filtered={Object.keys(query).length > 0} />
        <nav aria-label="Pages of the list">
          {query.before !== undefined && <a href={addressOf({ ...query, before: undefined })}>Newest</a>}
          {last !== undefined && <a href={addressOf({ ...query, before: last.id })}>Older</a>}
        </nav>
      </section>
    </>
  );
}
