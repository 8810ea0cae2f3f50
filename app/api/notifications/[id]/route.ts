import { handleRequest, methodNotAllowed } from "../../../lib/api/handle-request.ts";
import { read } from "../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

/** Status, outcomes and timeline of a notification. */
export const GET = async (request: Request, { params }: Context) => {
  const { id } = await params;
  return handleRequest(request, (call) => read(call, id));
};

const refuse = methodNotAllowed("GET, HEAD");

export { refuse as DELETE, refuse as OPTIONS, refuse as PATCH, refuse as POST, refuse as PUT };
