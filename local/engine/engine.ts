// Tools outside this repository import the engine by this path, which it had before packages/test-engine. Kept for one release.
export { joinEngine, startEngine } from "@xnovu/test-engine/engine";
