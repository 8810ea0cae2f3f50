import type { Metadata } from "next";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main className="notice">
      <h1>There is no such page</h1>
      <p>Check the address, or begin at the start page.</p>
      <nav aria-label="Pages">
        <a href="/">Start page</a>
        <a href="/api/health">Health</a>
      </nav>
    </main>
  );
}
