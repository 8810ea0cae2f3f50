// Writes scripts/dev/words-baseline.json: how often each word may still be used. Run it after removing some, never to add one.
import { projectRoot, trackedFiles } from "./tracked.ts";
import { countByWord, hitsInFiles } from "./word-count.ts";
import { writeBaseline } from "./words-baseline.ts";

writeBaseline(countByWord(hitsInFiles(projectRoot, trackedFiles())));
