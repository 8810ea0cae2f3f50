import { answer, methodNotAllowed } from "../../../../lib/api/answer.ts";
import { retract } from "../../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

interface Place {
  readonly params: Promise<{ readonly id: string }>;
}

/** Takes a notification back that is not sent yet. */
export const POST = async (request: Request, { params }: Place) => {
  const { id } = await params;
  return answer(request, (call) => retract(call, id));
};

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
