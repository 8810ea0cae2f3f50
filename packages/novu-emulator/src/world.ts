import type { BridgeSettings } from "./bridge-client.ts";
import type { Behaviour } from "./settings.ts";
import type { Effects } from "./store/effects.ts";
import type { Store } from "./store/store.ts";

export type Log = (level: "debug" | "info" | "warn" | "error", message: string) => void;

/** What the parts of the server share. */
export interface World {
  readonly secretKey: string;
  readonly store: Store;
  readonly behaviour: Behaviour;
  readonly effects: Effects;
  readonly bridge: BridgeSettings;
  /** Factor on every delay and digest window: 1 as requested, 0.001 makes an hour 3.6 s. */
  readonly delayScale: number;
  readonly now: () => number;
  readonly log: Log;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

const bridgeSetting = "bridgeUrl";
export const bridgeUrlOf = (world: World): string | undefined => world.store.settings.get(bridgeSetting)?.value;
export const setBridgeUrl = (world: World, value: string): void => {
  world.store.settings.put({ name: bridgeSetting, value });
};
export const isoNow = (world: World): string => new Date(world.now()).toISOString();
