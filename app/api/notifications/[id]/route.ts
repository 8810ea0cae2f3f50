import { answer, methodNotAllowed } from "../../../lib/api/answer.ts";
import { read } from "../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

interface Place {
  readonly params: Promise<{ readonly id: string }>;
}

/** State, outcomes and timeline of a notification. */
export const GET = async (request: Request, { params }: Place) => {
  const { id } = await params;
  return answer(request, (call) => read(call, id));
};

const refuse = methodNotAllowed("GET, HEAD");

export { refuse as DELETE, refuse as OPTIONS, refuse as PATCH, refuse as POST, refuse as PUT };
