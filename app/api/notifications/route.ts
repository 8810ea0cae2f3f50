import { accept } from "../../lib/api/accept.ts";
import { answer, methodNotAllowed } from "../../lib/api/answer.ts";

export const dynamic = "force-dynamic";

/** Asks for one notification or up to 100. */
export const POST = (request: Request) => answer(request, accept);

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
