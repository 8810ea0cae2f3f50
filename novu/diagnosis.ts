import { HttpStatusError } from "../core/diagnosis/category.ts";
import { type Diagnosis, diagnosisOf } from "../core/diagnosis/diagnosis.ts";
import { messageOf } from "../core/errors.ts";

/** What an error of a call to Novu's API means: an HttpStatusError or a network error. */
export function diagnoseNovu(error: unknown, apiUrl: string): Diagnosis {
  if (!(error instanceof HttpStatusError))
    return diagnosisOf(
      error,
      `Novu at ${apiUrl} cannot be reached: ${messageOf(error)}`,
      "Check NOVU_API_URL, and that this machine may connect there. `pnpm xnovu up` starts a Novu emulator.",
    );
  return error.refusesCredentials
    ? diagnosisOf(error, `Novu at ${apiUrl} refuses the key (${error.message})`, keyHint)
    : diagnosisOf(error, `Novu at ${apiUrl} responds with ${error.message}`, hintFor(error.status));
}

const keyHint =
  "Set NOVU_SECRET_KEY to the secret key of the environment in Novu. Keys of the EU region need NOVU_API_URL=https://eu.api.novu.co.";

function hintFor(status: number): string {
  if (status === 402) return "Check the plan and its limits in Novu.";
  if (status === 429) return "Wait: Novu limits the request rate of this key.";
  if (status >= 500) return "Wait, or check Novu's status page.";
  return "Check that NOVU_API_URL is the address of Novu's API.";
}
