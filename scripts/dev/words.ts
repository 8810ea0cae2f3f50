/** A word that the project does not use, and the standard word in its place. */
export interface Word {
  readonly id: string;
  /** Matched without regard to case, between word boundaries, after `camelCase` and `snake_case` were split into words. */
  readonly pattern: string;
  readonly use: string;
  /** Standard uses of the same word, matched on the split line; a hit inside one of them is no hit. */
  readonly allow?: RegExp;
  /** Only in these files. */
  readonly only?: RegExp;
  /** Not in these files. */
  readonly except?: RegExp;
}

/** Words of the glossary at the head of ARCHITECTURE.md that have an older, private name. */
const glossary: readonly Word[] = [
  { id: "lane", pattern: "lanes?", use: "worker session", allow: /lane-(drained|lost-touch|silent)|xnovu lane open/gi },
  { id: "gate", pattern: "gates?", use: "sending pause; `sending is paused`", allow: /xnovu sending gate closed/gi },
  {
    id: "trip",
    pattern: "trip(s|ped)?",
    use: "the circuit breaker opens",
    allow: /round[- ]trips?|xnovu circuit trips total/gi,
  },
  { id: "trial", pattern: "trials?", use: "half-open, probe" },
  { id: "sweep", pattern: "sweep(s|er|ing)?|swept", use: "rescue", allow: /XNOVU SWEEP INTERVAL MS/g },
  { id: "suspect", pattern: "suspects?", use: "poison row" },
  { id: "alone", pattern: "(goes?|going|went|gone|stands?|stood|sent|moved) alone", use: "isolated, in isolation" },
  { id: "bury", pattern: "bur(y|ies|ied|ying)", use: "dead-letter, move to the dead letters" },
  { id: "mate", pattern: "mates?", use: "the other rows of the batch" },
  { id: "redrive", pattern: "redriv(e|es|en|ing)", use: "retry" },
  { id: "board", pattern: "boards?", use: "component status", allow: /across the board/gi },
  { id: "beat", pattern: "beats?", use: "watchdog, heartbeat" },
  { id: "pace", pattern: "pace[sd]?", use: "adaptive batch size" },
  { id: "expiries", pattern: "expiries", use: "credential expiry" },
  {
    id: "edge",
    pattern: "edges?",
    use: "proxy",
    only: /^(scripts\/deploy|deploy|docs|test\/(deploy|support\/deploy)|compose|README|ARCHITECTURE)/,
    allow: /edge cases?|edges? of|right-hand edges/gi,
  },
  {
    id: "pair",
    pattern: "pairs?",
    use: "release (its containers)",
    only: /^(scripts\/deploy|deploy|docs\/deploy|test\/(deploy|support\/deploy))/,
    allow: /key[- ]pairs?|pairs of|- pairs:/gi,
  },
  { id: "journal", pattern: "journals?", use: "audit log", only: /^(scripts|deploy|docs|test)\// },
  {
    id: "fault",
    pattern: "faults?|faulty",
    use: "error, problem",
    allow:
      /fault on order|fault[- ]injection|inject\w* (of )?(\w+ )?faults?|fault test|test-faults|numbered faults?|faults? \d+|page faults?|faults?\.md|test\/faults|(random|injected) faults?|faults that|(add|clear|network|more) faults?|fault[- ](lab|notes)|\d+ faults|fault (below|list)/gi,
    except:
      /^(test\/(faults|soak|runner)\/|docs\/(faults|mutants)\.md|packages\/novu-emulator\/|local\/novu\/)|(^|\/)[\w-]*fault[\w-]*\.(test\.)?ts$/,
  },
  {
    id: "enterprise",
    pattern: "enterprises?(?!( |-)?ids?\\b)",
    use: "tenant",
    only: /^(README|docs\/|app\/.*\.tsx$)/,
    allow: /enterprise (plan|[\d,]+ requests)/gi,
  },
  { id: "crew", pattern: "crews?", use: "process group, supervisor", allow: /"crew"/gi },
  {
    id: "room",
    pattern: "rooms?",
    use: "module (top-level folder)",
    allow: /(makes?|leaves?|left|no|more|little) room|room (is )?(for|in|left)/gi,
  },
  { id: "door", pattern: "doors?", use: "import rule; validation on insert" },
  { id: "house", pattern: "houses?", use: "project" },
  { id: "turn", pattern: "(a|each|every|one|claim|next|present|this|whole) turns?|turn of (a|the) loop", use: "poll" },
  { id: "comes round", pattern: "com(e|es|ing) round|came round", use: "polls" },
  { id: "stand-in", pattern: "stand[- ]ins?", use: "Novu emulator; emulator" },
  {
    id: "give back",
    pattern: "(g[ia]ve[sn]?|giving) back|gives? them back|gives? it back",
    use: "release (a row), return (a value)",
  },
];

/** Quaint turns: a reader needs them twice. */
const quaint: readonly Word[] = [
  { id: "told", pattern: "told", use: "notified, reported, informed" },
  {
    id: "asked",
    pattern: "(was|is|are|were|be|been|as|what|whoever|when) asked|asked (for|of|to|whether)",
    use: "queried, requested",
  },
  { id: "mend", pattern: "mend(s|ed|ing)?", use: "fix, repair" },
  { id: "dear", pattern: "dear(er|est)?", use: "expensive", allow: /"?Dear [A-Z]/g },
  { id: "goodbye", pattern: "goodbyes?", use: "termination message, close" },
  { id: "news", pattern: "news", use: "notification, change", allow: /"news"|topic:news/gi },
  { id: "at the most", pattern: "at the (most|longest|least)", use: "at most, at least" },
  {
    id: "hand over",
    pattern: "hand(s|ed|ing)? over",
    use: "pass; start a fan-out workflow",
    allow: /order \d+ was handed over/gi,
  },
  { id: "trouble", pattern: "troubles?", use: "the literal problem", except: /^test\/soak\// },
  { id: "mood", pattern: "moods?", use: "state" },
  { id: "amid", pattern: "amid", use: "during, in the middle of" },
  { id: "whoever", pattern: "whoever", use: "name the person or the caller" },
];

export const wordList: readonly Word[] = [...glossary, ...quaint];

/** Text that is scanned. */
export const scannedFiles =
  /\.(ts|tsx|mts|mjs|cjs|sql|md|ya?ml|hcl|toml|tpl|txt|json)$|(^|\/)(Makefile|Dockerfile|\.env\.example)$/;

/**
 * Files left out: applied migrations and recorded histories never change, generated files repeat what is scanned elsewhere,
 * and the rest has to name the old words.
 */
export const unscannedFiles = new RegExp(
  [
    "^migrations/",
    "^test/histories/",
    "^pnpm-lock\\.yaml$",
    "^CHANGELOG\\.md$",
    "^scripts/dev/words[^/]*$",
    "(^|/)deprecated[^/]*\\.ts$",
    "^outbox/schema\\.sql$",
    "^docs/openapi\\.json$",
    "(^|/)generated/",
    "(^|/)results/",
    "^bench/[^/]*\\.json$",
  ].join("|"),
);
