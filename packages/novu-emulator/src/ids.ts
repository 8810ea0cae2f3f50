import { randomBytes } from "node:crypto";

const processPart = randomBytes(5).toString("hex");
let counter = 0;

/** 24 hex digits like the ids of Novu's database: seconds, a part of this process, a counter. Ids sort by creation. */
export function newId(nowMs: number): string {
  counter = (counter + 1) % 0x1000000;
  const seconds = Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, "0");
  return seconds + processPart + counter.toString(16).padStart(6, "0");
}

/** The one environment and organisation of this server; every row of Novu's API carries both. */
export const environmentId = "650000000000000000000001";
export const organizationId = "650000000000000000000002";
