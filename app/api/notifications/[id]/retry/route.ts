import { answer, methodNotAllowed } from "../../../../lib/api/answer.ts";
import { retry } from "../../../../lib/api/notification.ts";

export const dynamic = "force-dynamic";

interface Place {
  readonly params: Promise<{ readonly id: string }>;
}

/** Sends a dead letter or a failed notification again. */
export const POST = async (request: Request, { params }: Place) => {
  const { id } = await params;
  return answer(request, (call) => retry(call, id));
};

const refuse = methodNotAllowed("POST");

export { refuse as DELETE, refuse as GET, refuse as HEAD, refuse as OPTIONS, refuse as PATCH, refuse as PUT };
