const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * The next time after `afterMs` that fits a cron expression of five fields, in UTC; milliseconds since 1970.
 * `undefined` when the expression is not understood or nothing fits within a year.
 */
export function nextCron(expression: string, afterMs: number): number | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const sets = fields.map((field, index) => parseField(field, ranges[index] ?? [0, 0]));
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const minute = 60_000;
  const start = Math.floor(afterMs / minute) * minute + minute;
  for (let at = start; at < start + 366 * 24 * 60 * minute; at += minute) {
    const date = new Date(at);
    const dayFits = days.has(date.getUTCDate());
    const weekdayFits = weekdays.has(date.getUTCDay()) || (date.getUTCDay() === 0 && weekdays.has(7));
    // Cron's rule: when both day fields are restricted, either may fit.
    const either = fields[2] !== "*" && fields[4] !== "*";
    if (!months.has(date.getUTCMonth() + 1) || !(either ? dayFits || weekdayFits : dayFits && weekdayFits)) {
      at += (23 - date.getUTCHours()) * 60 * minute + (59 - date.getUTCMinutes()) * minute;
      continue;
    }
    if (hours.has(date.getUTCHours()) && minutes.has(date.getUTCMinutes())) return at;
  }
  return undefined;
}

function parseField(field: string, [min, max]: readonly [number, number]): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const from = match[2] === undefined ? min : Number(match[2]);
    const to = match[3] !== undefined ? Number(match[3]) : match[2] === undefined || match[4] ? max : from;
    const step = match[4] === undefined ? 1 : Number(match[4]);
    if (from < min || to > max || from > to || step < 1) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}
