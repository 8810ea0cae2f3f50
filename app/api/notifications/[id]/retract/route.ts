import { handleWithId, methodNotAllowed } from "../../../../lib/api/handle-request.ts";
import { retract } from "../../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

/** Retracts a notification that is not sent yet. */
export const POST = handleWithId(retract);

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
