/** What JSON of somebody else holds until it is looked at. */
export type Fields = Record<string, unknown>;

export type Channel = "email" | "sms" | "push" | "in_app" | "chat";
export type ActionType = "delay" | "digest" | "throttle" | "custom";
export type StepType = Channel | ActionType;

export interface SubscriberFields {
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  phone?: string | null;
  avatar?: string | null;
  locale?: string | null;
  timezone?: string | null;
  data?: Fields | null;
}

export interface Subscriber extends SubscriberFields {
  id: string;
  subscriberId: string;
  createdAt: string;
  updatedAt: string;
}

export interface Topic {
  id: string;
  key: string;
  name?: string;
  data?: Fields;
  createdAt: string;
  updatedAt: string;
}

export interface Subscription {
  id: string;
  identifier: string;
  topicKey: string;
  subscriberId: string;
  createdAt: string;
  updatedAt: string;
}

export interface WorkflowStep {
  id: string;
  stepId: string;
  type: StepType;
}

export interface Workflow {
  id: string;
  workflowId: string;
  name: string;
  description: string;
  tags: string[];
  severity: string;
  steps: WorkflowStep[];
  payloadSchema: Fields;
  createdAt: string;
  updatedAt: string;
}

export type RecipientInput =
  | string
  | ({ subscriberId: string } & SubscriberFields)
  | { type: "Topic"; topicKey: string; exclude?: string[] };

/** The body of a trigger, as it came over the wire. */
export interface TriggerBody {
  name: string;
  to: RecipientInput | RecipientInput[];
  payload?: Fields;
  overrides?: Fields;
  transactionId?: string;
  actor?: string | ({ subscriberId: string } & SubscriberFields);
  context?: Fields;
}

/** A trigger that was accepted and waits for its delivery step. */
export interface AcceptedEvent {
  id: string;
  transactionId: string;
  workflowId: string;
  to: RecipientInput[];
  /** Set for a broadcast: every subscriber known when the event is delivered. */
  broadcast: boolean;
  payload: Fields;
  overrides: Fields;
  actor?: TriggerBody["actor"];
  acceptedAtMs: number;
}

export type JobStatus = "pending" | "running" | "delayed" | "completed" | "failed" | "canceled" | "merged" | "skipped";

export interface ExecutionDetail {
  id: string;
  createdAt: string;
  status: "Success" | "Warning" | "Failed" | "Pending" | "Queued";
  detail: string;
  isRetry: boolean;
  source: "Internal" | "Credentials" | "Payload" | "Webhook";
  raw?: string;
}

export interface Job {
  id: string;
  stepId: string;
  type: StepType;
  status: JobStatus;
  /** What the next steps see as this step's result. */
  result: Fields;
  error?: string;
  /** End of a delay or of a digest's window, ISO 8601. */
  until?: string;
  digest?: { key: string; events: DigestEvent[] };
  messageId?: string;
  executionDetails: ExecutionDetail[];
  updatedAt: string;
}

export interface DigestEvent {
  id: string;
  time: string;
  payload: Fields;
}

/** One event for one subscriber: the unit of delivery, an entry of the activity feed. */
export interface Notification {
  id: string;
  transactionId: string;
  workflowId: string;
  subscriberId: string;
  payload: Fields;
  overrides: Fields;
  topics: string[];
  actor?: TriggerBody["actor"];
  digestedNotificationId?: string;
  jobs: Job[];
  createdAt: string;
  updatedAt: string;
}

export interface Message {
  id: string;
  notificationId: string;
  subscriberId: string;
  workflowId: string;
  stepId: string;
  transactionId: string;
  channel: Channel;
  subject?: string;
  content: string;
  email?: string;
  phone?: string;
  avatar?: string;
  cta?: { label: string; url?: string };
  /** Everything else that the step gave, such as `from` or `data`. */
  extra: Fields;
  status: "sent" | "error" | "warning";
  errorId?: string;
  errorText?: string;
  read: boolean;
  seen: boolean;
  lastSeenDate?: string;
  lastReadDate?: string;
  payload: Fields;
  overrides: Fields;
  createdAt: string;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isAction = (type: StepType): type is ActionType =>
  type === "delay" || type === "digest" || type === "throttle" || type === "custom";
export const isFinal = (status: JobStatus): boolean =>
  status !== "pending" && status !== "running" && status !== "delayed";
