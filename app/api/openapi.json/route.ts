import { methodNotAllowed } from "../../lib/api/handle-request.ts";
import { openApi } from "../../lib/api/openapi.ts";
import { reply } from "../../lib/api/problem.ts";

export const dynamic = "force-dynamic";

/** The OpenAPI document. It holds no data of any tenant and needs no key. */
export const GET = () => reply(200, openApi);

const refuse = methodNotAllowed("GET, HEAD");

export { refuse as DELETE, refuse as OPTIONS, refuse as PATCH, refuse as POST, refuse as PUT };
