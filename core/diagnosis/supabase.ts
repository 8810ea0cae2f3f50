import { messageOf } from "../errors.ts";
import { HttpStatusError } from "./category.ts";
import { type Diagnosis, diagnosisOf } from "./diagnosis.ts";

/** No project has this table: PostgREST responds from its schema cache once it accepted the key, without a query and without any data. */
export const supabaseHealthTable = "xnovu_health_check";

/** PostgREST's codes for a table or a schema that it does not serve (42P01: before version 12.2). They prove that it accepted the key. */
const notServed: readonly unknown[] = ["PGRST205", "PGRST106", "42P01"];

export const isSupabaseHealthy = (status: number, code: unknown): boolean => status === 200 || notServed.includes(code);

/** What an error of the project's REST API means: an HttpStatusError or a network error. */
export function diagnoseSupabase(error: unknown, url: string): Diagnosis {
  if (!(error instanceof HttpStatusError))
    return diagnosisOf(
      error,
      `${url} cannot be reached: ${messageOf(error)}`,
      "Check NEXT_PUBLIC_SUPABASE_URL, and that the project is not paused.",
    );
  return error.refusesCredentials
    ? diagnosisOf(
        error,
        `${url} refuses the key (${error.message})`,
        "Set SUPABASE_SERVICE_ROLE_KEY to the service role key of this project.",
      )
    : diagnosisOf(
        error,
        `${url} responds with ${error.message}`,
        "Check that NEXT_PUBLIC_SUPABASE_URL is the address of the project.",
      );
}
