const payload = `{"subject":"Hello","body":"First one"}`;
const recipients = `[{"subscriberId":"ada","email":"ada@example.com"}]`;

export interface Example {
  readonly title: string;
  readonly about: string;
  readonly code: string;
}

/** Four ways to send the same first notification. Each is complete and can be pasted. `port` is the app's port. */
export const examplesFor = (port: number): readonly Example[] => [
  {
    title: "From the shell",
    about: "Run it in the repository, with DATABASE_URL set or in .env.",
    code: `pnpm xnovu send email --to ada --payload '${payload}'`,
  },
  {
    title: "With a plain INSERT",
    about: "From psql or any client. The worker is notified at once.",
    code: `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
VALUES ('acme', 'email',
        '${recipients}',
        '${payload}');`,
  },
  {
    title: "With the SQL function",
    about: "One call within your own transaction. It returns the id.",
    code: `SELECT notify.enqueue(
  enterprise_id => 'acme',
  workflow      => 'email',
  recipients    => '${recipients}',
  payload       => '${payload}'
);`,
  },
  {
    title: "Over HTTP",
    about:
      "From a shell or any language. Create a key once, then POST. With a transactionId a repeated request sends nothing twice.",
    code: `KEY=$(pnpm xnovu key create --tenant acme --name shop)
curl http://localhost:${port}/api/notifications \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"workflow":"email","recipients":${recipients},
       "payload":${payload}}'`,
  },
];
