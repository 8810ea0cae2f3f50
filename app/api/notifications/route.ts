import { accept } from "../../lib/api/accept.ts";
import { handleRequest, methodNotAllowed } from "../../lib/api/handle-request.ts";

export const dynamic = "force-dynamic";

/** Accepts one notification, or up to 100 at once. */
export const POST = (request: Request) => handleRequest(request, accept);

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
