import { type NextRequest, NextResponse } from "next/server";
import { runtimeEnv } from "./app/lib/env.ts";
import { accessOf } from "./app/lib/operations/access.ts";

// Asks for the login of the operations pages. Each page looks at it once more by itself, so that a way around this file opens nothing.

export const config = { matcher: ["/operations", "/operations/:path*"] };

export function proxy(request: NextRequest): Response {
  if (accessOf(runtimeEnv(), request.headers.get("authorization")) !== "ask") return NextResponse.next();
  return new Response(
    "The operations pages want a login: the user is `operator`, the password XNOVU_OPERATOR_PASSWORD.\n",
    {
      status: 401,
      headers: {
        "WWW-Authenticate": 'Basic realm="XNovu operations", charset="UTF-8"',
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
      },
    },
  );
}
