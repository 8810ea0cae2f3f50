import { answerForm } from "../../../lib/operations/change.ts";

export const dynamic = "force-dynamic";

export const POST = async (request: Request, { params }: { readonly params: Promise<{ readonly id: string }> }) =>
  answerForm(request, (await params).id, "retry");
