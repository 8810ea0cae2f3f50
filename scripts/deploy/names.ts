import type { Role } from "../image/container.ts";

// Names of containers, volumes and networks on a server. One Docker engine holds one deployment.

/** Docker network that the proxy and every release share, unless XNOVU_NETWORK names another. */
export const defaultNetwork = "xnovu";
/** Volume with the audit log, one JSON object per line: see audit-log.ts. */
export const stateVolume = "xnovu-deploy";
/** Volume with the proxy's haproxy.cfg, which it reads after a reboot. */
export const proxyVolume = "xnovu-proxy";
/** Container that a running deploy or rollback holds. Its name is the lock; its mounts give access to the volumes. */
export const lockName = "xnovu-deploy";
export const proxyName = "xnovu-proxy";
/** Label of a release's containers. The value is the release's number. */
export const releaseLabel = "xnovu.release";

export const titleOf = (release: number): string => `r${release}`;
export const projectOf = (release: number): string => `xnovu-r${release}`;
/** Compose's own name for the first container of a service. */
export const containerOf = (release: number, role: Role): string => `${projectOf(release)}-${role}-1`;
/** A tag of its own keeps the release's image in the engine even when the pulled tag moves. */
export const imageOf = (release: number): string => `xnovu-release:r${release}`;
