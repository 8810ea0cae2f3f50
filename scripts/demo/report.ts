import type { Result } from "./deliver.ts";

/** Lines for people: how one notification was delivered. */
export function lines({ sample, id, row, novu, delivered, problems }: Result): string[] {
  const timeline = row?.timeline ?? [];
  const first = timeline[0] ? Date.parse(timeline[0].at) : 0;
  const way = timeline.map((entry, index) =>
    index === 0 ? `${entry.to} ${clock(entry.at)}` : `${entry.to} +${Date.parse(entry.at) - first} ms`,
  );
  const workflowId = timeline.findLast((entry) => entry.workflowId !== null)?.workflowId;
  return [
    `${delivered ? "✔" : "✘"} ${sample.workflow}  notification ${id}  through ${sample.channels.join(", ")}`,
    ...(way.length > 0 ? [`    ${way.join(" → ")}`] : []),
    ...(workflowId ? [`    Temporal workflow ${workflowId}`] : []),
    ...novu.received.map((message) => {
      const to = [message.subscriberId, message.address && `<${message.address}>`].filter(Boolean).join(" ");
      const content = [message.subject && `“${message.subject}”`, message.excerpt].filter(Boolean).join("  ");
      return `    ${message.channel.padEnd(7)} ${to}  ${content}`;
    }),
    ...problems.map((problem) => `    not delivered: ${problem}`),
  ];
}

const clock = (iso: string): string => new Date(iso).toISOString().slice(11, 23);

/** The same for machines. */
export const asJson = ({ sample, id, row, novu, delivered, problems }: Result) => ({
  id,
  workflow: sample.workflow,
  channels: sample.channels,
  delivered,
  status: row?.status ?? null,
  timeline: row?.timeline ?? [],
  received: novu.received,
  faults: problems, // words: allow
});
