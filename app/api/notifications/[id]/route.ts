import { handleWithId, methodNotAllowed } from "../../../lib/api/handle-request.ts";
import { read } from "../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

/** Status, outcomes and timeline of a notification. */
export const GET = handleWithId(read);

const refuse = methodNotAllowed("GET, HEAD");

export { refuse as DELETE, refuse as OPTIONS, refuse as PATCH, refuse as POST, refuse as PUT };
