import { handleForm } from "../../../lib/operations/change.ts";

export const dynamic = "force-dynamic";

export const POST = async (request: Request, { params }: { readonly params: Promise<{ readonly id: string }> }) =>
  handleForm(request, (await params).id, "retry");
