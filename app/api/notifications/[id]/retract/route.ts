import { handleRequest, methodNotAllowed } from "../../../../lib/api/handle-request.ts";
import { retract } from "../../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

/** Retracts a notification that is not sent yet. */
export const POST = async (request: Request, { params }: Context) => {
  const { id } = await params;
  return handleRequest(request, (call) => retract(call, id));
};

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
