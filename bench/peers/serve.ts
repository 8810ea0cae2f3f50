/** What the driver tells a contender's process, and what that answers. */
export type PeerCommand = { readonly kind: "go" };
export type PeerReport = { readonly kind: "ready" } | { readonly kind: "ended" };

/** Where a contender works. */
export interface PeerPlace {
  readonly databaseUrl: string;
  readonly novuUrl: string;
  /** host:port */
  readonly temporalAddress: string;
  /** Calls under way at once, as far as the contender lets one choose. */
  readonly options: Readonly<Record<string, number>>;
}

export interface Peer {
  /** Rows were inserted. Those that find out by themselves do nothing. Resolves when it finds no more. */
  go(): Promise<void> | void;
  close(): Promise<void>;
}

/** Main of a contender's process: starts it, reports that it is ready, and works on request. */
export async function servePeer(start: (place: PeerPlace) => Promise<Peer>): Promise<void> {
  const place = JSON.parse(process.argv[2] ?? "{}") as PeerPlace;
  const peer = await start(place);
  const send = (report: PeerReport) => void process.send?.(report);
  process.on("message", async (command: PeerCommand) => {
    if (command.kind !== "go") return;
    await peer.go();
    send({ kind: "ended" });
  });
  const end = () => void peer.close().finally(() => process.exit(0));
  process.on("SIGTERM", end);
  process.on("disconnect", end);
  send({ kind: "ready" });
}
