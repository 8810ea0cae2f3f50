"use client";

interface Props {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** Shown when a page throws. The reason is in the app's log, under the digest. */
export default function ErrorPage({ error, reset }: Props) {
  return (
    <main className="notice">
      <h1>This page could not be shown</h1>
      <p>The app's log has the reason{error.digest ? `, under digest ${error.digest}` : ""}.</p>
      <nav aria-label="Actions">
        <button type="button" onClick={reset}>
          Try again
        </button>
        <a href="/api/health">Health</a>
      </nav>
    </main>
  );
}
