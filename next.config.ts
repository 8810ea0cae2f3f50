import type { NextConfig } from "next";

// The pages hold no text of strangers. Next puts its own data into inline scripts, hence 'unsafe-inline'; everything else stays here.
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const securityHeaders = [
  { key: "Content-Security-Policy", value: contentSecurityPolicy },
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "no-referrer" },
  { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
];

const buildId = process.env.XNOVU_BUILD_ID;

// Next reports usage unless NEXT_TELEMETRY_DISABLED=1 is set where it builds and runs; no setting in this file turns it off.
const config: NextConfig = {
  output: "standalone",
  poweredByHeader: false,
  // Pinned to this folder: a lockfile in a folder above would make Next take that one as the root.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  images: { unoptimized: true },
  // Read when the app runs: see outbox/sql.ts.
  outputFileTracingIncludes: { "/api/notifications/**": ["outbox/sql/*.sql"], "/operations/**": ["outbox/sql/*.sql"] },
  outputFileTracingExcludes: {
    // "*" is the key that reaches the server's own trace as well as every route's.
    "*": [
      // 16 MB of image tools that nothing uses, and the repository itself, which the link node_modules/xnovu leads back to.
      "node_modules/.pnpm/sharp@*/**",
      "node_modules/.pnpm/@img+*/**",
      "node_modules/sharp/**",
      "node_modules/@img/**",
      "node_modules/xnovu/**",
      // Every other SQL file, which the tracer takes along with those above.
      "deploy/**",
      "migrations/**",
      "outbox/schema.sql",
    ],
  },
  serverExternalPackages: [
    "pg",
    "pino",
    // Loaded only where traces are on, and the worker has them as well.
    "@opentelemetry/api",
    "@opentelemetry/exporter-trace-otlp-proto",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace",
  ],
  // The same commit gives the same id on every machine that builds it, when the id is given.
  ...(buildId ? { generateBuildId: () => buildId } : {}),
  // `make check` runs tsc over the whole repository, tests included; Next would do it a second time with each build.
  typescript: { ignoreBuildErrors: true, tsconfigPath: "app/tsconfig.json" },
  headers: async () => [{ source: "/:path*", headers: securityHeaders }],
};

export default config;
