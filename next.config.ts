import type { NextConfig } from "next";

// Next puts its own data into inline scripts, hence 'unsafe-inline'; React escapes all text in the pages. Everything loads from this origin.
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

// Next reports usage unless NEXT_TELEMETRY_DISABLED=1 is set at build and at run time; no option in this file turns it off.
const config: NextConfig = {
  output: "standalone",
  poweredByHeader: false,
  // Pinned to this folder: Next would take a parent folder with a lockfile as the root.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  images: { unoptimized: true },
  // The app reads these files at run time: see outbox/sql.ts.
  outputFileTracingIncludes: {
    "/api/notifications/**": ["outbox/sql/**/*.sql"],
    "/operations/**": ["outbox/sql/**/*.sql"],
  },
  outputFileTracingExcludes: {
    // "*" applies to the server's own trace and to every route.
    "*": [
      // 16 MB of unused image tools, and the repository itself, which the link node_modules/xnovu points to.
      "node_modules/.pnpm/sharp@*/**",
      "node_modules/.pnpm/@img+*/**",
      "node_modules/sharp/**",
      "node_modules/@img/**",
      "node_modules/xnovu/**",
      // Other SQL files, which the tracer includes together with those above.
      "deploy/**",
      "migrations/**",
      "outbox/schema.sql",
    ],
  },
  serverExternalPackages: [
    "pg",
    "pino",
    // Loaded only when tracing is on; the worker needs these packages as well.
    "@opentelemetry/api",
    "@opentelemetry/exporter-trace-otlp-proto",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace",
  ],
  // With a given build id the same commit builds the same output on every machine.
  ...(buildId ? { generateBuildId: () => buildId } : {}),
  // `make check` runs tsc over the whole repository; Next would repeat it with each build.
  typescript: { ignoreBuildErrors: true, tsconfigPath: "app/tsconfig.json" },
  headers: async () => [{ source: "/:path*", headers: securityHeaders }],
};

export default config;
