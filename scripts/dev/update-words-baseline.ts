// Writes scripts/dev/words-baseline.json: the words that each file may still use. Run it after removing some, never to add one.
import { projectRoot, trackedFiles } from "./tracked.ts";
import { countByFile, hitsInFiles } from "./word-count.ts";
import { writeBaseline } from "./words-baseline.ts";

writeBaseline(countByFile(hitsInFiles(projectRoot, trackedFiles())));
