const payload = `{"subject":"Hello","body":"First one"}`;
const recipients = `[{"subscriberId":"ada","email":"ada@example.com"}]`;

export interface Example {
  readonly title: string;
  readonly about: string;
  readonly code: string;
}

/** Four ways to send the same first notification; each is complete and can be pasted as it stands. `port` is the app's own. */
export const examplesFor = (port: number): readonly Example[] => [
  {
    title: "From the shell",
    about: "In the folder of the repository, with DATABASE_URL set or in .env.",
    code: `pnpm xnovu send email --to ada --payload '${payload}'`,
  },
  {
    title: "With a plain INSERT",
    about: "From psql or any client: the worker sees the row at once.",
    code: `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
VALUES ('acme', 'email',
        '${recipients}',
        '${payload}');`,
  },
  {
    title: "With the SQL function",
    about: "The same, as one call that fits into your own transaction, and returns the id.",
    code: `SELECT notify.enqueue(
  enterprise_id => 'acme',
  workflow      => 'email',
  recipients    => '${recipients}',
  payload       => '${payload}'
);`,
  },
  {
    title: "Over HTTP",
    about: "From a shell or any language: a key once, then a POST. A transactionId makes it safe to repeat.",
    code: `KEY=$(pnpm xnovu key create --enterprise acme --name shop)
curl http://localhost:${port}/api/notifications \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"workflow":"email","recipients":${recipients},
       "payload":${payload}}'`,
  },
];
