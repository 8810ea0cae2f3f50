/** Condenses one log line of a part for the terminal. Undefined for lines that only the log file needs. */
export function condense(part: string, line: string): string | undefined {
  const fields = parse(line);
  if (fields === undefined) return worthShowing(part, line) ? line : undefined;
  const { msg, message } = fields;
  const text = typeof msg === "string" ? msg : typeof message === "string" ? message : "";
  const level = levelOf(fields.level);
  if (quiet.has(part) && level !== "error") return undefined;
  const more = Object.entries(fields)
    .filter(([name, value]) => !known.has(name) && value !== undefined && value !== 0 && value !== "")
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [level === "info" ? "" : level.toUpperCase(), text, ...more].filter(Boolean).join(" ");
}

const known = new Set(["level", "time", "ts", "pid", "name", "msg", "message", "hostname", "logging-call-at"]);
/** Servers that log much about themselves: the terminal shows only their errors. */
const quiet = new Set(["temporal", "postgres"]);

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Text levels unchanged; pino's numbers by https://getpino.io/#/docs/api?id=loggerlevels-object. */
function levelOf(level: unknown): string {
  if (typeof level === "string") return level.toLowerCase();
  if (typeof level !== "number") return "info";
  return level >= 60 ? "fatal" : level >= 50 ? "error" : level >= 40 ? "warn" : level >= 30 ? "info" : "debug";
}

function worthShowing(part: string, line: string): boolean {
  if (line.trim() === "") return false;
  if (part === "postgres") return /\b(ERROR|FATAL|PANIC):/.test(line);
  if (part === "temporal") return /\blevel=(ERROR|FATAL|PANIC)\b/i.test(line);
  return true;
}
