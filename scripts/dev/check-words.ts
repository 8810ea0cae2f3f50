// Fails when text uses a word of scripts/dev/words.ts more often than scripts/dev/words-baseline.json allows. `make check` runs it.

import { projectRoot, trackedFiles } from "./tracked.ts";
import { hitsBeyond, hitsInFiles } from "./word-count.ts";
import { readBaseline } from "./words-baseline.ts";

const hits = hitsBeyond(readBaseline(), hitsInFiles(projectRoot, trackedFiles()));
for (const { file, line, found, word } of hits) console.error(`${file}:${line}: "${found}": use ${word.use}`);
if (hits.length > 0) {
  console.error("These words are not the project's: see the glossary in ARCHITECTURE.md and scripts/dev/words.ts.");
  process.exitCode = 1;
}
