import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { isNotificationId } from "../../../core/notification.ts";
import { show } from "../../../outbox/reader.ts";
import { enter } from "../../lib/operations/enter.ts";
import type { Search } from "../../lib/operations/query.ts";
import { ActionResult, Actions } from "../../ui/operations/actions.tsx";
import { Badge } from "../../ui/operations/badge.tsx";
import { Facts } from "../../ui/operations/facts.tsx";
import { Outcomes } from "../../ui/operations/outcomes.tsx";
import { Timeline } from "../../ui/operations/timeline.tsx";

export const dynamic = "force-dynamic";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: Promise<Search>;
}

export const generateMetadata = async ({ params }: Context): Promise<Metadata> => ({
  title: `Notification ${(await params).id}`,
});

/** One notification: the request, its outcomes, and what an operator can do. */
export default async function Page({ params, searchParams }: Context) {
  const { pool, settings } = await enter();
  const { id } = await params;
  const found = isNotificationId(id) ? await show(pool, id) : undefined;
  if (found === undefined) notFound();
  return (
    <>
      <header className="top">
        <h1>
          Notification {found.id} <Badge status={found.status} />
        </h1>
        <nav aria-label="Pages">
          <a href="/operations">Operations</a>
          <a href={`/operations/${found.id}`}>Refresh</a>
        </nav>
      </header>
      <ActionResult search={await searchParams} />
      {found.error !== null && <p className="failure">{found.error}</p>}
      <Actions id={found.id} status={found.status} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">Timeline</h2>
        <Timeline
          entries={found.timeline}
          temporalUi={settings.app.temporalUiUrl}
          namespace={settings.temporal.namespace}
        />
      </section>
      <section aria-labelledby="recipients">
        <h2 id="recipients">Recipients</h2>
        <Outcomes found={found} />
      </section>
      <section aria-labelledby="request">
        <h2 id="request">Request</h2>
        <Facts found={found} />
      </section>
    </>
  );
}
