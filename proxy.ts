import { type NextRequest, NextResponse } from "next/server";
import { runtimeEnv } from "./app/lib/env.ts";
import { accessOf } from "./app/lib/operations/access.ts";

// Requires a login for the operations pages. Each page checks the login again, so that bypassing this file grants nothing.

export const config = { matcher: ["/operations", "/operations/:path*"] };

export function proxy(request: NextRequest): Response {
  if (accessOf(runtimeEnv(), request.headers.get("authorization")) !== "login") return NextResponse.next();
  return new Response(
    "Log in to see the operations pages. The user is `operator`, the password is the value of XNOVU_OPERATOR_PASSWORD.\n",
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
