import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { isNotificationId } from "../../../core/notification.ts";
import { show } from "../../../outbox/reader.ts";
import { enter } from "../../lib/operations/enter.ts";
import type { Search } from "../../lib/operations/query.ts";
import { Actions, Told } from "../../ui/operations/actions.tsx";
import { Badge } from "../../ui/operations/badge.tsx";
import { Facts } from "../../ui/operations/facts.tsx";
import { Outcomes } from "../../ui/operations/outcomes.tsx";
import { Timeline } from "../../ui/operations/timeline.tsx";

export const dynamic = "force-dynamic";

interface Place {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: Promise<Search>;
}

export const generateMetadata = async ({ params }: Place): Promise<Metadata> => ({
  title: `Notification ${(await params).id}`,
});

/** One notification: what was asked for, what became of it, and what a person can do. */
export default async function Page({ params, searchParams }: Place) {
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
          <a href={`/operations/${found.id}`}>Look again</a>
        </nav>
      </header>
      <Told search={await searchParams} />
      {found.error !== null && <p className="fault">{found.error}</p>}
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
      <section aria-labelledby="asked">
        <h2 id="asked">What was asked for</h2>
        <Facts found={found} />
      </section>
    </>
  );
}
