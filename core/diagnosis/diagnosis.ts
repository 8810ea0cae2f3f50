import { messageOf, XnovuError } from "../errors.ts";
import { type Category, categoryOf } from "./category.ts";

/**
 * What a failed check of a dependency means. The app's health check and `xnovu doctor` share these diagnoses: the public health endpoint shows the
 * category only, the app's log and the doctor show message and hint.
 */
export interface Diagnosis {
  readonly category: Category;
  /** May name addresses and users, but no password. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

/** Explains an error of one dependency. */
export type Diagnose = (error: unknown) => Diagnosis;

export const diagnosisOf = (error: unknown, message: string, hint: string): Diagnosis => ({
  category: categoryOf(error),
  message,
  hint,
});

/** An error that belongs to no dependency: a bad setting says itself what to do. */
export const diagnoseProcess: Diagnose = (error) =>
  diagnosisOf(error, messageOf(error), (error instanceof XnovuError && error.hint) || "See the log.");
