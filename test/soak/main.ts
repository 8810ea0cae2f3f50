// `make soak MINUTES=10 SEED=7`: mixed load under random faults, then the oracle.
import { XnovuError } from "../../core/errors.ts";
import { runSoak, soakLine } from "./run.ts";

const [minutes = 1, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);

try {
  if (!(minutes > 0 && minutes <= 24 * 60) || !Number.isInteger(seed) || seed < 0)
    throw new XnovuError("MINUTES is a number up to 1440 and SEED a whole number", {
      hint: "make soak MINUTES=10 SEED=7",
    });
  console.log(`seed ${seed}, ${minutes} minutes`);
  const begin = Date.now();
  const result = await runSoak({ ms: minutes * 60_000, seed, workers: 3 }, (line) => console.error(line));
  for (const violation of result.violations) console.log(violation);
  const seconds = Math.round((Date.now() - begin) / 1000);
  console.log(`${soakLine(result)} (${result.troubles} troubles, ${seconds} s, seed ${seed})`);
  if (result.violations.length > 0) {
    console.log(`NOT held. Again: make soak MINUTES=${minutes} SEED=${seed}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof XnovuError ? `${error.message}\n${error.hint ?? ""}` : error);
  console.log(`failed, seed ${seed}`);
  process.exitCode = 1;
}
