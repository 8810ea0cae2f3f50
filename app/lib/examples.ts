const payload = `{"subject":"Hello","body":"First one"}`;
const recipients = `[{"subscriberId":"ada","email":"ada@example.com"}]`;

export interface Example {
  readonly title: string;
  readonly about: string;
  readonly code: string;
}

/** Three ways to send the same first notification; each is complete and can be pasted as it stands. */
export const examples: readonly Example[] = [
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
];
