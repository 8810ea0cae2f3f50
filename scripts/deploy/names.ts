import type { Role } from "../image/container.ts";

// What a server's engine calls the parts of a deployment. One deployment for each engine.

/** Docker network that the edge and every release share, where XNOVU_NETWORK names no other. */
export const defaultNetwork = "xnovu";
/** Volume with the journal: one JSON object a line, see journal.ts. */
export const stateVolume = "xnovu-deploy";
/** Volume with the edge's haproxy.cfg: what it starts with after a reboot. */
export const edgeVolume = "xnovu-edge";
/** The container that one deploy or rollback holds while it works: the lock, and the way to the volumes. */
export const sessionName = "xnovu-deploy";
export const edgeName = "xnovu-edge";
/** Label of a release's containers; its value is the release's number. */
export const releaseLabel = "xnovu.release";

export const titleOf = (release: number): string => `r${release}`;
export const projectOf = (release: number): string => `xnovu-r${release}`;
/** Compose's own name for the first container of a service. */
export const containerOf = (release: number, role: Role): string => `${projectOf(release)}-${role}-1`;
/** A tag that holds the release's image in the engine, whatever becomes of the tag it was pulled by. */
export const imageOf = (release: number): string => `xnovu-release:r${release}`;
