import { Suspense } from "react";
import { runtimeEnv } from "./lib/env.ts";
import { inboxUrl, ownPort } from "./lib/links.ts";
import { accessOf } from "./lib/operations/access.ts";
import { version } from "./lib/version.ts";
import { Components, ComponentsLoading } from "./ui/components.tsx";
import { Examples } from "./ui/examples.tsx";

// Settings and health are read per request, not at build time.
export const dynamic = "force-dynamic";

const life = [
  ["Row", "inserted into Postgres"],
  ["Claim", "taken by a worker"],
  ["Workflow", "run in Temporal"],
  ["Event", "accepted by Novu"],
  ["Step", "rendered by the bridge"],
  ["Message", "delivered"],
] as const;

export default function Page() {
  const inbox = inboxUrl(runtimeEnv());
  return (
    <main>
      <header className="top">
        <h1>XNovu</h1>
        <p className="lead">
          A row in Postgres becomes a notification: email, in-app, SMS, push or chat, through Novu.
        </p>
        <nav aria-label="Pages">
          {accessOf(runtimeEnv(), null) !== "off" && <a href="/operations">Operations</a>}
          {inbox && <a href={inbox}>Inbox</a>}
          <a href="/api/health">Health</a>
          <a href="/api/novu">Bridge</a>
          <a href="/api/openapi.json">API</a>
        </nav>
      </header>

      <section aria-labelledby="components">
        <h2 id="components">Components</h2>
        <Suspense fallback={<ComponentsLoading />}>
          <Components />
        </Suspense>
      </section>

      <section aria-labelledby="first">
        <h2 id="first">Send a first notification</h2>
        <p>
          Each of these sends the same mail.{" "}
          {inbox ? (
            <>
              It arrives in the <a href={inbox}>inbox</a>.{" "}
            </>
          ) : null}
          <code>pnpm xnovu list</code> shows its id, <code>pnpm xnovu show ID</code> its timeline.
        </p>
        <Examples port={ownPort(runtimeEnv())} />
      </section>

      <section aria-labelledby="life">
        <h2 id="life">From row to message</h2>
        <ol className="life">
          {life.map(([what, where]) => (
            <li key={what}>
              <strong>{what}</strong> <span className="quiet">{where}</span>
            </li>
          ))}
        </ol>
      </section>

      <footer className="quiet">XNovu {version}</footer>
    </main>
  );
}
