import { handleWithId, methodNotAllowed } from "../../../../lib/api/handle-request.ts";
import { retry } from "../../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

/** Retries a dead letter or a failed notification. */
export const POST = handleWithId(retry);

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
